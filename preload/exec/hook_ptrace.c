/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hook_ptrace.c - what a debugger inside needs so that it sees its program and not the loader.
 *
 * A tracer that waits in vfork(2) for its child's exec cannot see that child stop: each trapped
 * call in between would hold both for ever (gdb since version 14 starts programs so). Such a child
 * could not use being traced before its exec in any way, so its PTRACE_TRACEME is made there, where
 * nothing is trapped any more.
 *
 * The SIGTRAP that execve(2) sends to a traced process must not arrive before the loader is done:
 * it is there that a debugger looks where the program lies. It stays pending until the loader puts
 * the program's signal mask back. */
#include "exec/hook_ptrace.h"
#include "call/hooks.h"
#include "sys/part.h"

#include <linux/ptrace.h>

static FJ_OF_PROCESS struct fj_part part;
static FJ_OF_PROCESS int32_t
	wants_to_be_traced; /* a child in its parent's memory, by its process id */

long fj_hook_ptrace(struct fj_call *c)
{
	int32_t *wants;

	fj_jail->has_tracers = 1;
	if ((uint32_t)c->arg[0] != PTRACE_TRACEME || !fj_is_borrowed_memory())
		return fj_kernel(c);
	wants = fj_mine_to_change(&part, &wants_to_be_traced, FJ_SHARED_BY_NONE);
	if (!wants)
		return -ENOMEM;
	*wants = (int32_t)fj_sys0(__NR_getpid);
	return 0;
}

void fj_trace_before_exec(struct fj_call *c)
{
	const uint64_t all = ~0UL;
	int32_t wants;

	if (__builtin_expect(!fj_jail->has_tracers, 1))
		return;
	if (!c->mask)
		fj_sys4(__NR_rt_sigprocmask, 2 /* SIG_SETMASK */, &all, 0, sizeof(all));
	wants = *fj_mine(&part, &wants_to_be_traced);
	if (wants && wants == fj_sys0(__NR_getpid))
		fj_sys4(__NR_ptrace, PTRACE_TRACEME, 0, 0, 0);
}

void fj_trace_after_failed_exec(struct fj_call *c, uint64_t mask)
{
	if (fj_jail->has_tracers && !c->mask)
		fj_sys4(__NR_rt_sigprocmask, 2 /* SIG_SETMASK */, &mask, 0, sizeof(mask));
}
