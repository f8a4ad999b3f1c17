/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * over.h - makes entries of a union where the upper layer has a whiteout: union_over.c. Called by call,
 * open, socket and setup. */
#ifndef FJ_OVER_H
#define FJ_OVER_H

#include "layers/place.h"
#include "layers/union.h"

struct fj_thread;

/* An entry will be made at `place`, whose layers are set since a whiteout is there. Let the place lead into
 * the work directory. Returns 0 or -errno. */
long fj_place_begin_over(struct fj_thread *t, struct fj_place *place);
/* Called after the call that made the entry, with its result `r`. If that is no error, move the entry to
 * its real place, in one step. Returns `r`, or -errno; then the entry is removed. */
long fj_place_end_over(struct fj_thread *t, struct fj_place *place, long r);
/* The directory that will contain what is made at `place`. The place's name is one component. */
static inline int fj_place_parent(const struct fj_place *place)
{
	return place->layers && place->layers->name ? place->layers->fd[0] : place->dirfd;
}

#endif
