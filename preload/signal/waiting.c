/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * waiting.c - makes a call that may wait, from inside the engine. Called by hooks, as
 * fj_kernel_waiting().
 *
 * The trap's handler runs with all signals blocked. Around a call that may wait the program's own
 * mask is restored. So handlers run, EINTR happens and SA_RESTART restarts, as if the program had
 * made the call. A handler may enter the engine again, below this call. It may also leave by
 * siglongjmp(3); then `window_fd` is left open. */
#include "signal/waiting.h"

#include "call/call.h"
#include "signal/interrupted.h"
#include "signal/libc_signals.h"
#include "sys/abi_signal.h"
#include "sys/gate_code.h"
#include "sys/hot.h"
#include "sys/thread.h"
#include "syscall/signal.h"
#include "syscall/syscall.h"

/* The signals that faults raise, and the trap's own: SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV, SIGSYS. */
#define FAULTS (1UL << 3 | 1UL << 4 | 1UL << 6 | 1UL << 7 | 1UL << 10 | 1UL << 30)

typedef long (*waiting_gate_fn)(
	long nr, long a0, long a1, long a2, long a3, long a4, long a5, const uint32_t *deferred);

static inline long wait_in_kernel(const struct fj_thread *t, long nr, const uint64_t a[FJ_ARGS])
{
	const waiting_gate_fn gate =
		(waiting_gate_fn)(uintptr_t)(fj_gate_address() +
					     (uint64_t)(fj_gate_wait - fj_gate_begin));

	if (!fj_libc_signals_handler) /* no handler would read the word */
		return fj_syscall(nr, a);
	return gate(nr, (long)a[0], (long)a[1], (long)a[2], (long)a[3], (long)a[4], (long)a[5],
		&t->deferred);
}

__attribute__((noinline)) static long wait_unblocked(
	struct fj_call *c, long nr, const uint64_t *arg, int held_fd)
{
	struct fj_thread *t = c->thread;
	const uintptr_t outer_sp = fj_interrupted(t)->inner_sp,
			outer_waiting = fj_interrupted(t)->waiting_sp;
	const void *outer_frame = fj_interrupted(t)->waiting_frame;
	const uint32_t outer_handlers = fj_interrupted(t)->handlers;
	const int32_t outer_fd = t->window_fd;
	const bool outer_catches = t->catches_faults;
	uint64_t all;
	long r;

	/* The stack below here is free for an engine that a handler enters from the program's own
	 * signal stack. */
	fj_interrupted(t)->inner_sp =
		((uintptr_t)__builtin_frame_address(0) - 1024) & ~(uintptr_t)15;
	fj_interrupted(t)->waiting_sp = c->sp;
	fj_interrupted(t)->waiting_frame = c->frame;
	fj_interrupted(t)->handlers = 0;
	t->window_fd = held_fd;
	fj_sys_rt_sigprocmask(FJ_SIG_SETMASK, c->mask, &all, sizeof(all));
	r = wait_in_kernel(t, nr, arg);
	/* A handler may have changed the program's mask, in its frame. */
	fj_sys_rt_sigprocmask(FJ_SIG_SETMASK, &all, c->mask, sizeof(all));
	fj_interrupted(t)->inner_sp = outer_sp;
	fj_interrupted(t)->waiting_sp = outer_waiting;
	fj_interrupted(t)->waiting_frame = outer_frame;
	fj_interrupted(t)->handlers = outer_handlers;
	t->window_fd = outer_fd;
	t->catches_faults = outer_catches;
	return r;
}

FJ_HOT long fj_kernel_waiting(struct fj_call *c, long nr, const uint64_t *arg, int held_fd)
{
	struct fj_thread *t = c->thread;
	const int32_t outer_fd = t->window_fd;
	long r;

	if (c->mask)
		return wait_unblocked(c, nr, arg, held_fd);
	/* The direct door has not blocked signals, but the hook may have. */
	if (c->holds_signals)
		fj_release_signals(c);
	t->window_fd = held_fd;
	r = wait_in_kernel(t, nr, arg);
	t->window_fd = outer_fd;
	return r;
}

void fj_hold_signals(struct fj_call *c)
{
	const uint64_t all = ~FAULTS;

	/* The trap has blocked the signals already (`mask`). And after a call that the engine makes by itself
	 * (no `frame`) nobody would call fj_release_signals(). */
	if (c->mask || !c->frame || c->holds_signals)
		return;
	fj_sys_rt_sigprocmask(FJ_SIG_SETMASK, &all, &c->held_mask, sizeof(all));
	c->holds_signals = true;
}

void fj_release_signals(struct fj_call *c)
{
	if (!c->holds_signals)
		return;
	c->holds_signals = false;
	fj_sys_rt_sigprocmask(FJ_SIG_SETMASK, &c->held_mask, 0, sizeof(c->held_mask));
}
