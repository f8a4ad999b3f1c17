/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * ways.h - what the tests of path/ share: a walk by each of the ways that it can go, and what is
 * found there.
 *
 * Used by check_walk.c, check_mounts.c and check_random_walks.c. */
#ifndef FJ_UNIT_WAYS_H
#define FJ_UNIT_WAYS_H

#include "unit.h"

struct fj_place;

/* The walk with the kernel's help, as with an old kernel, and from remembered facts where these
 * suffice. */
enum way { LEAPS, STEPS, FACTS, WAYS };
extern const char *const ways_name[];

struct seen {
	long r; /* 0 or -errno */
	uint64_t dev, ino;
};

/* The file behind an O_PATH descriptor, which is closed. */
struct seen ways_look(long fd);
/* What `jail_path` leads to by that way. */
struct seen ways_engine_look(enum way way, int dirfd, const char *jail_path, unsigned how);
/* What the kernel opens, O_PATH, in the jail's root: openat2(2). */
long ways_kernel_open(const char *jail_path, uint64_t flags);
long ways_open_place(const struct fj_place *place, int flags);
/* The host path of the position `pos`. */
const char *ways_host_of(const char *pos);

/* A jail with links of all kinds in it, and an `outside` beside it. */
void ways_make_tree(void);
/* `jail_path` answers `r`; if that is 0, it leads to the file `leads_to` of the tree. */
void ways_check(
	enum way way, int dirfd, const char *jail_path, unsigned how, long r, const char *leads_to);

#endif
