/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * in_child.h - calls that find no descriptor free. */
#ifndef FJ_IN_CHILD_H
#define FJ_IN_CHILD_H

#include "sys/sys.h"

#include <stdint.h>

struct fj_call; /* call/call.h */

/* The call was made by `run`, with these arguments, and had no descriptor for its looks: make it
 * where some are free. `c` is as it was before. Returns what the call returns, or -EMFILE. */
long fj_call_in_child(
	struct fj_call *c, long (*run)(struct fj_call *c), const uint64_t arg[FJ_ARGS]);
#endif
