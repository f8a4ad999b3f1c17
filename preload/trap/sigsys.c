/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * sigsys.c - the handler of SIGSYS: makes a call from the signal frame, and puts its result back into the
 * frame. Called by entry.S. */
#include "call/call.h"
#include "call/ending.h"
#include "call/trap_tag.h"
#include "dispatch/dispatch.h"
#include "guest/guest.h"
#include "seccomp/policy.h"
#include "signal/deferred_call.h"
#include "signal/faults.h"
#include "signal/handlers.h"
#include "signal/hook_signal.h"
#include "signal/interrupted.h"
#include "signal/libc_signals.h"
#include "signal/stand_in.h"
#include "signal/waiting.h"
#include "sys/abi_signal.h"
#include "sys/arch.h"
#include "sys/assert.h"
#include "sys/gate_code.h"
#include "sys/page.h"
#include "sys/scratch.h"
#include "sys/thread.h"
#include "sys/thread_stack.h"
#include "syscall/signal.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_ids.h"
#include "trap/trap.h"

#include <asm/siginfo.h>
#include <linux/seccomp.h>

_Static_assert(sizeof(((struct fj_deferred_call *)0)->data) ==
		       sizeof(((struct fj_call *)0)->deferred_data),
	"one is copied to the other");

#define SYS_SECCOMP 1 /* asm-generic/siginfo.h */

/* If less stack or scratch memory than this is left, the calls that wait are taken for calls that a handler
 * has left by siglongjmp(3). */
#define ENGINE_STACK_MIN (48u * 1024)
#define SCRATCH_MIN (48u * 1024)

void fj_trap_entry(void);
uintptr_t fj_trap_stack(struct fj_frame *f, uintptr_t sp);
uintptr_t fj_trap_handle(siginfo_t *info, struct fj_frame *f);

/* The thread enters the engine, and has no other call in it. Forget calls that a handler has left by
 * siglongjmp(3). */
static void begin_afresh(struct fj_thread *t)
{
	if (t->window_fd >= 0)
		fj_sys_close(t->window_fd);
	t->window_fd = -1;
	fj_interrupted(t)->inner_sp = 0;
	fj_interrupted(t)->waiting_frame = NULL;
	fj_interrupted(t)->handlers = 0;
	fj_scratch_of(t)->used = 0;
}

uintptr_t fj_trap_stack(struct fj_frame *f, uintptr_t sp)
{
	struct fj_thread *t = fj_thread_holding(sp);

	if (t) {
		if (fj_altstack_is_abandoned(t, fj_frame_sp(f)) ||
			FJ_SCRATCH_SIZE - fj_scratch_of(t)->used < SCRATCH_MIN)
			begin_afresh(t);
		fj_altstack_settle(t, &f->stack, fj_frame_sp(f));
		return sp;
	}
	t = fj_thread_mine();
	fj_assert(t);
	if (fj_altstack_is_abandoned(t, fj_frame_sp(f)))
		begin_afresh(t);
	fj_altstack_settle(t, &f->stack, fj_frame_sp(f)); /* rt_sigreturn installs it */
	if (fj_interrupted(t)->inner_sp < fj_thread_stack_bottom(t) + ENGINE_STACK_MIN ||
		FJ_SCRATCH_SIZE - fj_scratch_of(t)->used < SCRATCH_MIN)
		begin_afresh(t);
	return fj_interrupted(t)->inner_sp ? fj_interrupted(t)->inner_sp : fj_thread_stack_top(t);
}

void (*fj_trap_watcher)(uint64_t ip);

/* A SIGSYS that our filter has not raised goes to the program. Returns the program's handler, or 0: none is
 * to run. */
static uintptr_t deliver_to_program(siginfo_t *info, struct fj_frame *f)
{
	const struct fj_sigaction default_action = {.handler = FJ_DEFAULT};
	struct fj_thread *t = fj_thread_holding((uintptr_t)__builtin_frame_address(0));
	uint64_t mask, handler;

	f->mask &= ~FJ_SIGSYS_BIT; /* from sigsuspend(2): signal/hook_wait_mask.c */
	if (fj_ending_is_told(info))
		return 0;
	mask = f->mask;
	if (info->si_signo == FJ_STAND_IN) {
		fj_stand_in_came(t, info);
		return 0;
	}
	if (fj_frame_ip(f) - fj_gate_address() >= FJ_PAGE) /* the call that it interrupted is
							    * over */
		fj_sigsys_wait(t, false);
	handler = fj_sigsys_arrived(t, info, &f->mask, &mask);
	if (handler == FJ_IGNORE)
		return 0;
	if (handler == FJ_DEFAULT) {
		fj_sys_rt_sigaction(FJ_SIGSYS, &default_action, 0, sizeof(mask));
		fj_sys_tgkill(fj_sys_getpid(), fj_sys_gettid(), FJ_SIGSYS);
		return 0; /* it is pending, and kills when the frame's mask is restored */
	}
	if (!fj_handlers_entry) /* otherwise the handler's entry sets the mask itself */
		fj_sys_rt_sigprocmask(FJ_SIG_SETMASK, &mask, 0, sizeof(mask));
	return handler;
}

/* Return from the handler into fj_gate_deferred (gate.S), which makes the call on the gate page with the
 * program's own signal mask. */
static void defer_call(struct fj_frame *f, struct fj_call *c)
{
	const uint64_t sp = fj_frame_sp(f) - FJ_DEFERRED_ROOM - 8;
	const uint64_t data = sp + 8, from = (uint64_t)c->deferred_data;
	struct fj_deferred_call record = {
		.back = fj_frame_ip(f),
		.nr = (uint64_t)c->nr,
	};

	fj_frame_args(f, record.arg);
	for (size_t i = 0; i < sizeof(c->deferred_data) / 8; i++) {
		const uint64_t word = c->deferred_data[i];

		record.data[i] = word - from < sizeof(c->deferred_data) ? word - from + data : word;
	}
	if (fj_guest_write(sp, &record, sizeof(record))) {
		fj_frame_set_result(f, fj_kernel_waiting(c, c->nr, c->arg, -1));
		return;
	}
	for (int i = 0; i < FJ_ARGS; i++)
		if (c->arg[i] - from < sizeof(c->deferred_data))
			c->arg[i] = c->arg[i] - from + data;
	fj_frame_set_call(f, c->nr, c->arg);
	fj_frame_set_sp(f, sp);
	fj_frame_go_to(f, fj_gate_address() + (uint64_t)(fj_gate_deferred - fj_gate_begin));
}

/* Return to the program's system call instruction, which makes the call again. */
static void go_back(struct fj_frame *f, int nr)
{
	fj_frame_go_to(f, fj_frame_ip(f) - FJ_SYSCALL_SIZE);
	fj_frame_set_nr(f, nr);
}

uintptr_t fj_trap_handle(siginfo_t *info, struct fj_frame *f)
{
	struct fj_call c;
	uint32_t answer;
	bool caught_before;
	long r;

	if (info->si_signo == FJ_SIGSYS && info->si_code == SYS_SECCOMP &&
		info->si_errno == FJ_STRICT_TAG)
		fj_sys_kill(fj_sys_getpid(), 9 /* SIGKILL */);
	if (info->si_signo != FJ_SIGSYS || info->si_code != SYS_SECCOMP ||
		info->si_errno != FJ_TRAP_TAG)
		return deliver_to_program(info, f);
	c.nr = info->si_syscall;
	fj_frame_args(f, c.arg);
	c.thread = fj_thread_holding((uintptr_t)__builtin_frame_address(0));
	c.mask = &f->mask;
	c.altstack = &f->stack;
	c.sp = fj_frame_sp(f);
	c.ip = fj_frame_ip(f);
	c.frame = f;
	c.is_deferred = c.leaves_by_sigreturn = c.holds_signals = c.begins_again = false;
	caught_before = c.thread->catches_faults;
	/* (If the program blocks SIGSEGV, it stays blocked: another thread may wait for it.) */
	fj_interrupted(c.thread)->lets_sigsys_in = false;
	c.thread->catches_faults = fj_faults_are_caught() && !(f->mask & FJ_SIGSEGV_BIT);
	if (f->mask & FJ_SIGBUS_BIT)
		fj_faults_let_in(f->mask);
	if (fj_trap_watcher)
		fj_trap_watcher(fj_frame_ip(f));
	answer = fj_policy_ask(c.nr, c.arg, fj_frame_ip(f));
	switch (answer & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ERRNO:
		r = -(long)(answer & SECCOMP_RET_DATA);
		break;
	case SECCOMP_RET_TRAP:
		info->si_errno = (int)(answer & SECCOMP_RET_DATA);
		c.thread->catches_faults = caught_before;
		return deliver_to_program(info, f);
	case SECCOMP_RET_TRACE: /* no tracer asked for it */
		r = -ENOSYS;
		break;
	default:
		r = fj_call(&c);
	}
	if (c.thread->deferred)
		fj_libc_signals_send(c.thread); /* they are delivered when the frame's mask is
						 * restored */
	if (c.leaves_by_sigreturn)
		fj_frame_go_to(
			f, fj_gate_address() + (uint64_t)(fj_gate_sigreturn - fj_gate_begin));
	else if (c.is_deferred)
		defer_call(f, &c);
	else if (r == -FJ_RESTART || (r == -EINTR && c.begins_again))
		go_back(f, info->si_syscall);
	else
		fj_frame_set_result(f, r);
	c.thread->catches_faults = caught_before;
	return 0;
}

void fj_trap_arm(struct fj_thread *t)
{
	const struct fj_sigaction act = {
		.handler = (uint64_t)fj_trap_entry,
		.flags = FJ_SA_SIGINFO | FJ_SA_RESTART | FJ_SA_ONSTACK | FJ_SA_RESTORER,
		.restorer = fj_gate_address() + (uint64_t)(fj_gate_sigreturn - fj_gate_begin),
		.mask = ~(FJ_SIGBUS_BIT | FJ_SIGSEGV_BIT),
	};
	struct fj_frame f = {0};

	fj_altstack_settle(t, &f.stack, 0);
	fj_sys_rt_sigaction(FJ_SIGSYS, &act, 0, sizeof(act.mask));
	fj_sys_sigaltstack(&f.stack, 0);
	fj_stand_in_entry = (uint64_t)fj_trap_entry;
	if (fj_sigsys_was_pending())
		fj_stand_in_arm();
}
