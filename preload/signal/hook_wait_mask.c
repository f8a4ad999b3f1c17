/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hook_wait_mask.c - the hooks of calls that wait with a signal mask of their own: rt_sigsuspend,
 * ppoll, epoll_pwait and the like, and pselect6. The kernel gets the mask without SIGSYS, which the
 * trap needs; the program's mask is kept with the call. Called through the table. */
#include "call/call.h"
#include "call/hooks.h"
#include "call/row.h"
#include "guest/guest.h"
#include "jail/jail.h"
#include "signal/faults.h"
#include "signal/hook_signal.h"
#include "signal/interrupted.h"
#include "signal/signalfd.h"
#include "signal/stand_in.h"
#include "signal/waiting.h"
#include "sys/abi_signal.h"

#include <asm/unistd.h>

/* The mask for the kernel, for a call that waits with the program's `mask`. */
static uint64_t mask_of_wait(struct fj_call *c, uint64_t mask)
{
	const bool lets_in = !(mask & FJ_SIGSYS_BIT);

	c->deferred_data[FJ_DEFERRED_MASK] = mask & ~FJ_KILL_AND_STOP;
	c->deferred_data[FJ_DEFERRED_HAS_MASK] = 1;
	fj_sigsys_wait(c->thread, lets_in);
	if (lets_in && c->mask && fj_sigsys_is_ignored())
		fj_stand_in_drop(c->thread); /* the stand-in signal would come, and be ignored */
	return (mask & ~FJ_SIGSYS_BIT) |
	       (!lets_in && fj_sigsys_was_pending() ? FJ_STAND_IN_BIT : 0);
}

/* Makes argument `i` point to a copy of the mask, and leaves the engine. The call must be made with
 * the program's own mask, and the kernel reads the set again when it restarts the call: so the copy
 * lies on the program's stack. */
static long leave_with_mask(struct fj_call *c, int i)
{
	if (fj_guest_read(&c->deferred_data[0], c->arg[i], FJ_SIGSET_SIZE))
		return -EFAULT;
	c->deferred_data[0] = mask_of_wait(c, c->deferred_data[0]);
	fj_faults_mask(c->deferred_data[0]);
	c->arg[i] = (uint64_t)&c->deferred_data[0];
	if (!c->frame)
		return fj_kernel(c);
	c->is_deferred = true;
	return 0;
}

long fj_hook_sigwait(struct fj_call *c)
{
	/* The mask is the last pointer of the row, and its size follows. */
	int i = FJ_ARGS - 1;
	long r;

	while (i > 0 && !(c->row->kind[i] == FJ_SIZE && c->row->kind[i - 1] == FJ_PTR))
		i--;
	if (!fj_jail->has_trap) /* trapped for its descriptor only */
		return fj_kernel_waiting(c, c->nr, c->arg, -1);
	if (i > 0 && !c->arg[i - 1]) /* trapped for another reason */
		return fj_signalfd_read(c);
	if (i < 1 || c->arg[i] != FJ_SIGSET_SIZE)
		return fj_kernel(c);
	r = leave_with_mask(c, i - 1);
	/* A SIGSYS that is held back comes before all other signals, as without the engine. It is sure to
	 * come, because rt_sigsuspend cannot fail in another way. The deferred call does not trap, so
	 * SIGSYS may be blocked until then. */
	if (!r && c->nr == __NR_rt_sigsuspend && c->mask &&
		fj_interrupted(c->thread)->lets_sigsys_in && fj_stand_in_waits(c->thread)) {
		fj_stand_in_send(c->thread);
		*c->mask |= FJ_SIGSYS_BIT;
	}
	return r;
}

/* pselect6(2): the sixth argument points to { pointer to the set, its size }. */
long fj_hook_pselect(struct fj_call *c)
{
	struct {
		uint64_t set, size;
	} pair;

	if (fj_guest_read(&pair, c->arg[5], sizeof(pair)))
		return -EFAULT;
	if (!pair.set || pair.size != FJ_SIGSET_SIZE)
		c->arg[5] = (uint64_t)&pair; /* another thread may change the program's */
	if (!pair.set)
		return fj_signalfd_read(c);
	if (pair.size != FJ_SIGSET_SIZE)
		return fj_kernel(c);
	if (fj_guest_read(&c->deferred_data[2], pair.set, FJ_SIGSET_SIZE))
		return -EFAULT;
	c->deferred_data[2] = mask_of_wait(c, c->deferred_data[2]);
	fj_faults_mask(c->deferred_data[2]);
	c->deferred_data[0] = (uint64_t)&c->deferred_data[2];
	c->deferred_data[1] = FJ_SIGSET_SIZE;
	c->arg[5] = (uint64_t)&c->deferred_data[0];
	if (!c->frame)
		return fj_kernel(c);
	c->is_deferred = true;
	return 0;
}
