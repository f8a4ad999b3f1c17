/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * dispatch.h - the one entry of the engine, and the trace of the calls that it has made. For the doors, and for rooms that
 * make a call of the table themselves. */
#ifndef FJ_DISPATCH_H
#define FJ_DISPATCH_H

#include "sys/sys.h"

#include <stdint.h>

struct fj_call;

/* Runs a call. Returns the kernel's result. */
long fj_call(struct fj_call *c);
/* The same, when `row` is already set to the row of the number, or NULL. */
long fj_call_row(struct fj_call *c);

/* Writes one finished call to the trace, if the jail has one. */
void fj_trace(const struct fj_call *c, const uint64_t arg[FJ_ARGS], long result);

#endif
