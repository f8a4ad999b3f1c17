/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * flow.h - where instructions begin, as far as it is known from where they are reached. */
#ifndef FJ_DOOR_FLOW_H
#define FJ_DOOR_FLOW_H

#include <stdbool.h>
#include <stdint.h>

#define FJ_FLOW_PENDING 8192u

struct fj_flow {
	const uint8_t *code;
	uint64_t len;
	uint8_t *seen; /* a bit for each byte of `code`: an instruction begins here */
	uint32_t *pending, pending_count;
};

/* Nothing is known yet of `code`. `work` is FJ_FLOW_WORK(len) zeros. */
void fj_flow_begin(struct fj_flow *f, const uint8_t *code, uint64_t len, void *work);
#define FJ_FLOW_WORK(len) (FJ_FLOW_PENDING * 4 + (len) / 8 + 1)

/* A function begins at `from` and ends before `end`: follow it from there, by all jumps whose
 * target stands in them. with_calls: what it calls are functions too, and end anywhere. Takes no
 * longer than to decode each byte once, in all. */
void fj_flow_follow(struct fj_flow *f, uint64_t from, uint64_t end, bool with_calls);

/* Is it known that an instruction begins at `at`? */
bool fj_flow_is_begun(const struct fj_flow *f, uint64_t at);

/* Are those from `from` up to `to` whole instructions, all of them known, and no others among them?
 */
bool fj_flow_is_whole(const struct fj_flow *f, uint64_t from, uint64_t to);

#endif
