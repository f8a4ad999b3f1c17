/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * prctl.h - the calls of <sys/prctl.h>.
 * Each function is the call of section 2 of the man-pages that has its name, and returns the result or -errno. */
#ifndef FJ_SYSCALL_PRCTL_H
#define FJ_SYSCALL_PRCTL_H

long fj_sys_prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d);

#endif
