/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * chosen.h - a kind of calls that matter only to the trap. For door.c and chosen.c. */
#ifndef FJ_CHOSEN_H
#define FJ_CHOSEN_H

#include "call/hooks.h"
#include "call/row.h"

#include <stdbool.h>

/* Is it a call whose hook does nothing but keep SIGSYS out of a signal mask, for the trap's sake? */
static inline bool fj_is_for_the_trap(const struct fj_row *row)
{
	return row->hook == FJ_HOOK_sigprocmask || row->hook == FJ_HOOK_sigwait ||
	       row->hook == FJ_HOOK_pselect ||
	       (row->hook == FJ_HOOK_poll && row->when != FJ_IF_TRACED);
}

#endif
