/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * place.h - where the kernel finds the file that a walk has found. Used by the rooms from layers on. Walks
 * are declared in walk/walk.h. */
#ifndef FJ_PLACE_H
#define FJ_PLACE_H

#include <stdbool.h>
#include <stdint.h>

/* `name`, relative to `dirfd`, or an absolute host path with AT_FDCWD. No symlink is on the way, and the
 * last component is no symlink that the caller wanted followed. */
struct fj_layers;
struct fj_place {
	int dirfd;
	int owned_fd; /* must be closed by fj_place_done(), or -1 */
	const char *name;
	bool is_magic;	   /* a procfs link that must be followed, and that only the kernel can
			    * follow */
	bool is_exe;	   /* the link (`is_magic`) is /proc/PID/exe */
	bool is_mount;	   /* the name is a mount point */
	bool is_in_root;   /* facts say that it lies in the jail's own tree, in no mount */
	bool is_direct;	   /* fj_find_object() met no symlink on the way */
	bool is_read_only; /* on a read-only mount */
	uint8_t proc;	   /* enum fj_proc: a procfs entry that would show the host */
	const char *pos;   /* the position, if the caller asked for it and it is known; else NULL */
	bool is_merged;	   /* a directory that several layers of a union have: like the kernel's, it
			    * has one link */
	bool is_upper;	   /* found by facts in the upper layer of a union: fj_fast_hold_upper() */
	bool is_lower;	   /* in a lower layer of a union: it must not be changed */
	/* The layers of the directory that contains the name, if it is in a union, and the name is removed,
	 * or made where a whiteout is. In the latter case `dirfd` is another directory, from which the
	 * result is moved there. */
	struct fj_layers *layers;
};

#endif
