/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * call.h - the engine's one entry: a system call in, a kernel result out.
 *
 * A door fills struct fj_call and calls fj_call(), which looks up the call's row in calls.def and
 * runs the row's hook. A hook is an "around": it asks for arguments by kind, calls the kernel when
 * it wants to, and reads top to bottom. Everything is async-signal-safe and runs on a stack of
 * ours. */
#ifndef FJ_CALL_H
#define FJ_CALL_H

#include "sys/sys.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fj_call;

struct fj_altstack; /* signal/hook_signal.h */

struct fj_call {
	long nr;
	uint64_t arg[FJ_ARGS];
	const struct fj_row *row;
	struct fj_thread *thread;
	size_t path_len; /* of the path that fj_arg_path() returned last */

	/* From the trap: the program's signal mask and signal stack as they will be when it goes
	 * on, its stack and instruction pointers, and the whole frame. NULL, 0: the direct door,
	 * where the call itself is to be made. */
	uint64_t *mask;
	struct fj_altstack *altstack;
	uint64_t sp, ip;
	void *frame;

	/* Set by a hook: leave the engine, and make the call `nr`(`arg`) with the program's own
	 * signal mask. The door stores `deferred_data` where it lives until the call ends; arguments
	 * that point at it are relocated. */
	bool is_deferred;
	bool leaves_by_sigreturn; /* the same for rt_sigreturn(2), with the program's own stack
				     pointer */
	uint64_t deferred_data[6];
	/* There: the mask that a call waits with, as the program said it; and whether it is so. */
#define FJ_DEFERRED_MASK 3
#define FJ_DEFERRED_HAS_MASK 4
};

/* In the upper half of clone(2)'s flags, at which the kernel does not look: we have seen it. */
#define FJ_CLONE_SEEN 0x40000000u

/* Run a call. Returns the kernel's result. */
long fj_call(struct fj_call *c);
/* The same when `row` is that of the number, or NULL. */
long fj_call_row(struct fj_call *c);

/* Call the kernel with the arguments as they stand. */
static inline long fj_kernel(const struct fj_call *c)
{
	return fj_sys6(c->nr, c->arg[0], c->arg[1], c->arg[2], c->arg[3], c->arg[4], c->arg[5]);
}
/* The same for a call that may wait: signals of the program are let in meanwhile. `held_fd`: a
 * descriptor to be closed if a handler never comes back, or -1. */
long fj_kernel_waiting(struct fj_call *c, long nr, const uint64_t arg[FJ_ARGS], int held_fd);

/* What that returns when nothing was done and the program is to make its call anew, once a signal
 * has been delivered to it: signal/libc_signals.h. No errno; the kernel's ERESTARTSYS. */
#define FJ_RESTART 512

/* Trace one finished call, when the jail traces. */
void fj_trace(const struct fj_call *c, const uint64_t arg[FJ_ARGS], long result);

#endif
