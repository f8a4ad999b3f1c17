/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * signal.h - the calls of <signal.h>, and those of pidfds, which signal another process.
 * Each function is the call of section 2 of the man-pages that has its name, and returns the result or -errno. */
#ifndef FJ_SYSCALL_SIGNAL_H
#define FJ_SYSCALL_SIGNAL_H

#include <stddef.h>
#include <stdint.h>

long fj_sys_rt_sigaction(int sig, const void *action, void *before, size_t set_size);
long fj_sys_rt_sigprocmask(int how, const uint64_t *set, uint64_t *before, size_t set_size);
long fj_sys_rt_sigpending(uint64_t *set, size_t set_size);
long fj_sys_rt_sigtimedwait(const uint64_t *set, void *info, const void *timeout, size_t set_size);
long fj_sys_rt_sigqueueinfo(int pid, int sig, const void *info);
long fj_sys_rt_tgsigqueueinfo(int pid, int tid, int sig, const void *info);
long fj_sys_sigaltstack(const void *stack, void *before);
long fj_sys_kill(int pid, int sig);
long fj_sys_tgkill(int pid, int tid, int sig);
long fj_sys_pidfd_open(int pid, unsigned flags);
long fj_sys_pidfd_send_signal(int pidfd, int sig, const void *info, unsigned flags);

#endif
