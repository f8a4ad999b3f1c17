/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * tracees.h - what a tracer inside the jail sees of its tracees. For hook_ptrace.c. */
#ifndef FJ_TRACEES_H
#define FJ_TRACEES_H

#include <stdbool.h>
#include <stdint.h>

/* Has the calling process had a tracee? */
bool fj_tracee_is_any(void);

/* Does the tracer wait for the event of an exec of `tid` (PTRACE_O_TRACEEXEC)? The first function notes
 * this, the second asks for it. */
void fj_tracee_tell_of_exec(int32_t tid, bool is);
bool fj_tracee_is_told_of_exec(int32_t tid);

/* The tracer is about to let `tid` go on, by this request of ptrace(2). */
void fj_tracee_resumed(int32_t tid, long request);
/* The tracer is about to detach from `tid`. */
void fj_tracee_released(int32_t tid);

/* `tid` has stopped or ended, as `status` of wait(2) says. Returns whether this concerns only
 * the engine, and not the program: then `tid` runs again, and the tracer is to wait again. */
bool fj_tracee_is_hidden(int32_t tid, int status);
/* A stop of `tid` was shown to a wait with WNOWAIT: the next wait shows the same stop. */
void fj_tracee_looked_at(int32_t tid);

/* The offset of the address `ip` in the gate page, which has one of two addresses (sys/gate.h).
 * FJ_PAGE: `ip` is not on that page. */
uint64_t fj_tracee_on_gate(uint64_t ip);

/* tracee_held.c: a signal of a tracee that is held back, until the call ends that is being made. */
struct fj_tracee_held {
	bool is;
	uint64_t mask, nr; /* of the tracee, and of its call */
};
/* `tid` has stopped at a signal. If it is about to make a call on the gate page that the trap's handler
 * left to it, hold the signal back. Returns whether it is so: the tracee is to be let go on with the same
 * signal. */
bool fj_tracee_hold(int32_t tid, int sig, struct fj_tracee_held *held);
/* `tid` has stopped. Let the signal in again, if there is one. */
void fj_tracee_let_go(int32_t tid, struct fj_tracee_held *held);

/* tracee_changes.c: the tracer is about to change registers of `tid`, by this request of ptrace(2)
 * with these arguments. Returns 0, or -EPERM: it would change the arguments of a call that the engine
 * makes. */
long fj_tracee_changes(int32_t tid, long request, uint64_t addr, uint64_t data);

#endif
