/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * record.h - what the direct door keeps on the program's stack, below its red zone, while a call is
 * in the engine. */
#ifndef FJ_DOOR_RECORD_H
#define FJ_DOOR_RECORD_H

#include "call/call.h"

#include <stddef.h>
#include <stdint.h>

struct fj_thread;

enum fj_door_deferred { /* what remains to be done on the program's stack: entry.S */
	FJ_DOOR_DONE,
	FJ_DOOR_CALL,	 /* a call, with the arguments in `deferred_arg` */
	FJ_DOOR_TO_TRAP, /* the program's own call, where the filter traps it */
	FJ_DOOR_AGAIN,	 /* the same, at the syscall instruction of the site */
	FJ_DOOR_SIGNALS, /* signals that were sent to us are to be let in: signals.c */
};

struct fj_door_record { /* entry.S knows the offsets */
	uint64_t nr, arg[FJ_ARGS];
	uint64_t back, kept[2];
	union {
		uint64_t deferred_arg[FJ_ARGS];
		struct { /* FJ_DOOR_SIGNALS */
			uint64_t is_to_be_made_anew, result;
		};
	};
	uint64_t what_is_deferred, flags;
	uint64_t deferred_data[6]; /* FJ_DOOR_SIGNALS: the mask to go on with */
	uint64_t others[4]; /* rbp, r13, r14, r15: for who looks for addresses (handlers.c) */
};
_Static_assert(offsetof(struct fj_door_record, deferred_arg) == 80 &&
		       offsetof(struct fj_door_record, result) == 88 &&
		       offsetof(struct fj_door_record, what_is_deferred) == 128 &&
		       offsetof(struct fj_door_record, deferred_data) == 144 &&
		       offsetof(struct fj_door_record, others) == 192 &&
		       sizeof(struct fj_door_record) <= 224,
	"entry.S");
#define FJ_DOOR_ROOM (128 + 224) /* red zone and record */

/* signals.c: nothing of the engine is under way. Signals that waited for that are sent again, and
 * the record says how to let them in. The result that entry.S goes on with. */
long fj_door_signals(struct fj_door_record *record, struct fj_thread *t, long r);
/* Take over what came before the area was known. */
void fj_door_signals_take(struct fj_thread *t);
extern uint32_t fj_door_signals_early;
/* The entry of our handler: entry.S. */
extern const char fj_door_signal[];

#endif
