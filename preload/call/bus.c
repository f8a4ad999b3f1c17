/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * bus.c - SIGBUS is ours until one comes that is the program's.
 *
 * The records are read from a mapped file, which somebody may cut off; the page that is gone then
 * raises SIGBUS in the middle of the engine (own/lost.c). So the signal is taken, and the action
 * that the program sets is kept and reported. A SIGBUS that is none of ours makes the program's
 * action the real one, for good, and happens again: the instruction is run once more, or the signal
 * that somebody sent is sent once more. A process that ignores SIGBUS is left alone, as exec hands
 * that down.
 *
 * It is not blocked while the engine holds signals back (the trap's mask, the lock of the records),
 * since the kernel kills for a blocked one. */
#include "call/bus.h"

#include "call/hook_signal.h"
#include "own/own.h"
#include "sys/guest.h"

#include <asm/sigcontext.h>
#include <asm/siginfo.h>

#define SIGSYS_BIT (1UL << 30)
#define KILL_AND_STOP (1UL << 8 | 1UL << 18) /* SIGKILL, SIGSTOP: cannot be blocked */
#define SET_SIZE 8u			     /* sizeof(sigset_t) of the kernel */
#define SIG_SETMASK_ 2
#define SA_SIGINFO_ 0x4u
#define SA_RESTORER_ 0x04000000u
#define SA_ONSTACK_ 0x08000000u
#define SA_RESTART_ 0x10000000u
#define BUS_MCEERR_AO_ 5 /* asm-generic/siginfo.h: told of, not met */

struct frame { /* struct ucontext, asm/ucontext.h */
	uint64_t flags;
	void *link;
	struct fj_altstack stack;
	struct sigcontext_64 regs;
	uint64_t mask;
};
_Static_assert(offsetof(struct frame, mask) == FJ_UCONTEXT_MASK, "struct ucontext of the kernel");

static bool is_ours;
static struct fj_sigaction action_of_program;

static long set_action(const struct fj_sigaction *new, struct fj_sigaction *old)
{
	return fj_sys4(__NR_rt_sigaction, FJ_SIGBUS, new, old, SET_SIZE);
}

/* Is it the engine that holds all others back? They are let in when it is done. */
static bool is_held_back(const struct frame *f)
{
	return (f->mask | KILL_AND_STOP) == ~FJ_SIGBUS_BIT;
}

static void handle(int number, siginfo_t *info, struct frame *f)
{
	const bool is_sent = info->si_code <= 0 || info->si_code == BUS_MCEERR_AO_;

	if (!is_sent && fj_own_lose((uintptr_t)info->si_addr))
		return;
	is_ours = false;
	set_action(&action_of_program, NULL);
	if (!is_sent)
		return;
	fj_sys4(__NR_rt_tgsigqueueinfo, fj_sys0(__NR_getpid), fj_sys0(__NR_gettid), number, info);
	if (is_held_back(f))
		f->mask |= FJ_SIGBUS_BIT;
}

/* A call that is to be restarted after the program's handler must be so after ours. */
static struct fj_sigaction our_action(void)
{
	return (struct fj_sigaction){
		.handler = (uint64_t)handle,
		.flags = SA_SIGINFO_ | SA_ONSTACK_ | SA_RESTORER_ |
			 (action_of_program.flags & SA_RESTART_),
		.restorer = fj_jail->gate + (uint64_t)(fj_gate_sigreturn - fj_gate_begin),
	};
}

void fj_bus_arm(void)
{
	const struct fj_sigaction ours = our_action();
	struct fj_sigaction old;

	if (set_action(&ours, &old))
		return;
	is_ours = old.handler != FJ_IGNORE;
	if (is_ours)
		action_of_program = old;
	else
		set_action(&old, NULL);
}

void fj_bus_let_in(void)
{
	const uint64_t all_others = ~FJ_SIGBUS_BIT;

	if (is_ours)
		fj_sys4(__NR_rt_sigprocmask, SIG_SETMASK_, &all_others, 0, SET_SIZE);
}

bool fj_bus_is_caught(void)
{
	return !is_ours || action_of_program.handler > FJ_IGNORE;
}

long fj_bus_action(struct fj_call *c)
{
	struct fj_sigaction new, old = action_of_program;
	long r = 0;

	if (c->arg[1]) {
		if (fj_guest_read(&new, c->arg[1], sizeof(new)))
			return -EFAULT;
		if (fj_jail->has_trap)
			new.mask &= ~SIGSYS_BIT;
	}
	/* A vfork(2) child has this memory, but dispositions of its own. */
	if (!is_ours || (c->arg[1] && fj_is_borrowed_memory())) {
		r = set_action(c->arg[1] ? &new : NULL, is_ours ? NULL : &old);
	} else if (c->arg[1] && new.handler == FJ_IGNORE) {
		is_ours = false;
		r = set_action(&new, NULL);
	} else if (c->arg[1]) {
		const bool restarts = (new.flags ^ old.flags) & SA_RESTART_;

		action_of_program = new;
		if (restarts) {
			const struct fj_sigaction ours = our_action();

			set_action(&ours, NULL);
		}
	}
	return r < 0 ? r : c->arg[2] && fj_guest_write(c->arg[2], &old, sizeof(old)) ? -EFAULT : 0;
}
