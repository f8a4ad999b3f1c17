/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * sched.h - the calls of <sched.h>, and kcmp(2), which tells what two processes share.
 * Each function is the call of section 2 of the man-pages that has its name, and returns the result or -errno. */
#ifndef FJ_SYSCALL_SCHED_H
#define FJ_SYSCALL_SCHED_H

long fj_sys_clone(
	unsigned long flags, void *stack, int *parent_tid, int *child_tid, unsigned long tls);
long fj_sys_unshare(unsigned long flags);
long fj_sys_kcmp(int pid, int other, int type, unsigned long one, unsigned long two);
long fj_sys_sched_yield(void);
long fj_sys_getcpu(unsigned *cpu, unsigned *node, void *cache);

#endif
