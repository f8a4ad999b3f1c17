/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * handlers.c - the program's signal handlers are entered by way of ours (door/handlers.c): which
 * they are. */
#include "call/handlers.h"

#include "call/faults.h"
#include "sys/guest.h"

#define SIGNALS 64 /* _NSIG of asm/signal.h */
#define SIGSET_SIZE 8

uint64_t fj_handlers_entry;

/* What the program asked for, where the kernel has fj_handlers_entry. A vfork(2) child shares this
 * memory and has actions of its own: its handlers are left to the kernel. */
static uint64_t handler_of[SIGNALS + 1];

uint64_t fj_handler_of(int sig)
{
	return __atomic_load_n(&handler_of[sig], __ATOMIC_ACQUIRE);
}

long fj_handler_action(struct fj_call *c)
{
	const uint64_t sig = (uint32_t)c->arg[0], entry = fj_handlers_entry;
	const bool sets = c->arg[1];
	struct fj_sigaction new = {0}, old = {0};
	uint64_t before, asked;
	bool had;
	long r;

	if (sets && fj_guest_read(&new, c->arg[1], sizeof(new)))
		return -EFAULT;
	if (!sig || sig > SIGNALS)
		return -EINVAL;
	asked = new.mask;
	had = fj_action_has_sigsys((int)sig);
	if (fj_jail->has_trap) {
		new.mask &= ~FJ_SIGSYS_BIT;
		fj_faults_mask(new.mask);
	}
	before = fj_handler_of((int)sig);
	if (sets && entry && new.handler > FJ_IGNORE && !fj_is_borrowed_memory()) {
		/* before the kernel knows: it may come at once */
		__atomic_store_n(&handler_of[sig], new.handler, __ATOMIC_RELEASE);
		new.handler = entry;
	}
	r = fj_sys4(__NR_rt_sigaction, sig, sets ? &new : NULL, &old, SIGSET_SIZE);
	if (r >= 0 && sets && fj_jail->has_trap)
		fj_action_keep_sigsys((int)sig, asked);
	if (r < 0 || !c->arg[2])
		return r;
	if (old.handler == entry && entry)
		old.handler = before;
	if (had)
		old.mask |= FJ_SIGSYS_BIT;
	return fj_guest_write(c->arg[2], &old, sizeof(old)) ? -EFAULT : 0;
}
