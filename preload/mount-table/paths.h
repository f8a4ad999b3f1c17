/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * paths.h - host paths of the jail itself: its root, its loader, its preloaded object. */
#ifndef FJ_PATHS_H
#define FJ_PATHS_H

#include <linux/limits.h>
#include <stdbool.h>
#include <stddef.h>

#define FJ_PATHS_AT 0x1000u
struct fj_jail_paths {
	char root[PATH_MAX];	/* the root when the jail started; see fj_root_path() */
	char name[PATH_MAX];	/* the root as the user wrote it, for messages */
	char loader[PATH_MAX];	/* of the loader */
	char preload[PATH_MAX]; /* of libfakejail.so; empty: none */
};
/* The section, in the jail's memory. */
struct fj_jail_paths *fj_jail_paths(void);

/* Is the file at `pos`, or at a host path that a mount led to, foreign (not the jail's own)? */
bool fj_path_is_foreign(const char *pos);
bool fj_path_host_is_foreign(const char *host_path);
/* How many bytes of `host_path` are the path of a layer of a union that the file lies in. 0: it lies in none. */
size_t fj_path_layer_part(const char *host_path);

/* The host path of the jail's root as the kernel spells it; "" is the host's root. */
const char *fj_root_path(void);
/* Ask the kernel whether the root was moved. True: the path has changed. */
bool fj_root_path_look(void);

#endif
