/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * elsewhere.h - calls that find no descriptor free. */
#ifndef FJ_DISPATCH_ELSEWHERE_H
#define FJ_DISPATCH_ELSEWHERE_H

#include "call/call.h"

/* The call was made by `run`, with these arguments, and had no descriptor for its looks: make it
 * where some are free. `c` is as it was before. Returns what the call returns, or -EMFILE. */
long fj_call_elsewhere(
	struct fj_call *c, long (*run)(struct fj_call *c), const uint64_t arg[FJ_ARGS]);
#endif
