/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * slot.h - a thread's slot, as every room sees it: an address. A slot is found by sys/thread.h, and
 * handed to whoever works for the thread.
 *
 * It lies in sections. Each is declared in a header of the room that keeps it, with the offset where
 * it begins and a function that leads there; setup/layout.h has all of them in order. Those from
 * FJ_SLOT_FRESH_AT to FJ_SLOT_KEPT_AT are zeros when a slot is taken. */
#ifndef FJ_SLOT_H
#define FJ_SLOT_H

#include <stddef.h>

struct fj_thread; /* the first section: sys/thread.h */

#define FJ_SLOT_FRESH_AT 0x80u
#define FJ_SLOT_KEPT_AT 0xd0u

static inline void *fj_slot_at(const struct fj_thread *t, size_t offset)
{
	return (char *)(size_t)t + offset;
}

#endif
