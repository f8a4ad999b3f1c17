/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hook_ptrace.h - tracing of processes inside the jail, and exec. For hook_exec.c, dispatch/ and
 * others. */
#ifndef FJ_HOOK_PTRACE_H
#define FJ_HOOK_PTRACE_H

#include <stdbool.h>
#include <stdint.h>

struct fj_call;

/* The process id of a child in its parent's memory that wants to be traced. */
#define FJ_TRACEME_AT 0x150u
struct fj_traceme {
	int32_t wanted_by;
};

/* Call right before execve(2). */
void fj_trace_before_exec(struct fj_call *c);
/* Call when execve(2) has failed; `mask` is the signal mask that the program had before. */
void fj_trace_after_failed_exec(struct fj_call *c, uint64_t mask);

/* Is `nr` one of the calls that report a child to its tracer? They are trapped once the tracer has
 * asked to be told of an exec. fj_trace_wait() makes such a call. */
bool fj_trace_waits(long nr);
long fj_trace_wait(struct fj_call *c);

#endif
