/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * tracees.c - a tracer that looks at system calls (PTRACE_SYSCALL) sees those of the program, and not
 * what the engine makes of them. Called by hook_ptrace.c, in the tracer.
 *
 * The tracer's engine sets a word in the tracee's memory (FJ_GATE_SHOWN_AT). While this is set, the
 * tracee makes each call by a syscall instruction outside the gate page, with the program's own
 * arguments (door/door.c). Its stop at the entry comes before the filter looks at the call, so the
 * tracer may change the arguments. What follows is hidden, until the trap's handler returns:
 *
 *   stop                                     of the tracee             shown
 *   entry                                    at the program's call     yes
 *   exit, with the number as result          there: it is trapped      no
 *   SIGSYS                                   there                     no
 *   entry and exit of the engine's calls     on the gate page          no
 *   entry of rt_sigreturn                    on the gate page          no
 *   exit of rt_sigreturn                     behind the program's call yes: its registers have the
 *                                                                      result of that call
 *
 * A call that the handler leaves to the gate page (fj_gate_deferred) ends there; its registers are
 * set to what they are when it has returned to the program. After an exec the calls of the loader are
 * hidden, too; its last one is an rt_sigreturn to the beginning of the program. A call that is not
 * trapped is shown as it is. */
#include "exec/tracees.h"

#include "bytes/copy.h"
#include "call/trap_tag.h"
#include "jail/jail.h"
#include "signal/deferred_call.h"
#include "signal/faults.h"
#include "signal/waiting.h"
#include "sys/abi_signal.h"
#include "sys/arch.h"
#include "sys/frame.h"
#include "sys/gate.h"
#include "sys/gate_code.h"
#include "sys/hot.h"
#include "sys/memory.h"
#include "sys/page.h"
#include "sys/thread.h"
#include "syscall/ptrace.h"
#include "syscall/signal.h"

#include <asm/siginfo.h>
#include <asm/unistd.h>
#include <linux/elf.h>
#include <linux/errno.h>
#include <linux/ptrace.h>
#include <linux/uio.h>

#define SYS_SECCOMP_ 1 /* asm-generic/siginfo.h */

#define CONTINUED 0xffff /* the status of wait(2) then */
#define NONE (-1)	 /* no call: also what the kernel says at the exit of rt_sigreturn(2) */

struct tracee {
	int32_t tid;
	int16_t nr;	   /* of the program's call */
	int16_t engine_nr; /* of a call that is hidden, from its entry to its exit; or NONE */
	uint64_t ip;	   /* behind the program's call */
	uint8_t request;   /* by which it was let go on */
	uint8_t depth;	   /* handlers of the engine that have been entered and have not returned */
	bool is_marked;	   /* the word at FJ_GATE_SHOWN_AT is set */
	bool is_told_of_exec;
	bool is_deferred;  /* the call is made at fj_gate_deferred */
	bool is_restarted; /* the program makes the same call again, which was shown */
	bool is_loading;   /* from an exec to the beginning of the program */
	bool is_released;  /* in vain: it ran */
	struct fj_tracee_held held;
	bool is_known; /* the tracer has looked at this stop, and another wait shows it again */
};

/* A tracee has one of SLOTS places, which its id chooses. One that has none counts as a tracee whose
 * tracer waits for the event of an exec, and all its stops are shown. */
#define SLOTS 16
#define TRACEES (256 * SLOTS)
static struct tracee tracees[TRACEES] FJ_BULKY;
static bool has_too_many;
static int32_t tracer; /* the process whose tracees these are: a fork copies them */

static struct tracee *find_tracee(int32_t tid, bool makes)
{
	struct tracee *first = &tracees[(uint32_t)tid * SLOTS % TRACEES];
	int32_t free = 0;

	for (struct tracee *t = first; t < first + SLOTS; t++)
		if (t->tid == tid)
			return t;
	for (struct tracee *t = first; makes && t < first + SLOTS; t++, free = 0)
		if (__atomic_compare_exchange_n(
			    &t->tid, &free, tid, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) {
			tracer = fj_memory_owner();
			*t = (struct tracee){.tid = tid, .engine_nr = NONE};
			return t;
		}
	has_too_many |= makes;
	return NULL;
}

bool fj_tracee_is_any(void)
{
	return tracer == fj_memory_owner();
}

void fj_tracee_tell_of_exec(int32_t tid, bool is)
{
	struct tracee *t = find_tracee(tid, is);

	if (t)
		t->is_told_of_exec = is;
}

bool fj_tracee_is_told_of_exec(int32_t tid)
{
	const struct tracee *t = find_tracee(tid, false);

	return t ? t->is_told_of_exec : has_too_many;
}

static long ask_kernel(long request, int32_t tid, uint64_t addr, void *data)
{
	return fj_sys_ptrace(request, tid, addr, data);
}

/* Set the word at FJ_GATE_SHOWN_AT in the memory of `tid` to `value`, if that is a process of this
 * jail. Returns 0 or an error. -ESRCH: `tid` has not stopped. */
static long mark_tracee(int32_t tid, int32_t value)
{
	uint64_t own, found;
	long r = -ENOENT;

	memcpy(&own, fj_gate_begin, sizeof(own));
	for (uint64_t gate = fj_jail->gate, i = 0; i < 2; i++, gate += FJ_GATE_APART) {
		r = ask_kernel(PTRACE_PEEKDATA, tid, gate, &found);
		if (!r && found == own)
			return ask_kernel(PTRACE_POKEDATA, tid, gate + FJ_GATE_SHOWN_AT,
				(void *)(int64_t)value);
	}
	return r ? r : -ENOENT;
}

void fj_tracee_resumed(int32_t tid, long request)
{
	struct tracee *t = find_tracee(tid, true);

	if (!t)
		return;
	/* (While it was not followed, it may have executed a program.) */
	if (t->request != PTRACE_SYSCALL || t->is_released)
		t->is_marked = false;
	if (request != PTRACE_SYSCALL)
		fj_tracee_let_go(tid, &t->held);
	t->request = (uint8_t)request;
	t->is_known = t->is_released = false;
	if (request != PTRACE_SYSCALL)
		t->ip = t->depth = t->is_deferred = t->is_restarted = t->is_loading = false;
	else if (!t->is_marked && !t->is_loading)
		t->is_marked = !mark_tracee(tid, fj_memory_owner());
}

void fj_tracee_released(int32_t tid)
{
	struct tracee *t = find_tracee(tid, false);

	if (!t)
		return;
	fj_tracee_let_go(tid, &t->held);
	/* Nobody can detach from a thread that runs: the tracer stops it, and comes here again. */
	if (mark_tracee(tid, 0) == -ESRCH) {
		t->is_released = true;
		return;
	}
	__atomic_store_n(&t->tid, 0, __ATOMIC_RELEASE);
}

/* Is a SIGSYS of our filter on its way to the thread? */
static bool is_trapped(int32_t tid)
{
	siginfo_t info;
	struct ptrace_peeksiginfo_args args = {.nr = 1};

	for (; ask_kernel(PTRACE_PEEKSIGINFO, tid, (uint64_t)&args, &info) == 1; args.off++)
		if (info.si_signo == FJ_SIGSYS && info.si_code == SYS_SECCOMP_ &&
			info.si_errno == FJ_TRAP_TAG)
			return true;
	return false;
}

uint64_t fj_tracee_on_gate(uint64_t ip)
{
	const uint64_t at = ip - fj_jail->gate, other = at - FJ_GATE_APART;

	return at < FJ_PAGE ? at : other < FJ_PAGE ? other : FJ_PAGE;
}

enum end { ENDED, ENDED_ON_GATE, RESTARTED_ON_GATE, INTERRUPTED };

/* The program's call has ended: show the registers as they are after that call, and not after ours.
 * INTERRUPTED: a handler of the program begins, while the engine waits. The handler does not read the
 * register in which this shows EINTR. */
static void show_registers(const struct tracee *t, enum end end)
{
	struct fj_tracee_regs regs;
	struct fj_deferred_call made;
	struct iovec all = {&regs, sizeof(regs)}, to = {&made, sizeof(made)}, from;

	if (ask_kernel(PTRACE_GETREGSET, t->tid, NT_PRSTATUS, &all))
		return;
	fj_tracee_set_nr(&regs, end == INTERRUPTED || t->nr == __NR_rt_sigreturn ? NONE : t->nr);
	if (end == INTERRUPTED || end == RESTARTED_ON_GATE)
		fj_tracee_set_result(&regs, end == INTERRUPTED ? -EINTR : -FJ_RESTART);
	if (end == ENDED_ON_GATE || end == RESTARTED_ON_GATE) {
		from = (struct iovec){(void *)fj_tracee_sp(&regs), sizeof(made)};
		if (fj_sys_process_vm_readv(t->tid, &to, 1, &from, 1, 0) != sizeof(made))
			return;
		fj_tracee_return_to(
			&regs, made.back, fj_tracee_sp(&regs) + FJ_DEFERRED_ROOM + 8, made.arg);
	}
	ask_kernel(PTRACE_SETREGSET, t->tid, NT_PRSTATUS, &all);
}

static bool is_entry_hidden(struct tracee *t, const struct ptrace_syscall_info *info)
{
	const uint64_t ip = info->instruction_pointer;

	if (t->is_loading ||
		((t->depth || t->is_deferred || t->is_marked) && fj_tracee_on_gate(ip) < FJ_PAGE)) {
		t->engine_nr = (int16_t)info->entry.nr;
		return true;
	}
	if (t->is_restarted && ip == t->ip) {
		t->is_restarted = false;
		return true;
	}
	t->nr = (int16_t)info->entry.nr;
	t->ip = ip;
	t->is_restarted = false;
	return false;
}

/* rt_sigreturn has ended a handler of the engine. */
static bool is_return_hidden(struct tracee *t, uint64_t ip, uint64_t on_gate)
{
	if (on_gate == (uint64_t)(fj_gate_sigreturn - fj_gate_begin))
		return true; /* the program's own comes next */
	if (--t->depth)
		return true;
	if (on_gate == (uint64_t)(fj_gate_deferred - fj_gate_begin))
		return t->is_deferred = true;
	if (!t->is_loading &&
		(ip == t->ip - FJ_SYSCALL_SIZE || (t->nr == __NR_clone && ip != t->ip))) {
		t->ip = ip + FJ_SYSCALL_SIZE; /* a clone(2) that goes on at fj_clone_apart */
		return t->is_restarted = true;
	}
	show_registers(t,
		t->is_loading || t->nr == __NR_rt_sigreturn || ip == t->ip ? ENDED : INTERRUPTED);
	t->is_loading = false;
	return false;
}

/* The loader begins in the place of a program. */
static void begin_loading(struct tracee *t)
{
	t->is_loading = true;
	t->is_marked = t->is_deferred = t->is_restarted = false;
	t->depth = 1;
}

/* A thread has executed a program. It has the id of its process from then on, and its own id is gone
 * (ptrace(2), "execve(2) under ptrace"). Nothing but this lets a call end elsewhere than behind its
 * instruction. */
static void begin_for_process(struct tracee *t)
{
	begin_loading(t);
	t->nr = __NR_execve;
	for (struct tracee *o = tracees; o < tracees + TRACEES; o++)
		if (o->tid && (o->engine_nr == __NR_execve || o->engine_nr == __NR_execveat) &&
			fj_sys_kill(o->tid, 0) == -ESRCH)
			__atomic_store_n(&o->tid, 0, __ATOMIC_RELEASE);
}

static bool is_exit_hidden(struct tracee *t, const struct ptrace_syscall_info *info)
{
	const uint64_t ip = info->instruction_pointer, on_gate = fj_tracee_on_gate(ip);
	const int16_t engine_nr = t->engine_nr;

	t->engine_nr = NONE;
	if (t->is_deferred && on_gate == (uint64_t)(fj_gate_deferred_made - fj_gate_begin)) {
		t->is_deferred = false;
		show_registers(t, t->held.is ? RESTARTED_ON_GATE : ENDED_ON_GATE);
		fj_tracee_let_go(t->tid, &t->held);
		return false;
	}
	if (engine_nr == NONE && !t->depth && on_gate == FJ_PAGE && t->ip && ip != t->ip) {
		begin_for_process(t);
		return true;
	}
	if (engine_nr == NONE)
		return on_gate < FJ_PAGE ? t->is_marked :
					   info->exit.rval == t->nr && is_trapped(t->tid);
	if (engine_nr == __NR_rt_sigreturn)
		return !t->depth || is_return_hidden(t, ip, on_gate);
	if (on_gate == FJ_PAGE && !t->is_loading)
		begin_loading(t);
	return true;
}

/* For kernels before 5.3, and for tracers without PTRACE_O_TRACESYSGOOD: at the entry of a call its
 * result is ENOSYS. (A call that ends with ENOSYS is taken for one that begins, and is shown as that
 * one.) Returns whether it is a stop of a call at all. */
static bool read_call(int32_t tid, struct ptrace_syscall_info *info)
{
	struct fj_tracee_regs regs;
	struct iovec all = {&regs, sizeof(regs)};
	siginfo_t told = {0};

	if (ask_kernel(PTRACE_GETSIGINFO, tid, 0, &told) || (told.si_code & ~0x80) != FJ_SIGTRAP ||
		ask_kernel(PTRACE_GETREGSET, tid, NT_PRSTATUS, &all))
		return false;
	info->instruction_pointer = fj_tracee_ip(&regs);
	info->op = PTRACE_SYSCALL_INFO_EXIT;
	info->exit.rval = fj_tracee_result(&regs);
	if (info->exit.rval == -ENOSYS && fj_tracee_nr(&regs) >= 0) {
		info->op = PTRACE_SYSCALL_INFO_ENTRY;
		info->entry.nr = (uint64_t)fj_tracee_nr(&regs);
	}
	return true;
}

static bool is_call_hidden(struct tracee *t)
{
	struct ptrace_syscall_info info = {0};

	if ((ask_kernel(PTRACE_GET_SYSCALL_INFO, t->tid, sizeof(info), &info) <= 0 ||
		    info.op == PTRACE_SYSCALL_INFO_NONE) &&
		!read_call(t->tid, &info))
		return false;
	return info.op == PTRACE_SYSCALL_INFO_ENTRY ? is_entry_hidden(t, &info) :
	       info.op == PTRACE_SYSCALL_INFO_EXIT  ? is_exit_hidden(t, &info) :
						      false;
}

/* A signal is to be delivered: the trap's own, or one that a bad pointer of the program's has raised
 * in the engine. */
static bool is_signal_hidden(struct tracee *t, int sig)
{
	siginfo_t info = {0};

	if (t->request != PTRACE_SYSCALL && t->request != PTRACE_CONT)
		return false;
	if (sig == FJ_SIGSYS) {
		if (ask_kernel(PTRACE_GETSIGINFO, t->tid, 0, &info) ||
			info.si_code != SYS_SECCOMP_ || info.si_errno != FJ_TRAP_TAG)
			return false;
	} else if (!t->depth || (sig != FJ_SIGSEGV && sig != FJ_SIGBUS)) {
		return false;
	}
	t->depth += t->request == PTRACE_SYSCALL;
	return true;
}

static bool is_signal_held(struct tracee *t, int sig)
{
	return t->request == PTRACE_SYSCALL && t->is_deferred && t->engine_nr == NONE &&
	       fj_tracee_hold(t->tid, sig, &t->held);
}

void fj_tracee_looked_at(int32_t tid)
{
	struct tracee *t = find_tracee(tid, false);

	if (t)
		t->is_known = true;
}

bool fj_tracee_is_hidden(int32_t tid, int status)
{
	struct tracee *t = find_tracee(tid, false);
	const int sig = status >> 8 & 0xff;
	int passed = 0;

	if (!t || status == CONTINUED)
		return false;
	if ((status & 0xff) != 0x7f) {
		__atomic_store_n(&t->tid, 0, __ATOMIC_RELEASE);
		return false;
	}
	if (status >> 16 || t->is_known || !t->request)
		return false;
	if ((sig & 0x7f) == FJ_SIGTRAP) {
		if (!is_call_hidden(t))
			return false;
	} else {
		if (!is_signal_hidden(t, sig) && !is_signal_held(t, sig))
			return false;
		passed = sig;
	}
	return !ask_kernel(t->request, tid, 0, (void *)(int64_t)passed);
}
