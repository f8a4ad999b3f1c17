/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * unistd_ids.h - the calls of <unistd.h> that ask or set numbers: of processes, users and groups.
 * Each function is the call of section 2 of the man-pages that has its name, and returns the result or -errno. */
#ifndef FJ_SYSCALL_UNISTD_IDS_H
#define FJ_SYSCALL_UNISTD_IDS_H

long fj_sys_getpid(void);
long fj_sys_getppid(void);
long fj_sys_gettid(void);
long fj_sys_getsid(int pid);
long fj_sys_getuid(void);
long fj_sys_geteuid(void);
long fj_sys_getgid(void);
long fj_sys_setresuid(unsigned real, unsigned effective, unsigned saved);
long fj_sys_setresgid(unsigned real, unsigned effective, unsigned saved);

#endif
