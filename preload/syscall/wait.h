/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * wait.h - the calls of <sys/wait.h>.
 * Each function is the call of section 2 of the man-pages that has its name, and returns the result or -errno. */
#ifndef FJ_SYSCALL_WAIT_H
#define FJ_SYSCALL_WAIT_H

long fj_sys_wait4(int pid, int *status, int options, void *usage);

#endif
