/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * thread_area.h - the sections of a thread area. For every room that keeps a part of it.
 * sys/thread.h finds a thread's area.
 *
 * Each section is declared in a header of the room that keeps it, with the offset where it begins
 * and a function that returns its address; setup/layout.h has all of them in order. Those from
 * FJ_THREAD_AREA_FRESH_AT to FJ_THREAD_AREA_KEPT_AT are zeros when a thread area is taken. */
#ifndef FJ_THREAD_AREA_H
#define FJ_THREAD_AREA_H

#include <stddef.h>

struct fj_thread; /* the first section: sys/thread.h */

#define FJ_THREAD_AREA_FRESH_AT 0x80u
#define FJ_THREAD_AREA_KEPT_AT 0xd8u

static inline void *fj_thread_area_at(const struct fj_thread *t, size_t offset)
{
	return (char *)(size_t)t + offset;
}

#endif
