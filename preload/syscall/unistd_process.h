/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * unistd_process.h - the calls of <unistd.h> that run a program or end a process.
 * Each function is the call of section 2 of the man-pages that has its name, and returns the result or -errno. */
#ifndef FJ_SYSCALL_UNISTD_PROCESS_H
#define FJ_SYSCALL_UNISTD_PROCESS_H

long fj_sys_execve(const char *path, char *const *argv, char *const *envp);
long fj_sys_execveat(int dir, const char *path, char *const *argv, char *const *envp, int flags);
/* Ends this thread, and all threads of this process. */
_Noreturn void fj_sys_exit(int status);
_Noreturn void fj_sys_exit_group(int status);

#endif
