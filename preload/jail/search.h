/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * search.h - whether the current call of a thread asks for permission to search directories, and for whom.
 * Set by the room dispatch, read by the rooms that look up names. */
#ifndef FJ_SEARCH_H
#define FJ_SEARCH_H

#include "sys/thread_area.h"

#include <stdbool.h>
#include <stdint.h>

struct fj_thread;

#define FJ_SEARCH_AT 0xb8u
struct fj_search {
	uint64_t asker; /* identifies the caller: fj_ids_asker() */
	bool asks;	/* ask about every directory of a path: walk/walk.h */
};
static inline struct fj_search *fj_search(const struct fj_thread *t)
{
	return (struct fj_search *)fj_thread_area_at(t, FJ_SEARCH_AT);
}

#endif
