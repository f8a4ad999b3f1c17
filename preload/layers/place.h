/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * place.h - where the kernel finds what a walk has found: for the rooms from layers on. Walks are
 * declared in path/path.h. */
#ifndef FJ_PLACE_H
#define FJ_PLACE_H

#include <stdbool.h>
#include <stdint.h>

/* Where the kernel finds it: `name` relative to `dirfd` (or an absolute host path with AT_FDCWD).
 * No symlink is met on the way, and the last component is none that the caller wanted followed. */
struct fj_layers;
struct fj_place {
	int dirfd;
	int owned_fd; /* to be closed by fj_place_done(), or -1 */
	const char *name;
	bool is_magic;	   /* a procfs link that only the kernel can follow: it is to be followed */
	bool is_exe;	   /* and it is /proc/PID/exe */
	bool is_mount;	   /* the name is a mount point */
	bool is_direct;	   /* fj_find_object() met no link on the way */
	bool is_read_only; /* on a mount that refuses writes */
	uint8_t proc;	   /* enum fj_proc: an entry of procfs that would show the host */
	const char *pos;   /* position, when asked for and known; else NULL */
	bool is_merged;	   /* a directory of several layers of a union: it has one link, as in the
			      kernel's */
	bool is_lower;	   /* in a lower layer of a union: never to be changed */
	/* The directory that the name is in, when it lies in a union and an entry is made where a
	 * whiteout is (then `dirfd` is another directory, from where the result is to be put
	 * there), or removed. */
	struct fj_layers *layers;
};

#endif
