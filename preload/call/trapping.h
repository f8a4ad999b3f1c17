/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * trapping.h - pieces of seccomp filters: the question whether the engine itself makes a call, and
 * calls that are trapped from some moment on. */
#ifndef FJ_TRAPPING_H
#define FJ_TRAPPING_H

#include "sys/process.h"

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Write the instructions that allow a call from the gate page and go on behind them for others. */
#define FJ_GATE_TEST 7
void fj_gate_test(struct sock_filter f[FJ_GATE_TEST]);

/* From now on the `count` calls `nr` (FJ_TRAPPING_MAX at most) trap, wherever the jail's first
 * filter let them pass: TRAP is stronger than ALLOW and ERRNO, seccomp(2). Returns 0 when all
 * threads of the process have it; a positive number when some thread has filters of its own, and
 * then the calling thread alone has; or -errno. */
#define FJ_TRAPPING_MAX 40u
long fj_trap_calls(const uint16_t *nr, size_t count);

/* Which it was done for in all threads of the process. Filters are inherited, and pass through an
 * exec; and so does this. */
#define FJ_TRAPPED_AT 0x60u
struct fj_trapped {
	uint8_t ids;	   /* identity/hook_id.c */
	uint8_t writes;	   /* inode/writes.c; without the trap, too */
	uint8_t signalfds; /* signal/hook_signalfd.c */
	uint8_t waits;	   /* exec/hook_ptrace.c */
};
static inline const struct fj_trapped *fj_trapped(void)
{
	return fj_process_at(FJ_TRAPPED_AT);
}
/* Note it in `which`. (Without memory for it that is done once more, which is only dearer.) */
#define fj_trapped_note(which)                                                                     \
	do {                                                                                       \
		struct fj_trapped *trapped_ =                                                      \
			fj_process_to_change(fj_trapped, FJ_TRAPPED_AT, FJ_SHARED_BY_NONE);        \
		if (trapped_)                                                                      \
			trapped_->which = 1;                                                       \
	} while (0)

#endif
