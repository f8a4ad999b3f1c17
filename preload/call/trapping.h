/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * trapping.h - parts of seccomp filters: the test whether the engine itself makes a call; and
 * filters for calls that are trapped from some moment on. For trap/ and seccomp/, and for rooms that
 * begin to trap calls. */
#ifndef FJ_TRAPPING_H
#define FJ_TRAPPING_H

#include "sys/process.h"

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Writes instructions that allow a call from the gate page; for other calls they go on behind the
 * test. */
#define FJ_GATE_TEST 7
void fj_gate_test(struct sock_filter f[FJ_GATE_TEST]);

/* From now on the `count` calls `nr` (at most FJ_TRAPPING_MAX) trap where the jail's first filter
 * let them pass: TRAP is stronger than ALLOW and ERRNO, seccomp(2). Returns 0 when all threads of
 * the process have the filter; a positive number when a thread has filters of its own, and then
 * only the calling thread has it; or -errno. FJ_TRAPPING_MAX is room for the longest list:
 * fj_id_calls of identity/hook_id.c. */
#define FJ_TRAPPING_MAX 40u
long fj_trap_calls(const uint16_t *nr, size_t count);

/* Which groups of calls fj_trap_calls() has made trap in all threads of the process. Children inherit
 * filters, and an exec keeps them. So children inherit these notes, and an exec keeps them, too. */
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
/* Notes in member `which` that its group of calls traps. Without memory for the note the calls are
 * made to trap once more later, which only costs time. */
#define fj_trapped_note(which)                                                                     \
	do {                                                                                       \
		struct fj_trapped *trapped_ =                                                      \
			fj_process_to_change(fj_trapped, FJ_TRAPPED_AT, FJ_SHARED_BY_NONE);        \
		if (trapped_)                                                                      \
			trapped_->which = 1;                                                       \
	} while (0)

#endif
