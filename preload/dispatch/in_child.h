/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * in_child.h - calls that find no descriptor free. */
#ifndef FJ_IN_CHILD_H
#define FJ_IN_CHILD_H

#include <stdint.h>

struct fj_call; /* call/call.h */

/* `run` was called for `c`, with the six arguments `arg`, and has returned -EMFILE: the engine found no
 * descriptor free for its own lookups. `c` is as it was before. Calls `run` again where some are free.
 * Returns what the call returns, or -EMFILE. */
long fj_call_in_child(struct fj_call *c, long (*run)(struct fj_call *c), const uint64_t *arg);
#endif
