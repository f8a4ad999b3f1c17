/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * deferred_call.h - what lies on the program's stack while a deferred call is made, after the
 * trap's handler has returned. For the rooms signal, trap and door. */
#ifndef FJ_DEFERRED_CALL_H
#define FJ_DEFERRED_CALL_H

#include "signal/hook_signal.h"
#include "sys/frame.h"

#include <stdint.h>

/* Lies below the program's stack pointer and its red zone. */
struct fj_deferred_call {
	uint64_t back; /* the address to which gate.S returns */
	uint64_t data[6];
	uint64_t nr, arg[6]; /* as the program made the call */
};

#define FJ_DEFERRED_ROOM 240u /* bytes that gate.S drops when it returns, besides `back` */
_Static_assert(FJ_DEFERRED_ROOM >= FJ_RED_ZONE + sizeof(struct fj_deferred_call) - 8,
	"below the red zone");

#endif
