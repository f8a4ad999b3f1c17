/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * dispatch.h - the one entry of the engine, and the trace of the calls that it has made. For the doors, and for rooms that
 * make a call of the table themselves. */
#ifndef FJ_DISPATCH_H
#define FJ_DISPATCH_H

#include <stdint.h>

struct fj_call;

/* Runs a call, of which the number, the arguments, the thread and what the door knows are set (call/call.h). Returns
 * the kernel's result, -errno for an error; -ENOSYS for a number without a row. If c->is_deferred is set afterwards,
 * the caller must make the call. Async-signal-safe; runs on an engine stack. */
long fj_call(struct fj_call *c);
/* Like fj_call(), but c->row is already set to the row of the number, or NULL. */
long fj_call_row(struct fj_call *c);

/* Writes one finished call to the trace, with the six arguments `arg` as the program gave them. Call it only if
 * the jail has a trace. */
void fj_trace(const struct fj_call *c, const uint64_t *arg, long result);

#endif
