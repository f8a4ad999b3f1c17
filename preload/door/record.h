/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * record.h - the record that the direct door keeps on the program's stack, below the red zone, while the
 * engine handles a call. Written by entry.S, read by the C files of this room. */
#ifndef FJ_DOOR_RECORD_H
#define FJ_DOOR_RECORD_H

#include "sys/thread.h"

#include <stddef.h>
#include <stdint.h>

enum fj_door_deferred { /* what entry.S has still to do, on the program's stack */
	FJ_DOOR_DONE,
	FJ_DOOR_CALL,	 /* make a call, with the arguments in `deferred_arg` */
	FJ_DOOR_TO_TRAP, /* make the program's own call, where the filter traps it */
	FJ_DOOR_AGAIN,	 /* make the program's own call at the syscall instruction of the site */
	FJ_DOOR_SIGNALS, /* let in signals that the engine has sent again: signals.c */
};

struct fj_door_record { /* entry.S uses the offsets */
	uint64_t nr, arg[6];
	uint64_t back, kept[2]; /* the address where the program goes on; its rbx and r12 */
	union {
		uint64_t deferred_arg[6];
		struct { /* FJ_DOOR_SIGNALS */
			uint64_t is_to_be_made_anew, result;
		};
	};
	uint64_t what_is_deferred, flags;
	uint64_t deferred_data[6]; /* FJ_DOOR_SIGNALS: the mask to restore */
	uint64_t others[4]; /* rbp, r13, r14, r15: for a collector that scans registers for pointers
			     * (handlers.c) */
};
_Static_assert(offsetof(struct fj_door_record, deferred_arg) == 80 &&
		       offsetof(struct fj_door_record, result) == 88 &&
		       offsetof(struct fj_door_record, what_is_deferred) == 128 &&
		       offsetof(struct fj_door_record, deferred_data) == 144 &&
		       offsetof(struct fj_door_record, others) == 192 &&
		       sizeof(struct fj_door_record) == FJ_THREAD_RECORD,
	"entry.S");
#define FJ_DOOR_ROOM (128 + FJ_THREAD_RECORD) /* red zone and record */

/* signals.c: entry.S calls this when the engine has finished a call and signals of libc were deferred
 * meanwhile. It blocks these signals, sends them again, and notes in the record how entry.S lets them in.
 * `r` is the result of the call. The return value has no meaning: the result is in the record. */
long fj_door_signals(struct fj_door_record *record, struct fj_thread *t, long r);
/* Put the registers that `record` has into `regs`: all that a call of it leaves as they were, but for the instruction
 * pointer and those in `others`. */
struct sigcontext_64;
void fj_door_show_record(const struct fj_door_record *record, struct sigcontext_64 *regs);
/* Move signals that came before the thread area was known to the area `t`. */
void fj_door_signals_take(struct fj_thread *t);
/* How many such signals there are in all threads. */
extern uint32_t fj_door_signals_early;
/* entry.S: the entry of our handler for the signals that libc uses itself. */
extern const char fj_door_signal[];

#endif
