/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * search.h - whether the call that a thread makes asks for the permission to search directories, and
 * for whom. Set by the room dispatch, read by those that look up names. */
#ifndef FJ_SEARCH_H
#define FJ_SEARCH_H

#include "sys/thread_area.h"

#include <stdbool.h>
#include <stdint.h>

struct fj_thread;

#define FJ_SEARCH_AT 0xb0u
struct fj_search {
	uint64_t asker; /* for whom: fj_ids_asker() */
	bool asks;	/* directories on the way of a path are asked whether they may be searched:
			   walk/walk.c */
};
static inline struct fj_search *fj_search(const struct fj_thread *t)
{
	return (struct fj_search *)fj_thread_area_at(t, FJ_SEARCH_AT);
}

#endif
