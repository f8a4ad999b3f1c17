/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * tracee_held.c - a signal that comes between the trap's handler and the call that the handler has left to
 * the gate page. Called by tracees.c.
 *
 * The tracer has seen the entry of the program's call, and its exit is still to come. From the kernel it
 * would see the exit first, with ERESTARTSYS, then the signal, then what the handler does. So it is shown
 * this: the signal is blocked and stays pending, and another call is made in place of the one that was
 * left. At the exit of that one the signal is let in again. The kernel then restarts the program's call,
 * or ends it with EINTR, as it does with any call. */
#include "exec/tracees.h"
#include "sys/abi_signal.h"
#include "sys/frame.h"
#include "sys/gate_code.h"
#include "syscall/ptrace.h"

#include <asm/siginfo.h>
#include <asm/unistd.h>
#include <linux/elf.h>
#include <linux/errno.h>
#include <linux/ptrace.h>
#include <linux/uio.h>

static long set_result(int32_t tid, uint64_t *result)
{
	struct fj_tracee_regs regs;
	struct iovec all = {&regs, sizeof(regs)};
	long was = fj_sys_ptrace(PTRACE_GETREGSET, tid, NT_PRSTATUS, &all);

	if (was)
		return was;
	if (fj_tracee_on_gate(fj_tracee_ip(&regs)) != (uint64_t)(fj_gate_deferred - fj_gate_begin))
		return -EINVAL;
	was = fj_tracee_result(&regs);
	fj_tracee_set_result(&regs, (long)*result);
	*result = (uint64_t)was;
	return fj_sys_ptrace(PTRACE_SETREGSET, tid, NT_PRSTATUS, &all);
}

static long set_tracee_mask(int32_t tid, const uint64_t *mask)
{
	return fj_sys_ptrace(PTRACE_SETSIGMASK, tid, sizeof(*mask), (void *)mask);
}

bool fj_tracee_hold(int32_t tid, int sig, struct fj_tracee_held *held)
{
	const uint64_t all = ~0UL;
	siginfo_t info;

	/* A stop signal cannot be blocked, or SIGCONT may take it back; and a stop by one has no siginfo. */
	if (sig >= FJ_SIGSTOP && sig <= FJ_SIGTTOU)
		return false;
	held->nr = __NR_getpid;
	if (fj_sys_ptrace(PTRACE_GETSIGINFO, tid, 0, &info) ||
		fj_sys_ptrace(PTRACE_GETSIGMASK, tid, sizeof(held->mask), &held->mask) ||
		set_result(tid, &held->nr))
		return false;
	held->is = !set_tracee_mask(tid, &all);
	if (!held->is)
		set_result(tid, &held->nr);
	return held->is;
}

void fj_tracee_let_go(int32_t tid, struct fj_tracee_held *held)
{
	if (!held->is)
		return;
	held->is = false;
	set_tracee_mask(tid, &held->mask);
	set_result(tid, &held->nr); /* nothing, where the other call has been made */
}
