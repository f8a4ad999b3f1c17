/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * tail.h - what lies on the program's stack while a call is made behind the
 * trap's handler. */
#ifndef FJ_TAIL_H
#define FJ_TAIL_H

#include "call/call.h"
#include "signal/hook_signal.h"
#include "sys/frame.h"

/* Below the program's stack pointer and its red zone. */
struct fj_tail {
	uint64_t back; /* where gate.S returns to */
	uint64_t data[6];
	uint64_t nr, arg[FJ_ARGS]; /* as the program made it */
};

#define FJ_TAIL_ROOM 240u /* what gate.S drops when it returns, besides `back` */
_Static_assert(FJ_TAIL_ROOM >= FJ_RED_ZONE + sizeof(struct fj_tail) - 8, "below the red zone");
_Static_assert(sizeof(((struct fj_tail *)0)->data) == sizeof(((struct fj_call *)0)->tail_data),
	"one is copied to the other");

#endif
