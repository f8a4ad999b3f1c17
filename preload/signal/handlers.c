/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * handlers.c - the program's signal handlers, which are entered through a handler of the engine
 * (door/handlers.c): keeps them. Called by hook_signal.c, faults.c and door/. */
#include "signal/handlers.h"

#include "call/call.h"
#include "guest/guest.h"
#include "jail/jail.h"
#include "locking/lock.h"
#include "signal/faults.h"
#include "signal/hook_signal.h"
#include "signal/stand_in.h"
#include "sys/abi_signal.h"
#include "syscall/signal.h"

#define SA_NODEFER_ 0x40000000u

uint64_t fj_handlers_entry;

/* What the program asked for, where the kernel has fj_handlers_entry. A vfork(2) child shares this
 * memory but has actions of its own: its handlers are left to the kernel. */
static uint64_t handler_of[FJ_SIGNALS + 1], mask_of[FJ_SIGNALS + 1];
static uint64_t sigsys_restorer;
/* Handlers that want the program's signal stack, and handlers whose signal is not blocked in them:
 * a bit for each. */
static uint64_t on_stack, not_deferred;

uint64_t fj_handler_of(int sig)
{
	return __atomic_load_n(&handler_of[sig], __ATOMIC_ACQUIRE);
}

bool fj_handler_wants_stack(int sig)
{
	return __atomic_load_n(&on_stack, __ATOMIC_ACQUIRE) >> (sig - 1) & 1;
}

uint64_t fj_handlers_mask(void)
{
	return ~(FJ_KILL_AND_STOP | FJ_SIGBUS_BIT | FJ_SIGSEGV_BIT |
		 (fj_jail->has_trap ? FJ_SIGSYS_BIT : 0));
}

uint64_t fj_handler_asked_mask(int sig)
{
	return __atomic_load_n(&mask_of[sig], __ATOMIC_ACQUIRE);
}

uint64_t fj_handler_mask(int sig)
{
	const uint64_t own = __atomic_load_n(&not_deferred, __ATOMIC_ACQUIRE);

	return fj_handler_asked_mask(sig) | (~own & 1UL << (sig - 1));
}

uint64_t fj_handler_sigsys_restorer(void)
{
	return sigsys_restorer;
}

/* What is not changed is not written: a forked child gets a copy of each page that it writes to. */
static void set_word(uint64_t *word, uint64_t value)
{
	if (__atomic_load_n(word, __ATOMIC_RELAXED) != value)
		__atomic_store_n(word, value, __ATOMIC_RELEASE);
}

static void set_bit(uint64_t *all, int sig, bool is)
{
	const uint64_t bit = 1UL << (sig - 1);

	if (is == !!(__atomic_load_n(all, __ATOMIC_RELAXED) & bit))
		return;
	if (is)
		__atomic_or_fetch(all, bit, __ATOMIC_RELEASE);
	else
		__atomic_and_fetch(all, ~bit, __ATOMIC_RELEASE);
}

void fj_handler_note(int sig, const struct fj_sigaction *action)
{
	if (sig == FJ_SIGSYS)
		sigsys_restorer = action->restorer;
	set_word(&mask_of[sig], action->mask & ~FJ_KILL_AND_STOP);
	set_bit(&on_stack, sig, action->flags & FJ_SA_ONSTACK);
	set_bit(&not_deferred, sig, action->flags & SA_NODEFER_);
	set_word(&handler_of[sig], action->handler);
}

bool fj_action_is_same(const struct fj_sigaction *a, const struct fj_sigaction *b)
{
	return a->handler == b->handler && a->mask == b->mask &&
	       !((a->flags ^ b->flags) & ~(uint64_t)FJ_SA_RESTORER) &&
	       (a->handler <= FJ_IGNORE || a->restorer == b->restorer);
}

long fj_handler_action(struct fj_call *c)
{
	const uint64_t sig = (uint32_t)c->arg[0], entry = fj_handlers_entry;
	const bool sets = c->arg[1];
	struct fj_sigaction new = {0}, old = {0};
	uint64_t before, mask_before, asked;
	bool had;
	long r;

	if (sets && fj_guest_read(&new, c->arg[1], sizeof(new)))
		return -EFAULT;
	if (!sig || sig > FJ_SIGNALS)
		return -EINVAL;
	fj_lock_saw_handler(new.handler > FJ_IGNORE);
	asked = new.mask;
	had = fj_action_has_sigsys((int)sig);
	if (fj_jail->has_trap) {
		new.mask &= ~FJ_SIGSYS_BIT;
		fj_faults_mask(new.mask);
	}
	before = fj_handler_of((int)sig);
	mask_before = fj_handler_asked_mask((int)sig);
	if (sets && entry && new.handler > FJ_IGNORE && !fj_actions_are_copied()) {
		/* before the kernel has it: the signal may come at once */
		fj_handler_note((int)sig, &new);
		new.handler = entry;
		new.mask = fj_handlers_mask();
	}
	r = fj_sys_rt_sigaction(sig, sets ? &new : NULL, &old, FJ_SIGSET_SIZE);
	if (r >= 0 && sets && fj_jail->has_trap)
		fj_action_keep_sigsys((int)sig, asked);
	if (r >= 0 && sets && fj_sigsys_was_pending() && sig == FJ_STAND_IN &&
		new.handler == FJ_DEFAULT)
		fj_stand_in_arm();
	if (r < 0 || !c->arg[2])
		return r;
	if (sig == FJ_STAND_IN && fj_stand_in_entry && old.handler == fj_stand_in_entry)
		old = (struct fj_sigaction){.handler = FJ_DEFAULT};
	if (old.handler == entry && entry)
		old.handler = before;
	if (old.mask == fj_handlers_mask()) /* also when the kernel has reset it */
		old.mask = mask_before;
	if (had)
		old.mask |= FJ_SIGSYS_BIT;
	return fj_guest_write(c->arg[2], &old, sizeof(old)) ? -EFAULT : 0;
}
