/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * flow.h - where instructions begin, as far as jumps and calls tell. Called by certain.c. */
#ifndef FJ_DOOR_FLOW_H
#define FJ_DOOR_FLOW_H

#include <stdbool.h>
#include <stdint.h>

#define FJ_FLOW_PENDING 8192u /* so many starts can wait to be followed; more stay unknown */

struct fj_flow {
	const uint8_t *code;
	uint64_t len;
	uint8_t *seen; /* one bit per byte of `code`: an instruction begins here */
	uint32_t *pending, pending_count;
};

/* Start with nothing known about `code`. `work` is FJ_FLOW_WORK(len) bytes of zeros. */
void fj_flow_begin(struct fj_flow *f, const uint8_t *code, uint64_t len, void *work);
#define FJ_FLOW_WORK(len) (FJ_FLOW_PENDING * 4 + (len) / 8 + 1)

/* Follow the instructions of the function that begins at `from` and ends before `end`, and all jumps whose
 * target is an operand. `with_calls`: functions that it calls are followed too, and have no known end. In
 * all, each byte is decoded at most once. */
void fj_flow_follow(struct fj_flow *f, uint64_t from, uint64_t end, bool with_calls);

/* Is it known that an instruction begins at `at`? */
bool fj_flow_is_begun(const struct fj_flow *f, uint64_t at);

/* Are the bytes from `from` to `to` exactly a sequence of known instructions? */
bool fj_flow_is_whole(const struct fj_flow *f, uint64_t from, uint64_t to);

#endif
