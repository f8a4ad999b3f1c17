/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * over.h - entries made in a union where a whiteout is: union_over.c. */
#ifndef FJ_OVER_H
#define FJ_OVER_H

#include "layers/place.h"
#include "layers/union.h"

struct fj_thread;

/* An entry is to be made at `place`, which has layers, for a whiteout is there: let the place lead
 * into the work directory. Returns 0 or -errno. */
long fj_place_begin_over(struct fj_thread *t, struct fj_place *place);
/* It was made there, if `r` is no error: put it where it belongs, in one step. Returns `r`, or
 * -errno, and then it is removed. */
long fj_place_end_over(struct fj_thread *t, struct fj_place *place, long r);
/* The descriptor of the directory that what is made at `place`, whose name is one component, will
 * be in. */
static inline int fj_place_parent(const struct fj_place *place)
{
	return place->layers && place->layers->name ? place->layers->fd[0] : place->dirfd;
}

#endif
