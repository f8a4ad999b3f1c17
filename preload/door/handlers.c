/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * handlers.c - a handler that interrupts the engine runs on the program's stack, and sees the program's registers.
 * Called by handler.S.
 *
 * The kernel would run the handler on the engine stack, with the engine's registers. Garbage collectors stop threads
 * by a signal. They search for pointers in the registers, and on the stack from the stack pointer, or from the
 * handler's frame, to the thread's beginning. So handlers are entered through handler.S. When the engine was
 * interrupted, the handler runs below the point of the program's stack where the call was made, with a ucontext that
 * is just after that call.
 *
 * With the trap, the kernel's signal stack is the engine's, for the program's may be unmapped or in other use. The kernel's
 * frame is copied to where the kernel would have put it: to the program's stack, or to its signal stack.
 * All signals are blocked until the handler is entered. A signal that came earlier would be handled as one that
 * interrupts the program, or would overwrite the frame on our stack. */
#include "door/handlers.h"

#include "child/descriptors.h"
#include "door/record.h"
#include "guest/guest.h"
#include "jail/jail.h"
#include "signal/faults.h"
#include "signal/handlers.h"
#include "signal/hook_signal.h"
#include "signal/interrupted.h"
#include "sys/abi_signal.h"
#include "sys/frame.h"
#include "sys/thread.h"
#include "sys/thread_signals.h"

#include <linux/errno.h>

#define BELOW_FRAME 1024u   /* on the area's stack: for fj_handler_done() */
#define FPSTATE_LEGACY 512u /* struct _fpstate_64. Its last bytes tell the whole size: */
#define FPSTATE_MAGIC 464u
#define FPSTATE_SIZE 468u

struct kernel_frame { /* struct rt_sigframe, asm/sigframe.h */
	uint64_t back;
	struct fj_frame uc;
	uint64_t info[16];
};

/* Where a handler begins, and which signal stack the kernel has from then on. */
struct entered {
	uint64_t frame; /* address of the kernel's frame, after a move */
	uint64_t sp;
	struct fj_frame *context;
	uint64_t info;
	struct fj_altstack stack;
	struct fj_thread *owner; /* the area that knows the program's mask, or NULL */
	bool is_refused;
};

/* A mode that does not exist: rt_sigreturn then leaves the signal stack as it is. */
static const struct fj_altstack as_it_is = {.flags = FJ_SS_ONSTACK | (int32_t)FJ_SS_DISABLE};

/* What is put on the program's stack for a handler that has interrupted the engine. */
struct shown {
	uint64_t unused, back; /* return address of the handler */
	struct fj_frame frame;
	uint64_t ip, sp; /* as they were shown */
	uint64_t outer_sp, descriptors;
};

/* The thread area whose stack was interrupted, if the handler's frame is on that stack, too. */
static struct fj_thread *interrupted_thread(const struct fj_frame *f)
{
	struct fj_thread *t =
		fj_thread_holding(f->regs.sp - 1); /* - 1: an empty stack begins at its end */

	return t && fj_thread_holding((uintptr_t)f) == t ? t : NULL;
}

/* Set the registers to those after a call that a signal interrupted. */
static void set_regs_after_call(const struct fj_door_record *record, struct sigcontext_64 *regs)
{
	regs->ip = record->back;
	fj_door_show_record(record, regs);
	regs->bp = record->others[0];
	regs->r13 = record->others[1];
	regs->r14 = record->others[2];
	regs->r15 = record->others[3];
}

/* The area with the kernel's signal stack, or else with the frame; it stores the program's signal stack. */
static struct fj_thread *owner_of(const struct fj_frame *f)
{
	struct fj_thread *t = fj_thread_holding(f->stack.sp);

	return t ? t : fj_thread_holding((uintptr_t)f);
}

/* Write to the program. A fault here must not end the call that the area has under way. */
static bool is_written(struct fj_thread *t, uintptr_t to, const void *from, size_t n)
{
	const bool catches = t->catches_faults;
	long r;

	t->catches_faults = false;
	r = fj_guest_write(to, from, n);
	t->catches_faults = catches;
	return !r;
}

static bool has_altstack(const struct fj_thread *t)
{
	return fj_thread_signals(t)->altstack_size;
}

/* Returns where the handler's frame ends, as get_sigframe() of arch/x86/kernel/signal.c does. `*least`: the beginning
 * of the signal stack, or 0. */
static uintptr_t find_frame_end(
	const struct fj_thread *owner, int sig, uintptr_t program_sp, uintptr_t *least)
{
	const bool is_on_own = fj_altstack_is_on_own(owner, program_sp + FJ_RED_ZONE);
	const struct fj_thread_signals *own = fj_thread_signals(owner);

	*least = 0;
	if (!own->altstack_size || !(is_on_own || fj_handler_wants_stack(sig)))
		return program_sp;
	*least = own->altstack;
	return is_on_own ? program_sp : own->altstack + own->altstack_size;
}

static size_t fpstate_size(const struct fj_frame *f)
{
	const char *at = (const char *)f->regs.fpstate;

	if (!at)
		return 0;
	return *(const uint32_t *)(at + FPSTATE_MAGIC) == FP_XSTATE_MAGIC1 ?
		       *(const uint32_t *)(at + FPSTATE_SIZE) :
		       FPSTATE_LEGACY;
}

/* Copy the whole frame, so that it ends at `top`. Returns its new address, or 0 if there is no room. */
static uintptr_t move_frame(const struct fj_frame *f, const struct fj_altstack *stack,
	uintptr_t top, uintptr_t least, struct fj_thread *owner)
{
	struct kernel_frame head = *(const struct kernel_frame *)((uintptr_t)f - sizeof(head.back));
	const size_t size = fpstate_size(f);
	uintptr_t at = top;

	if (size) {
		at = (at - size) & ~63UL;
		head.uc.regs.fpstate = at;
	}
	head.uc.stack = *stack;
	at = ((at - sizeof(head)) & ~15UL) - 8;
	if (at > top || at <= least ||
		(size && !is_written(owner, head.uc.regs.fpstate, (const void *)f->regs.fpstate,
				 size)) ||
		!is_written(owner, at, &head, sizeof(head)))
		return 0;
	return at;
}

static void set_frame(struct entered *e, uintptr_t at)
{
	e->frame = e->sp = at;
	e->context = &((struct kernel_frame *)at)->uc;
	e->info = (uint64_t)((struct kernel_frame *)at)->info;
}

static void refuse_handler(int sig, struct fj_frame *f, struct entered *e)
{
	e->is_refused = true;
	fj_faults_force(sig, &f->mask);
}

/* With the trap: the program was interrupted. A frame on our signal stack moves to where the kernel's own would be. */
static void program_came(int sig, struct fj_frame *f, struct entered *e)
{
	struct fj_thread *owner = owner_of(f);
	struct fj_altstack stack;
	uintptr_t top, least, at;

	if (!owner) /* then the program has no signal stack, and the kernel has none of ours */
		return;
	if (sig == FJ_SIGSYS)
		((struct kernel_frame *)e->frame)->back = fj_handler_sigsys_restorer();
	stack = fj_altstack_of_program(owner);
	if (f->stack.size) /* the kernel has disarmed it to deliver the signal */
		e->stack = f->stack;
	if (!fj_thread_holding((uintptr_t)f)) {
		f->stack = stack;
	} else {
		top = find_frame_end(owner, sig, f->regs.sp - FJ_RED_ZONE, &least);
		at = move_frame(f, &stack, top, least, owner);
		if (!at) {
			refuse_handler(sig, f, e);
			return;
		}
		set_frame(e, at);
	}
	if (has_altstack(owner) && (fj_thread_signals(owner)->altstack_flags & FJ_SS_AUTODISARM)) {
		struct fj_thread_signals *own = fj_thread_signals_to_change(owner);

		own->altstack_size = 0; /* until the handler returns */
		own->altstack_flags = FJ_SS_DISABLE;
	}
}

/* The signal stack that the kernel gets without the trap: the program's, marked SS_AUTODISARM. */
static struct fj_altstack marked_altstack(const struct fj_thread *t)
{
	struct fj_altstack s = fj_altstack_of_program(t);

	s.flags |= (int32_t)FJ_SS_AUTODISARM;
	return s;
}

/* Without the trap: a handler runs at `at`. The kernel has disarmed f->stack to deliver the signal. Give the kernel the
 * signal stack that it uses while the handler runs. */
static void arm_plainly(const struct fj_frame *f, uintptr_t at, struct entered *e)
{
	struct fj_thread *t = fj_thread_holding(f->stack.sp);
	struct fj_thread_signals *own;

	if (t && !fj_altstack_is_on_own(t, at)) { /* the handler on it was left by siglongjmp(3) */
		e->stack = marked_altstack(t);
		return;
	}
	e->stack = f->stack;
	if (!t && at - f->stack.sp < f->stack.size) {
		t = fj_thread_mine();
		if (!t) { /* no area: do without */
			e->stack = as_it_is;
			return;
		}
		own = fj_thread_signals_to_change(t);
		own->altstack = f->stack.sp;
		own->altstack_size = f->stack.size;
		own->altstack_flags = (uint32_t)f->stack.flags & ~FJ_SS_AUTODISARM;
		fj_altstack_settle(t, &e->stack, at);
	}
}

/* The program was interrupted, in a jail without the trap. */
static void plain_came(int sig, struct fj_frame *f, struct entered *e)
{
	struct fj_thread *owner = fj_thread_holding(f->stack.sp);
	const struct fj_frame *from = f;
	struct fj_altstack after = f->stack;
	uintptr_t least, at;

	if (!owner && !fj_altstack_is_made_disarm(&f->stack))
		return;
	if (owner && !fj_altstack_is_on_own(owner, f->regs.sp))
		after = marked_altstack(owner);
	if (owner && fj_thread_holding((uintptr_t)f)) {
		const uintptr_t top = find_frame_end(owner, sig, f->regs.sp - FJ_RED_ZONE, &least);

		at = move_frame(f, &after, top, least, owner);
		if (!at) {
			refuse_handler(sig, f, e);
			return;
		}
		set_frame(e, at);
	}
	arm_plainly(from, e->frame, e);
	e->context->stack = after;
}

/* The engine was interrupted, in a call that waits after the trap, or after a jump. */
static void engine_came(int sig, struct fj_thread *t, struct fj_frame *f, struct entered *e)
{
	const uintptr_t program_sp = fj_interrupted(t)->waiting_frame ?
					     fj_interrupted(t)->waiting_sp - FJ_RED_ZONE :
					     t->lent_sp;
	struct fj_thread *owner = owner_of(f);
	struct shown shown;
	uintptr_t top, least, at;

	fj_thread_note_company();
	top = find_frame_end(owner, sig, program_sp, &least);
	at = (top - sizeof(shown)) & ~15UL;
	if (fj_jail->has_trap) {
		if (f->stack.size)
			e->stack = f->stack;
	} else if (has_altstack(owner) || fj_altstack_is_made_disarm(&f->stack)) {
		arm_plainly(f, at, e);
		if (has_altstack(owner) && !fj_altstack_is_on_own(owner, program_sp))
			f->stack = marked_altstack(owner);
	}
	if (!fj_interrupted(t)->waiting_frame && fj_thread_holding((uintptr_t)f) != t) {
		/* The frame goes below the engine's frames, on the stack that the engine has borrowed. */
		set_frame(e, move_frame(f, &f->stack, f->regs.sp - FJ_RED_ZONE, 0, owner));
		f = e->context;
	}
	shown.back = (uint64_t)fj_handler_back;
	shown.frame = *f;
	if (fj_jail->has_trap || has_altstack(owner))
		shown.frame.stack = fj_altstack_of_program(owner);
	if (fj_interrupted(t)->waiting_frame) { /* the call came by the trap */
		shown.frame.regs =
			((const struct fj_frame *)fj_interrupted(t)->waiting_frame)->regs;
		shown.frame.regs.fpstate = f->regs.fpstate;
	} else {
		set_regs_after_call((const struct fj_door_record *)t->lent_sp, &shown.frame.regs);
	}
	shown.frame.regs.ax = (uint64_t)-EINTR;
	shown.ip = shown.frame.regs.ip;
	shown.sp = shown.frame.regs.sp;
	shown.outer_sp = fj_interrupted(t)->inner_sp;
	shown.descriptors = fj_descriptors_suspend(t);
	if (fj_interrupted(t)->waiting_frame) {
		/* When the handler enters the engine, the engine begins below the signal's frame. */
		fj_interrupted(t)->inner_sp = ((uintptr_t)f - BELOW_FRAME) & ~15UL;
		fj_interrupted(t)->handlers++;
		fj_altstack_settle(t, &e->stack, program_sp);
	}
	if (at <= least || !is_written(owner, at, &shown, sizeof(shown))) {
		if (fj_interrupted(t)->waiting_frame) {
			fj_interrupted(t)->inner_sp = shown.outer_sp;
			fj_interrupted(t)->handlers--;
		}
		refuse_handler(sig, f, e);
		return;
	}
	e->sp = (uint64_t) & ((struct shown *)at)->back;
	e->context = &((struct shown *)at)->frame;
}

static void set_go(int sig, const struct fj_frame *f, const struct entered *e, struct fj_frame *go)
{
	const uint64_t flags = f->flags; /* e->context may be the same frame as f */

	*go = (struct fj_frame){.flags = flags, .stack = e->stack};
	go->mask = fj_handler_masks(sig, f, e->owner, e->context);
	go->regs.ip = fj_handler_of(sig);
	go->regs.sp = e->sp;
	go->regs.di = (uint64_t)sig;
	go->regs.si = e->info;
	go->regs.dx = (uint64_t)e->context;
	go->regs.r12 = e->frame;
	go->regs.r13 = (uint64_t)e->context;
	go->regs.flags = 0x202; /* interrupts are on, as the kernel sets it */
	go->regs.cs = f->regs.cs;
	go->regs.ss = f->regs.ss;
}

struct fj_frame *fj_handler_came(int sig, const void *info, struct fj_frame *f, struct fj_frame *go)
{
	struct fj_thread *t = fj_thread_holding(f->regs.sp - 1);
	const bool is_on_ours = fj_thread_holding((uintptr_t)f);
	struct entered e = {.context = f,
		.frame = (uint64_t)f - sizeof(uint64_t),
		.sp = (uint64_t)f - sizeof(uint64_t),
		.info = (uint64_t)info,
		.owner = owner_of(f),
		.stack = as_it_is};

	if (!t && fj_jail->has_trap)
		program_came(sig, f, &e);
	else if (!fj_jail->has_trap && (!t || !is_on_ours))
		plain_came(sig, f, &e);
	/* (A SIGSYS of the program's own filter is answered by the registers of its frame.) */
	else if (is_on_ours && (fj_interrupted(t)->waiting_frame || t->lent_sp) && sig != FJ_SIGSYS)
		engine_came(sig, t, f, &e);
	if (e.is_refused)
		return f;
	set_go(sig, f, &e, go);
	return go;
}

void fj_handler_done(struct fj_frame *f, const struct fj_frame *context)
{
	const struct shown *shown =
		(const struct shown *)((const char *)context - offsetof(struct shown, frame));
	struct fj_thread *t = interrupted_thread(f);

	f->mask = shown->frame.mask;
	f->flags |= shown->frame.flags & FJ_UCONTEXT_SHOWN;
	if (t && fj_interrupted(t)->waiting_frame) {
		fj_interrupted(t)->inner_sp = shown->outer_sp;
		fj_interrupted(t)->handlers--;
	}
	/* The handler has changed where the program goes on: then the call is abandoned, as by siglongjmp(3). */
	if (shown->frame.regs.ip != shown->ip || shown->frame.regs.sp != shown->sp)
		f->regs = shown->frame.regs;
	else
		fj_descriptors_resume(fj_thread_holding(f->regs.sp - 1), shown->descriptors);
}

void fj_handlers_start(void)
{
	fj_handlers_entry = (uint64_t)fj_handler_entry;
}
