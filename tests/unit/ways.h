/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * ways.h - what the tests of walks share: a lookup by each way of a walk, and its result.
 *
 * Used by check_walk.c, check_mounts.c and check_random_walks.c. */
#ifndef FJ_UNIT_WAYS_H
#define FJ_UNIT_WAYS_H

#include "unit.h"

#include <stdint.h>

struct fj_place;

/* The ways: with openat2(2), without it as on an old kernel, and by facts where they suffice. */
enum way { LEAPS, STEPS, FACTS, WAYS };
extern const char *const ways_name[];

struct seen {
	long r; /* 0 or -errno */
	uint64_t dev, ino;
};

/* Describes the file of an O_PATH descriptor, and closes it. */
struct seen ways_look(long fd);
/* The file to which `jail_path` leads by that way. */
struct seen ways_engine_look(enum way way, int dirfd, const char *jail_path, unsigned how);
/* Opens `jail_path` in the jail's root by openat2(2), with O_PATH. Returns the descriptor or
 * -errno. */
long ways_kernel_open(const char *jail_path, uint64_t flags);
long ways_open_place(const struct fj_place *place, int flags);
/* The host path of the position `pos`. */
const char *ways_host_of(const char *pos);

/* Makes a jail with links of all kinds, and a directory `outside` beside it. */
void ways_make_tree(void);
/* Checks that looking up `jail_path` returns `r`, and, if that is 0, leads to the file `leads_to`
 * of the tree. */
void ways_check(
	enum way way, int dirfd, const char *jail_path, unsigned how, long r, const char *leads_to);

#endif
