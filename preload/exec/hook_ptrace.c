/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hook_ptrace.c - what a debugger inside the jail needs to see its program and not the loader.
 * Called through the table, and by hook_exec.c.
 *
 * A tracer that waits in vfork(2) for its child's exec cannot see that child stop: each trapped
 * call in between would stop both for ever (gdb since version 14 starts programs so). Being traced
 * is of no use to such a child before its exec. So its PTRACE_TRACEME is made just before the exec,
 * when nothing is trapped any more.
 *
 * execve(2) sends a SIGTRAP to a traced process. It must not arrive before the loader is done,
 * because a debugger then looks where the program lies. So it stays pending until the loader
 * restores the program's signal mask. With PTRACE_O_TRACEEXEC the kernel would stop the process at
 * once. So the kernel does not get that option, and a tracer that waits for such a child is told of
 * the SIGTRAP as if it were that event. (With PTRACE_SEIZE there is no such SIGTRAP, and the kernel
 * keeps the option. strace uses it so, and does not look where anything lies.) */
#include "exec/hook_ptrace.h"

#include "call/call.h"
#include "call/hooks.h"
#include "call/trapping.h"
#include "exec/tracees.h"
#include "guest/guest.h"
#include "jail/jail.h"
#include "seccomp/policy.h"
#include "signal/waiting.h"
#include "sys/abi_signal.h"
#include "sys/memory.h"
#include "sys/process.h"
#include "syscall/ptrace.h"
#include "syscall/signal.h"
#include "syscall/unistd_ids.h"

#include <asm/siginfo.h>
#include <asm/unistd.h>
#include <linux/ptrace.h>
#include <linux/wait.h>

static const uint16_t waiting[] = {__NR_wait4, __NR_waitid, __NR_ptrace};
static bool has_seized;

/* From now on the process's requests to ptrace(2) and its waits come here. Returns whether they do. */
static bool see_tracees(void)
{
	if (!fj_trapped()->waits && !fj_trap_calls(waiting, sizeof(waiting) / sizeof(waiting[0])))
		fj_trapped_note(waits);
	return fj_trapped()->waits;
}

static void keep_exec_event(struct fj_call *c)
{
	const bool is = c->arg[3] & PTRACE_O_TRACEEXEC;

	if ((uint32_t)c->arg[0] == PTRACE_SEIZE)
		has_seized = true;
	if ((uint32_t)c->arg[0] != PTRACE_SETOPTIONS || has_seized || !fj_jail->has_trap)
		return;
	if (is ? see_tracees() : fj_trapped()->waits) {
		c->arg[3] &= ~(uint64_t)PTRACE_O_TRACEEXEC;
		fj_tracee_tell_of_exec((int32_t)c->arg[1], is);
	}
}

/* Returns 0, or an error: the request is not to be made. Without the trap only changes matter. */
static long see_request(const struct fj_call *c)
{
	const uint32_t request = (uint32_t)c->arg[0];
	const int32_t tid = (int32_t)c->arg[1];

	if (request == PTRACE_SETREGS || request == PTRACE_SETREGSET || request == PTRACE_POKEUSR)
		return fj_tracee_changes(tid, request, c->arg[2], c->arg[3]);
	if (!fj_jail->has_trap)
		return 0;
	switch (request) {
	case PTRACE_SYSCALL:
		if (!see_tracees())
			break;
		/* fall through */
	case PTRACE_CONT:
	case PTRACE_SINGLESTEP:
	case PTRACE_SINGLEBLOCK:
	case PTRACE_SYSEMU:
	case PTRACE_SYSEMU_SINGLESTEP:
		fj_tracee_resumed(tid, request);
		break;
	case PTRACE_DETACH:
		fj_tracee_released(tid);
		break;
	}
	return 0;
}

/* Process `pid` has stopped or ended. If it is traced and has made a child that is traced, too
 * (PTRACE_O_TRACEFORK and the like), the child has the parent's options. */
static void see_stop(int32_t pid, int status)
{
	const int event = status >> 16;
	uint64_t child = 0;

	if ((status & 0xff) == 0x7f && event >= PTRACE_EVENT_FORK && event <= PTRACE_EVENT_CLONE &&
		fj_tracee_is_told_of_exec(pid) &&
		!fj_sys_ptrace(PTRACE_GETEVENTMSG, pid, 0, &child) && child)
		fj_tracee_tell_of_exec((int32_t)child, true);
}

/* Is this stop of `tid` the SIGTRAP that execve(2) sends? Its siginfo says that the process itself
 * sent it. */
static bool is_exec_told(int32_t tid, int status)
{
	siginfo_t info = {0};

	see_stop(tid, status);
	return (status & 0xff) == 0x7f && status >> 8 == FJ_SIGTRAP &&
	       fj_tracee_is_told_of_exec(tid) && !fj_sys_ptrace(PTRACE_GETSIGINFO, tid, 0, &info) &&
	       info.si_signo == FJ_SIGTRAP && info.si_code == SI_USER && info.si_pid == tid;
}

/* How many stops in a row a wait hides. A call of the program makes some hundreds at most. A tracee that
 * calls the engine's gate again and again must not keep its tracer here: signals come in then. */
#define HIDDEN_MAX 20000u

/* Does waitid(2) tell in `info` of a stop that the tracer must not see? If a tracee has ended, it is
 * forgotten, unless the tracer has only looked (WNOWAIT). */
static bool is_hidden(const struct fj_call *c, const siginfo_t *info)
{
	const int status = info->si_status << 8 | 0x7f;

	if (info->si_code != CLD_TRAPPED) {
		if (info->si_pid && info->si_code <= CLD_DUMPED && !(c->arg[3] & WNOWAIT))
			fj_tracee_is_hidden(info->si_pid, 0);
		return false;
	}
	if (fj_tracee_is_hidden(info->si_pid, status))
		return true;
	if (c->arg[3] & WNOWAIT)
		fj_tracee_looked_at(info->si_pid);
	return false;
}

/* The kernel writes to memory of ours where the program has none for it. */
static long wait_for_tracee(struct fj_call *c)
{
	const bool by_id = c->nr == __NR_waitid;
	uint64_t *const at = &c->arg[by_id ? 2 : 1];
	const uint64_t to = *at;
	union {
		int32_t status; /* wait4(2) */
		siginfo_t info; /* waitid(2) */
	} told, own;
	const size_t size = by_id ? sizeof(told.info) : sizeof(told.status);
	int32_t pid, status;
	long r;

	if (!to)
		*at = (uint64_t)&own;
	for (unsigned hidden = 0;; hidden++) {
		told.info.si_pid = 0;
		if (hidden == HIDDEN_MAX)
			return !by_id && c->arg[2] & WNOHANG ? 0 : -EINTR;
		r = fj_kernel_waiting(c, c->nr, c->arg, -1);
		if (r < 0 || (!by_id && !r) || fj_guest_read(&told, *at, size))
			return r;
		pid = by_id ? told.info.si_pid : (int32_t)r;
		status = by_id ? told.info.si_status << 8 | 0x7f : told.status;
		if (by_id ? !is_hidden(c, &told.info) : !fj_tracee_is_hidden(pid, status))
			break;
	}
	if ((by_id && told.info.si_code != CLD_TRAPPED) || !is_exec_told(pid, status) || !to)
		return r;
	if (by_id)
		told.info.si_status |= PTRACE_EVENT_EXEC << 8;
	else
		told.status |= PTRACE_EVENT_EXEC << 16;
	return fj_guest_write(to, &told, size) ? -EFAULT : r;
}

bool fj_trace_waits(long nr)
{
	return nr == __NR_wait4 || nr == __NR_waitid;
}

/* A child of a tracer has inherited its filter, and waits only for children of its own. */
long fj_trace_wait(struct fj_call *c)
{
	if (c->frame && !fj_tracee_is_any()) {
		c->is_deferred = true;
		return 0;
	}
	return wait_for_tracee(c);
}

/* Has the process a filter that a tracer could not use (seccomp/hook_guard.c)? By the error a tracer that
 * tries this out (`strace --seccomp-bpf`) learns that it must look at all calls. */
static bool is_filtered_for_tracer(void)
{
	return fj_jail->has_trap && fj_policy_asks_tracer();
}

long fj_hook_ptrace(struct fj_call *c)
{
	struct fj_traceme *own;
	long r;

	fj_jail->has_tracers = 1;
	keep_exec_event(c);
	r = see_request(c);
	if (r)
		return r;
	if ((uint32_t)c->arg[0] == PTRACE_TRACEME && is_filtered_for_tracer())
		return -EPERM;
	if ((uint32_t)c->arg[0] != PTRACE_TRACEME || !fj_is_borrowed_memory())
		return fj_kernel(c);
	own = fj_process_to_change(fj_traceme, FJ_TRACEME_AT, FJ_SHARED_BY_NONE);
	if (!own)
		return -ENOMEM;
	own->wanted_by = (int32_t)fj_sys_getpid();
	return 0;
}

void fj_trace_before_exec(struct fj_call *c)
{
	const uint64_t all = ~0UL;
	int32_t wants;

	if (__builtin_expect(!fj_jail->has_tracers, 1))
		return;
	if (!c->mask)
		fj_sys_rt_sigprocmask(FJ_SIG_SETMASK, &all, 0, sizeof(all));
	wants = ((const struct fj_traceme *)fj_process_at(FJ_TRACEME_AT))->wanted_by;
	if (wants && wants == fj_sys_getpid())
		fj_sys_ptrace(PTRACE_TRACEME, 0, 0, 0);
}

void fj_trace_after_failed_exec(struct fj_call *c, uint64_t mask)
{
	if (fj_jail->has_tracers && !c->mask)
		fj_sys_rt_sigprocmask(FJ_SIG_SETMASK, &mask, 0, sizeof(mask));
}
