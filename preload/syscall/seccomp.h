/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * seccomp.h - seccomp(2) and landlock(7), which restrict a process.
 * Each function is the call of section 2 of the man-pages that has its name, and returns the result or -errno. */
#ifndef FJ_SYSCALL_SECCOMP_H
#define FJ_SYSCALL_SECCOMP_H

long fj_sys_seccomp(unsigned operation, unsigned flags, const void *args);
long fj_sys_landlock_add_rule(int ruleset, unsigned type, const void *rule, unsigned flags);
long fj_sys_landlock_restrict_self(int ruleset, unsigned flags);

#endif
