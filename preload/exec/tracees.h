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

/* The offset of the address `ip` in the gate page, which has one of two addresses (sys/gate.h).
 * FJ_PAGE: `ip` is not on that page. */
uint64_t fj_tracee_on_gate(uint64_t ip);

/* tracee_changes.c: the tracer is about to change registers of `tid`, by this request of ptrace(2)
 * with these arguments. Returns 0, or -EPERM: it would change the arguments of a call that the engine
 * makes. */
long fj_tracee_changes(int32_t tid, long request, uint64_t addr, uint64_t data);

#endif
