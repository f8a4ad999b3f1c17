/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * handlers.c - a handler that interrupts the engine runs on the program's stack.
 *
 * The kernel would run it on the engine's. A collector that stops threads by a signal, and looks
 * for what is in use from there to the thread's beginning (Boehm's, D's), would read all that lies
 * between the two. So handlers are entered by way of handler.S, and when a slot's stack was
 * interrupted, they are called below where the program made its call. What the program had in
 * registers then lies there as well.
 *
 * A handler that does not interrupt the engine finds everything as the kernel left it. */
#include "call/handlers.h"

#include "call/faults.h"
#include "call/tail.h"
#include "sys/guest.h"

#define SIGNALS 64 /* _NSIG of asm/signal.h */
#define SIGSET_SIZE 8
#define SIGSYS_BIT (1UL << 30)
#define REGISTERS_ROOM 192u
#define BELOW_FRAME 1024u /* a return address, and what fj_handler_done() needs */

extern const char fj_handler_entry[];

/* What the program asked for, where the kernel has fj_handler_entry. A vfork(2) child shares this
 * memory and has actions of its own: its handlers are left to the kernel. */
static uint64_t handler_of[SIGNALS + 1];

long fj_handler_action(struct fj_call *c)
{
	const uint64_t sig = (uint32_t)c->arg[0], entry = (uint64_t)fj_handler_entry;
	const bool sets = c->arg[1];
	struct fj_sigaction new = {0}, old = {0};
	uint64_t before;
	long r;

	if (sets && fj_guest_read(&new, c->arg[1], sizeof(new)))
		return -EFAULT;
	if (!sig || sig > SIGNALS)
		return -EINVAL;
	if (fj_jail->has_trap) {
		new.mask &= ~SIGSYS_BIT;
		fj_faults_mask(new.mask);
	}
	before = __atomic_load_n(&handler_of[sig], __ATOMIC_RELAXED);
	if (sets && new.handler > FJ_IGNORE && !fj_is_borrowed_memory()) {
		/* before the kernel knows: it may come at once */
		__atomic_store_n(&handler_of[sig], new.handler, __ATOMIC_RELEASE);
		new.handler = entry;
	}
	r = fj_sys4(__NR_rt_sigaction, sig, sets ? &new : NULL, &old, SIGSET_SIZE);
	if (r < 0 || !c->arg[2])
		return r;
	if (old.handler == entry)
		old.handler = before;
	return fj_guest_write(c->arg[2], &old, sizeof(old)) ? -EFAULT : 0;
}

/* From handler.S. The slot that was interrupted, when the handler has come to its stack. */
static struct fj_thread *interrupted(const struct fj_frame *f)
{
	struct fj_thread *t = fj_thread_holding(f->regs.sp - 1); /* at its top, at first */

	return t && fj_thread_holding((uintptr_t)f) == t ? t : NULL;
}

void fj_handler_came(int sig, const struct fj_frame *f, struct fj_handler_entered *e)
{
	struct fj_thread *t = interrupted(f);

	*e = (struct fj_handler_entered){.handler = handler_of[sig]};
	if (!t)
		return;
	if (t->waiting_frame) { /* by the trap: registers are in its frame */
		e->sp = (t->waiting_sp - FJ_RED_ZONE - REGISTERS_ROOM) & ~15UL;
		memcpy((void *)e->sp, &((const struct fj_frame *)t->waiting_frame)->regs,
			REGISTERS_ROOM);
		/* The engine, when the handler enters it, begins below the signal's frame. */
		e->outer_sp = t->inner_sp;
		t->inner_sp = ((uintptr_t)f - BELOW_FRAME) & ~15UL;
		t->handlers++;
	} else if (t->lent_sp) { /* by the direct door: in its record */
		e->sp = t->lent_sp & ~15UL;
	}
}

void fj_handler_done(const struct fj_frame *f, uint64_t outer_sp)
{
	struct fj_thread *t = interrupted(f);

	if (!t || !t->waiting_frame)
		return;
	t->inner_sp = outer_sp;
	t->handlers--;
}
