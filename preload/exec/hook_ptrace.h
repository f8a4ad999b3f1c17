/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hook_ptrace.h - debuggers inside, and exec. */
#ifndef FJ_HOOK_PTRACE_H
#define FJ_HOOK_PTRACE_H

#include "sys/process.h"

#include <stdbool.h>
#include <stdint.h>

struct fj_call;

/* A child in its parent's memory that is to be traced: by its process id. */
#define FJ_TRACEME_AT 0x150u
struct fj_traceme {
	int32_t wanted_by;
};

/* Right before the kernel's execve. */
void fj_trace_before_exec(struct fj_call *c);
/* It came back; `mask` was the program's signal mask before. */
void fj_trace_after_failed_exec(struct fj_call *c, uint64_t mask);

/* Is the call one of those that tell a tracer of its child, and are trapped once it asked to be
 * told of an exec? Make it. */
bool fj_trace_waits(long nr);
long fj_trace_wait(struct fj_call *c);

#endif
