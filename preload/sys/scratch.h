/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * scratch.h - path buffers and other memory for one call, in the thread area. For all rooms. scratch_mark.h
 * gives memory back; scratch_str.h makes a string in it. */
#ifndef FJ_SCRATCH_H
#define FJ_SCRATCH_H

#include <linux/limits.h>
#include <stddef.h>
#include <stdint.h>

struct fj_thread;

#define FJ_SCRATCH_SIZE (104u * 1024)
#define FJ_SCRATCH_AT 0xf0u
struct fj_scratch {
	uint32_t used;
	char room[FJ_SCRATCH_SIZE] __attribute__((aligned(16))); /* has structures, too */
};
static inline struct fj_scratch *fj_scratch_of(const struct fj_thread *t)
{
	return (struct fj_scratch *)((uintptr_t)t + FJ_SCRATCH_AT);
}
/* A call wants more memory than there is: prints that, then kills the process. */
_Noreturn void fj_scratch_exhausted(void);

/* Returns a buffer of `size` bytes, valid until the mark is restored. The nesting of the engine is
 * bounded, so running out of memory is a defect and kills the process. */
static inline char *fj_scratch(struct fj_thread *t, size_t size)
{
	struct fj_scratch *s = fj_scratch_of(t);
	char *buf = s->room + s->used;

	size = (size + 15) & ~(size_t)15;
	if (s->used + size > FJ_SCRATCH_SIZE)
		fj_scratch_exhausted();
	s->used += (uint32_t)size;
	return buf;
}
static inline char *fj_scratch_path(struct fj_thread *t)
{
	return fj_scratch(t, PATH_MAX + 8);
}
/* Gives back everything behind the first `n` bytes at `at`: each page that is touched costs a
 * process a page fault. */
static inline void fj_scratch_trim(struct fj_thread *t, const char *at, size_t n)
{
	struct fj_scratch *s = fj_scratch_of(t);

	s->used = (uint32_t)((size_t)(at - s->room) + ((n + 15) & ~(size_t)15));
}

#endif
