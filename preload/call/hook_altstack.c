/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hook_altstack.c - the signal stack: the program's own is kept and reported, and the kernel has
 * ours wherever the program's could not hold a trap. */
#include "call/hook_signal.h"
#include "call/hooks.h"
#include "call/tail.h"
#include "sys/guest.h"

#define MINSIGSTKSZ_ 2048u /* asm-generic/signal.h: the least size that sigaltstack(2) takes */
/* Room for a handler's frame, a SIGSYS frame on top of it (3376 bytes each with AVX-512,
 * AT_MINSIGSTKSZ) and some work. */
#define SMALL_ALTSTACK (12u * 1024)

static bool is_on_own(const struct fj_thread *t, uint64_t sp)
{
	return t->altstack_size && sp > t->altstack && sp - t->altstack <= t->altstack_size;
}

bool fj_altstack_is_abandoned(const struct fj_thread *t, uint64_t sp)
{
	return t->inner_sp && !is_on_own(t, sp) && !fj_thread_holding(sp) &&
	       (!t->handlers || sp >= t->waiting_sp);
}

/* A stack too small for two frames is never used: ours takes its place. */
static bool is_small(const struct fj_thread *t)
{
	return t->altstack_size < SMALL_ALTSTACK;
}

/* Which signal stack the kernel shall use when the program goes on at `sp`. Ours while the program
 * is on its own: a handler's calls then do not need room there. Always with AUTODISARM: the kernel
 * then counts the stack as none while a handler runs on it. Else rt_sigreturn might refuse with
 * EPERM to install another while it leaves a handler on this one: kernels differ in the order of
 * their restoring. */
void fj_altstack_settle(struct fj_thread *t, struct fj_altstack *s, uint64_t sp)
{
	if (s->size && !(s->flags & (int32_t)FJ_SS_DISABLE) && !fj_thread_holding(s->sp) &&
		!t->altstack_size) {
		t->altstack = s->sp; /* the parent's, in a forked child whose slot is new */
		t->altstack_size = s->size;
		t->altstack_flags = 0;
	}
	if (fj_thread_holding(sp) == t) { /* a handler of the program runs on ours: it stays
					     disarmed until that is left */
		*s = (struct fj_altstack){.flags = FJ_SS_DISABLE};
		return;
	}
	if (t->altstack_size && !is_small(t) && !is_on_own(t, sp)) {
		s->sp = t->altstack;
		s->size = t->altstack_size;
	} else if (t->inner_sp) { /* the engine waits on ours, below this handler */
		*s = (struct fj_altstack){.flags = FJ_SS_DISABLE};
		return;
	} else {
		s->sp = fj_thread_stack_bottom(t);
		s->size = fj_thread_stack_top(t) - s->sp;
	}
	s->flags = (int32_t)FJ_SS_AUTODISARM;
}

/* While the trap's handler is at work no signal stack is armed, and what is left of the program's
 * own lies below the trap's frame, or below the program, whichever is there. */
bool fj_altstack_lend_rest(const struct fj_call *c)
{
	const struct fj_thread *t = c->thread;
	const uintptr_t frame = (uintptr_t)c->frame - sizeof(uint64_t); /* a return address's */
	const uintptr_t end = is_on_own(t, frame) ? frame : c->sp;
	struct fj_altstack rest = {.sp = t->altstack, .flags = (int32_t)FJ_SS_AUTODISARM};

	if (!is_on_own(t, end))
		return false;
	rest.size = (end - FJ_RED_ZONE - t->altstack) & ~15UL;
	return end - t->altstack >= FJ_RED_ZONE + SMALL_ALTSTACK &&
	       !fj_sys2(__NR_sigaltstack, &rest, 0);
}

void fj_altstack_take_back(void)
{
	const struct fj_altstack none = {.flags = FJ_SS_DISABLE};

	fj_sys2(__NR_sigaltstack, &none, 0);
}

/* What the program believes its signal stack to be. */
static struct fj_altstack as_believed(const struct fj_call *c)
{
	const struct fj_thread *t = c->thread;
	struct fj_altstack s = {
		.sp = t->altstack, .size = t->altstack_size, .flags = (int32_t)t->altstack_flags};
	const bool is_on = is_on_own(t, c->sp) || (is_small(t) && fj_thread_holding(c->sp) == t);

	if (!s.size || (is_on && (t->altstack_flags & FJ_SS_AUTODISARM)))
		return (struct fj_altstack){.flags = FJ_SS_DISABLE};
	if (is_on)
		s.flags |= FJ_SS_ONSTACK;
	return s;
}

long fj_hook_sigaltstack(struct fj_call *c)
{
	struct fj_thread *t = c->thread;
	struct fj_altstack wanted = {0}, old;

	if (!c->altstack)
		return fj_kernel(c);
	old = as_believed(c);
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
		t->altstack = mode == FJ_SS_DISABLE ? 0 : wanted.sp;
		t->altstack_size = mode == FJ_SS_DISABLE ? 0 : wanted.size;
		t->altstack_flags = (uint32_t)wanted.flags & FJ_SS_AUTODISARM;
		*c->altstack = (struct fj_altstack){0};
		fj_altstack_settle(t, c->altstack, c->sp);
	}
	return c->arg[1] && fj_guest_write(c->arg[1], &old, sizeof(old)) ? -EFAULT : 0;
}
