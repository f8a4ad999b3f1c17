/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * handler_masks.c - which signals are blocked while a handler of the program runs, and which mask the
 * program is told was set before. Called by handlers.c. */
#include "call/call.h"
#include "door/handlers.h"
#include "door/record.h"
#include "jail/jail.h"
#include "signal/deferred_call.h"
#include "signal/handlers.h"
#include "sys/abi_signal.h"
#include "sys/gate_code.h"
#include "sys/thread.h"

#include <asm/unistd.h>
#include <linux/errno.h>

extern const char fj_door_deferred_made[];

/* The mask that the program had set when the signal came. If the signal interrupted a call that waits with
 * a mask of its own (ppoll(2), for example), this is the mask from before that call. */
static uint64_t mask_when_it_came(const struct fj_frame *f, uint64_t before)
{
	const char *at = fj_gate_begin + (f->regs.ip - fj_gate_address());
	struct fj_door_record *record = (struct fj_door_record *)f->regs.bx;
	struct fj_deferred_call *deferred = (struct fj_deferred_call *)f->regs.sp;
	uint64_t *data;
	uint64_t nr;

	if (f->regs.ax != (uint64_t)-EINTR)
		return before;
	if (at == fj_gate_deferred_made) {
		nr = deferred->nr;
		data = deferred->data;
	} else if (at == fj_gate_made &&
		   *(const uint64_t *)f->regs.sp == (uint64_t)fj_door_deferred_made) {
		nr = record->nr;
		data = record->deferred_data;
	} else {
		return before;
	}
	if (nr != __NR_rt_sigsuspend && nr != __NR_ppoll && nr != __NR_pselect6 &&
		nr != __NR_epoll_pwait && nr != __NR_epoll_pwait2)
		return before;
	if (data[FJ_DEFERRED_HAS_MASK])
		before = data[FJ_DEFERRED_MASK];
	data[FJ_DEFERRED_HAS_MASK] = 0; /* the call is over: later signals come after it */
	return before;
}

uint64_t fj_handler_masks(
	int sig, const struct fj_frame *f, struct fj_thread *owner, struct fj_frame *context)
{
	const bool asks = fj_action_has_sigsys(sig) || (fj_handler_mask(sig) & FJ_SIGSYS_BIT);
	uint64_t before = f->mask;

	if (!fj_jail->has_trap)
		return before | fj_handler_mask(sig);
	if (!owner && asks)
		owner = fj_thread_mine();
	if (owner)
		before = fj_mask_shown(owner, before);
	context->mask = before;
	context->flags |= FJ_UCONTEXT_SHOWN;
	before = mask_when_it_came(f, before) | fj_handler_mask(sig) | (asks ? FJ_SIGSYS_BIT : 0);
	return owner ? fj_mask_block(owner, before) : before;
}
