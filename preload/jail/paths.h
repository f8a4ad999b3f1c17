/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * paths.h - host paths of the jail's own: of its root, its loader, what is preloaded. */
#ifndef FJ_PATHS_H
#define FJ_PATHS_H

#include "jail/memory.h"
#include "sys/sys.h"

#include <stdbool.h>

#define FJ_PATHS_AT 0x1000u
struct fj_jail_paths {
	char root[FJ_PATH_MAX];	   /* of the root at the start: fj_root_path() */
	char name[FJ_PATH_MAX];	   /* the root as the user typed it, for messages */
	char loader[FJ_PATH_MAX];  /* of the loader */
	char preload[FJ_PATH_MAX]; /* of libfakejail.so; empty: none */
};
static inline struct fj_jail_paths *fj_jail_paths(void)
{
	return (struct fj_jail_paths *)fj_jail_at(FJ_PATHS_AT);
}

/* Is what lies at `pos`, or at a host path that a mount led to, not the jail's own? */
bool fj_path_is_foreign(const char *pos);
bool fj_path_host_is_foreign(const char *host_path);

/* The host path of the jail's root, the kernel's spelling; "" is the host's own. */
const char *fj_root_path(void);
/* Was the root moved? Then that has changed: true. */
bool fj_root_path_look(void);

#endif
