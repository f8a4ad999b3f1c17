/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * call.h - one system call in the engine.
 *
 * A door fills struct fj_call and calls fj_call() (dispatch/dispatch.h), which finds the call's row in calls.def and runs
 * the row's hook. A hook wraps the kernel's call: it gets its arguments by kind, and calls the
 * kernel when it wants to. Everything is async-signal-safe and runs on an engine stack. */
#ifndef FJ_CALL_H
#define FJ_CALL_H

#include <linux/errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FJ_ARGS 6 /* arguments of a system call */

struct fj_call;

struct fj_altstack; /* signal/hook_signal.h */

struct fj_call {
	long nr;
	uint64_t arg[FJ_ARGS];
	const struct fj_row *row;
	struct fj_thread *thread;
	size_t path_len; /* length of the path that fj_arg_path() returned last */

	/* From the trap: the program's signal mask and signal stack after the call, its stack
	 * pointer and instruction pointer, and the whole signal frame. NULL and 0 from the direct
	 * door: then the hook makes the call itself. */
	uint64_t *mask;
	struct fj_altstack *altstack;
	uint64_t sp, ip;
	void *frame;

	/* Set by a hook: leave the engine, and make the call `nr`(`arg`) with the program's own
	 * signal mask. The door keeps `deferred_data` until the call ends, and corrects arguments
	 * that point into it. */
	bool is_deferred;
	bool leaves_by_sigreturn; /* set by the hook of rt_sigreturn(2): leave the engine by that
				     call, with the program's own stack pointer */
	bool only_walks;	  /* fj_translate() is making the call again, without facts */
	bool holds_signals;	  /* fj_hold_signals(); always set where `mask` is NULL */
	/* With the result -EINTR: a signal has interrupted a copy-up, and its handler has SA_RESTART. So
	 * when the handler has run, the door makes the call from its beginning (union/copy_data.c). */
	bool begins_again;
	uint64_t held_mask;
	uint64_t deferred_data[6];
	/* Indexes in deferred_data: the mask that a call waits with, as the program gave it; and
	 * whether there is one. */
#define FJ_DEFERRED_MASK 3
#define FJ_DEFERRED_HAS_MASK 4
};

/* Makes the system call in the kernel, with the arguments as they are. Returns the kernel's result. */
long fj_kernel(const struct fj_call *c);
#endif
