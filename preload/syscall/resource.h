/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * resource.h - the calls of <sys/resource.h>.
 * Each function is the call of section 2 of the man-pages that has its name, and returns the result or -errno. */
#ifndef FJ_SYSCALL_RESOURCE_H
#define FJ_SYSCALL_RESOURCE_H

long fj_sys_prlimit64(int pid, unsigned resource, const void *limit, void *before);

#endif
