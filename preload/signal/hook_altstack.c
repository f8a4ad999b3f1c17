/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hook_altstack.c - the hook of sigaltstack(2): keeps and reports the program's signal stack, while
 * the kernel has the engine's. The program's handlers are moved to the program's signal stack
 * (door/handlers.c). Nothing else may write there, since the program may have unmapped that memory,
 * or use it for something else. Called through the table, and by trap/ and door/. */
#include "call/call.h"
#include "call/hooks.h"
#include "guest/guest.h"
#include "signal/hook_signal.h"
#include "signal/interrupted.h"
#include "sys/thread.h"
#include "sys/thread_signals.h"
#include "sys/thread_stack.h"
#include "syscall/signal.h"

#define MINSIGSTKSZ_ 2048u /* asm-generic/signal.h: the least size that sigaltstack(2) takes */
/* The part of the engine stack below a waiting call is used as the signal stack, unless it is
 * smaller than this. */
#define LEAST_REST (64u * 1024)

bool fj_altstack_is_on_own(const struct fj_thread *t, uint64_t sp)
{
	const struct fj_thread_signals *own = fj_thread_signals(t);

	return own->altstack_size && sp > own->altstack && sp - own->altstack <= own->altstack_size;
}

bool fj_altstack_is_abandoned(const struct fj_thread *t, uint64_t sp)
{
	return fj_interrupted(t)->inner_sp && !fj_altstack_is_on_own(t, sp) &&
	       !fj_thread_holding(sp) &&
	       (!fj_interrupted(t)->handlers || sp >= fj_interrupted(t)->waiting_sp);
}

/* The kernel gets the engine's signal stack, never the program's, which may be gone. It always has
 * SS_AUTODISARM: then the kernel has no signal stack while a handler runs on it. Otherwise
 * rt_sigreturn could refuse with EPERM to install another one while it leaves a handler on this
 * one: kernels differ in the order of restoring. */
void fj_altstack_settle(const struct fj_thread *t, struct fj_altstack *s, uint64_t sp)
{
	const uintptr_t bottom = fj_thread_stack_bottom(t);
	const uintptr_t top =
		fj_interrupted(t)->inner_sp ? fj_interrupted(t)->inner_sp : fj_thread_stack_top(t);

	if (fj_thread_holding(sp) == t || top < bottom + LEAST_REST)
		*s = (struct fj_altstack){.flags = FJ_SS_DISABLE};
	else
		*s = (struct fj_altstack){.sp = bottom,
			.flags = (int32_t)FJ_SS_AUTODISARM,
			.size = (top - bottom) & ~15UL};
}

struct fj_altstack fj_altstack_of_program(const struct fj_thread *t)
{
	const struct fj_thread_signals *own = fj_thread_signals(t);

	return (struct fj_altstack){.sp = own->altstack_size ? own->altstack : 0,
		.flags = (int32_t)own->altstack_flags,
		.size = own->altstack_size};
}

/* Each return from a handler comes here: mostly nothing has changed. */
static void keep_altstack(struct fj_thread *t, uint64_t sp, uint64_t size, uint32_t flags)
{
	struct fj_thread_signals *own = (struct fj_thread_signals *)fj_thread_signals(t);

	if (own->altstack == sp && own->altstack_size == size && own->altstack_flags == flags)
		return;
	own = fj_thread_signals_to_change(t);
	own->altstack = sp;
	own->altstack_size = size;
	own->altstack_flags = flags;
}

/* The kernel has checked what it saved there. What a handler wrote over it is accepted if
 * sigaltstack(2) would accept it. */
void fj_altstack_restore(struct fj_thread *t, const struct fj_altstack *s)
{
	const uint32_t mode = (uint32_t)s->flags & ~FJ_SS_AUTODISARM;

	if (fj_thread_holding(s->sp) || mode == FJ_SS_DISABLE || mode > FJ_SS_ONSTACK ||
		s->size < MINSIGSTKSZ_)
		return;
	keep_altstack(t, s->sp, s->size, (uint32_t)s->flags);
}

/* What the program, with its stack pointer at `sp`, believes its signal stack to be. */
static struct fj_altstack as_believed(const struct fj_thread *t, uint64_t sp)
{
	struct fj_altstack s = fj_altstack_of_program(t);
	const bool is_on = fj_altstack_is_on_own(t, sp);

	s.flags &= (int32_t)FJ_SS_AUTODISARM;
	if (!s.size || (is_on && s.flags))
		return (struct fj_altstack){.flags = FJ_SS_DISABLE};
	if (is_on)
		s.flags |= FJ_SS_ONSTACK;
	return s;
}

static bool is_left_alone;

bool fj_altstack_is_made_disarm(const struct fj_altstack *s)
{
	return s->size && ((uint32_t)s->flags & FJ_SS_AUTODISARM) && !is_left_alone;
}

/* Without the trap the kernel has the program's signal stack, and the engine's while a handler runs
 * there. The program's stack pointer is not on its signal stack while the engine runs, so the
 * kernel would begin the next handler at the top, over the first one. The mark SS_AUTODISARM
 * prevents it. (A program that sets the mark itself gets it.) */
static long set_plainly(struct fj_call *c)
{
	struct fj_altstack wanted = {0}, old = {0};
	const struct fj_thread *t;
	long r = 0;

	if (c->arg[0] && fj_guest_read(&wanted, c->arg[0], sizeof(wanted)))
		return -EFAULT;
	if ((uint32_t)wanted.flags & FJ_SS_AUTODISARM)
		is_left_alone = true;
	fj_sys_sigaltstack(0, &old);
	t = fj_thread_holding(old.sp);
	if (t)
		old = as_believed(t, c->sp);
	else if (!is_left_alone)
		old.flags &= ~(int32_t)FJ_SS_AUTODISARM;
	if (c->arg[0]) {
		if (old.flags & FJ_SS_ONSTACK)
			return -EPERM;
		if (!is_left_alone && (uint32_t)wanted.flags != FJ_SS_DISABLE)
			wanted.flags |= (int32_t)FJ_SS_AUTODISARM;
		r = fj_sys_sigaltstack(&wanted, 0);
	}
	if (r < 0)
		return r;
	return c->arg[1] && fj_guest_write(c->arg[1], &old, sizeof(old)) ? -EFAULT : 0;
}

long fj_hook_sigaltstack(struct fj_call *c)
{
	struct fj_thread *t = c->thread;
	struct fj_altstack wanted = {0}, old;

	if (!c->altstack)
		return set_plainly(c);
	old = as_believed(t, c->sp);
	if (c->arg[0]) {
		uint32_t mode;

		if (fj_guest_read(&wanted, c->arg[0], sizeof(wanted)))
			return -EFAULT;
		mode = (uint32_t)wanted.flags & ~FJ_SS_AUTODISARM;
		if (old.flags & FJ_SS_ONSTACK)
			return -EPERM;
		if (mode != FJ_SS_DISABLE && mode != FJ_SS_ONSTACK && mode != 0)
			return -EINVAL;
		if (mode != FJ_SS_DISABLE && wanted.size < MINSIGSTKSZ_)
			return -ENOMEM;
		if (mode == FJ_SS_DISABLE)
			wanted.sp = wanted.size = 0;
		keep_altstack(t, wanted.sp, wanted.size, (uint32_t)wanted.flags);
	}
	return c->arg[1] && fj_guest_write(c->arg[1], &old, sizeof(old)) ? -EFAULT : 0;
}
