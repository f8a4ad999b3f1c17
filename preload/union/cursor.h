/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * cursor.h - positions in the listing of a merged directory. Only for list.c.
 *
 * A position is the number of a layer, and the place in that layer's own listing (d_off). This is usually a
 * small number. ext4 has hashes of 63 bits there. Of those the last 21 bits are dropped, and the listing
 * continues at the first name whose hash is not below the rest. Names whose hashes differ only in these
 * bits could be shown twice: one pair among 2^42.
 *
 * A position here differs from all small positions of the kernel's own listings. A large one has a check
 * sum, which one among 2^14 of the kernel's has by chance. So an open file tells who has listed it last,
 * whichever process has it. */
#ifndef FJ_UNION_CURSOR_H
#define FJ_UNION_CURSOR_H

#include "union/union.h"

#include <stdbool.h>
#include <stdint.h>

#define SMALL_BITS 37 /* with 7 bits for the layer this is below 2^44, the limit of ext2 */
#define LARGE (1UL << 62)
#define LARGE_BITS 42
#define LEFT_OUT 21 /* bits */
#define CHECK_BITS 14

/* The check sum of a large position; `rest` is the position without it. */
static inline uint64_t check_sum(uint64_t rest)
{
	return rest * FJ_HASH_SEED >> (64 - CHECK_BITS);
}

static inline uint64_t cursor_of(uint32_t number, uint64_t offset)
{
	if (offset >> SMALL_BITS) {
		const uint64_t rest = (uint64_t)number << LARGE_BITS | offset << 1 >> 1 >> LEFT_OUT;

		return LARGE | rest << CHECK_BITS | check_sum(rest);
	}
	return (uint64_t)(number + 1) << SMALL_BITS | offset;
}

static inline uint64_t large_rest(uint64_t cursor)
{
	return (cursor & ~LARGE) >> CHECK_BITS;
}

static inline uint32_t number_of(uint64_t cursor)
{
	return (uint32_t)(cursor & LARGE ? large_rest(cursor) >> LARGE_BITS :
					   (cursor >> SMALL_BITS) - 1);
}

static inline uint64_t offset_of(uint64_t cursor)
{
	return cursor & LARGE ? (large_rest(cursor) & ((1UL << LARGE_BITS) - 1)) << LEFT_OUT :
				cursor & ((1UL << SMALL_BITS) - 1);
}

/* Is the offset a position in a merged listing? */
static inline bool is_cursor(const struct fj_union_layers *l, uint64_t at)
{
	const bool is_whole =
		at & LARGE ? offset_of(at) && /* else it would be a small one */
				     (at & ((1UL << CHECK_BITS) - 1)) == check_sum(large_rest(at)) :
			     at >> SMALL_BITS;

	return is_whole && number_of(at) <= l->layer[0].number;
}

#endif
