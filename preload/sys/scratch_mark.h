/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * scratch_mark.h - gives back the memory that was taken from sys/scratch.h since a mark. For all rooms. */
#ifndef FJ_SCRATCH_MARK_H
#define FJ_SCRATCH_MARK_H

#include <stdint.h>

struct fj_thread;

#define FJ_SCRATCH_USED_AT 0xf0u /* of `used` of struct fj_scratch; sys/scratch.c asserts it */

static inline uint32_t *fj_scratch_used(const struct fj_thread *t)
{
	return (uint32_t *)((uintptr_t)t + FJ_SCRATCH_USED_AT);
}
/* How much is used now. */
static inline uint32_t fj_scratch_mark(const struct fj_thread *t)
{
	return *fj_scratch_used(t);
}
/* Gives back what was taken since fj_scratch_mark() returned `mark`; 0 gives back everything. */
static inline void fj_scratch_release(struct fj_thread *t, uint32_t mark)
{
	*fj_scratch_used(t) = mark;
}

#endif
