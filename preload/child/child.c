/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * child.c - a short-lived child process, for callers that need descriptors which this process lacks, or
 * something that can be killed alone. Our process waits, as after vfork(2).
 *
 * Called by dispatch/in_child.c and records/lock.c. */
#include "child/child.h"

#include "sys/abi_signal.h"
#include "sys/arch.h"
#include "syscall/prctl.h"
#include "syscall/sched.h"
#include "syscall/signal.h"
#include "syscall/unistd_ids.h"
#include "syscall/unistd_process.h"
#include "syscall/wait.h"

#include <linux/prctl.h>
#include <linux/sched.h>

#define WALL 0x40000000 /* __WALL of linux/wait.h: also children that end without a signal */
/* The signals of faults, and the trap's own: SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV, SIGSYS. */
#define FAULTS (1UL << 3 | 1UL << 4 | 1UL << 6 | 1UL << 7 | 1UL << 10 | 1UL << 30)
/* The child's stack begins this far below the frame of its parent, which waits and calls nothing. */
#define BELOW 2048u

#define KILL 9 /* SIGKILL of asm/signal.h */

struct work {
	void (*run)(void *data);
	void *data;
	long parent;
};

/* A child ends with its parent: what a killed program has begun must not be done later, when others have
 * made changes that it would undo. The kernel sends the signal before anybody can wait for the parent
 * (exit_notify() of kernel/exit.c). */
__attribute__((noreturn)) static void begin_child(void *data)
{
	const struct work *w = data;
	long parent;

	fj_sys_prctl(PR_SET_PDEATHSIG, KILL, 0, 0, 0);
	parent = fj_sys_getppid();
	if (parent == w->parent || !parent) /* 0: the child is in another PID namespace */
		w->run(w->data);
	for (;;)
		fj_sys_exit(0);
}

__attribute__((noinline)) static long make_child(struct work *w)
{
	void *stack =
		fj_arch_child_stack((uintptr_t)__builtin_frame_address(0) - BELOW, begin_child, w);
	const long pid = fj_sys_clone(CLONE_VM | CLONE_VFORK | CLONE_FS, stack, 0, 0, 0);

	if (pid < 0)
		return pid;
	fj_sys_wait4(pid, 0, WALL, 0);
	return 0;
}

long fj_child_run(void (*run)(void *data), void *data)
{
	const uint64_t all = ~FAULTS;
	struct work w = {run, data, fj_sys_getpid()};
	uint64_t mask;
	long r;

	fj_sys_rt_sigprocmask(FJ_SIG_BLOCK, &all, &mask, sizeof(all));
	r = make_child(&w);
	fj_sys_rt_sigprocmask(FJ_SIG_SETMASK, &mask, 0, sizeof(mask));
	return r;
}
