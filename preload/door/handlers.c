/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * handlers.c - a handler that interrupts the engine runs on the program's stack, and sees the
 * program.
 *
 * The kernel would run it on the engine's, with the engine's registers. Collectors stop threads by
 * a signal, and look for what is in use in the registers, and from there, or from the handler's
 * stack, to the thread's beginning. So handlers are entered by way of handler.S, and when a slot's
 * stack was interrupted, they are called below where the program made its call, with a ucontext in
 * which it is just behind that.
 *
 * A handler that does not interrupt the engine finds everything as the kernel left it. */
#include "door/handlers.h"

#include "call/handlers.h"
#include "call/tail.h"
#include "call/when.h"
#include "door/record.h"

#define BELOW_FRAME 1024u /* on the slot's stack: what fj_handler_done() needs */

/* On the program's stack. */
struct shown {
	struct fj_frame frame;
	uint64_t ip, sp; /* as it was shown */
	uint64_t outer_sp;
};

/* The slot that was interrupted, when the handler has come to its stack. */
static struct fj_thread *interrupted(const struct fj_frame *f)
{
	struct fj_thread *t = fj_thread_holding(f->regs.sp - 1); /* at its top, at first */

	return t && fj_thread_holding((uintptr_t)f) == t ? t : NULL;
}

/* Behind a call that a signal has broken off. */
static void show_record(const struct fj_door_record *record, struct sigcontext_64 *regs)
{
	regs->ip = regs->cx = record->back;
	regs->di = record->arg[0];
	regs->si = record->arg[1];
	regs->dx = record->arg[2];
	regs->r10 = record->arg[3];
	regs->r8 = record->arg[4];
	regs->r9 = record->arg[5];
	regs->bx = record->kept[0];
	regs->r12 = record->kept[1];
	regs->bp = record->others[0];
	regs->r13 = record->others[1];
	regs->r14 = record->others[2];
	regs->r15 = record->others[3];
	regs->r11 = regs->flags = record->flags;
	regs->sp = (uint64_t)record + FJ_DOOR_ROOM;
}

void fj_handler_came(int sig, struct fj_frame *f, struct fj_handler_entered *e)
{
	struct fj_thread *t = interrupted(f);
	struct shown *shown;

	*e = (struct fj_handler_entered){.handler = fj_handler_of(sig), .context = f};
	/* (A SIGSYS of the program's own filter is answered by the registers of its frame.) */
	if (!t || (!t->waiting_frame && !t->lent_sp) || sig == FJ_SIGSYS)
		return;
	shown = (struct shown *)(((t->waiting_frame ? t->waiting_sp - FJ_RED_ZONE : t->lent_sp) -
					 sizeof(*shown)) &
				 ~15UL);
	shown->frame = *f;
	if (t->waiting_frame) { /* by the trap */
		const struct sigcontext_64 *regs =
			&((const struct fj_frame *)t->waiting_frame)->regs;
		void *const fpstate = (void *)shown->frame.regs.fpstate;

		shown->frame.regs = *regs;
		shown->frame.regs.fpstate = (uint64_t)fpstate;
		/* The engine, when the handler enters it, begins below the signal's frame. */
		shown->outer_sp = t->inner_sp;
		t->inner_sp = ((uintptr_t)f - BELOW_FRAME) & ~15UL;
		t->handlers++;
	} else {
		show_record((const struct fj_door_record *)t->lent_sp, &shown->frame.regs);
	}
	shown->frame.regs.ax = (uint64_t)-EINTR;
	shown->ip = shown->frame.regs.ip;
	shown->sp = shown->frame.regs.sp;
	e->sp = (uint64_t)shown;
	e->context = &shown->frame;
}

void fj_handler_done(struct fj_frame *f, const struct fj_frame *context)
{
	const struct shown *shown = (const struct shown *)context;
	struct fj_thread *t = interrupted(f);

	f->mask = shown->frame.mask;
	if (t && t->waiting_frame) {
		t->inner_sp = shown->outer_sp;
		t->handlers--;
	}
	/* It sends the program elsewhere: then the call is left, as by siglongjmp(3). */
	if (shown->frame.regs.ip != shown->ip || shown->frame.regs.sp != shown->sp)
		f->regs = shown->frame.regs;
}

void fj_handlers_start(void)
{
	fj_handlers_entry = (uint64_t)fj_handler_entry;
}
