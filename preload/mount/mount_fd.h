/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * mount_fd.h - the descriptors of the mount calls that work on such: hook_mount_make.c and
 * hook_mount_fd.c.
 *
 * Such a descriptor is one with O_PATH: on the directory, where a mount is meant, so that
 * names below it can be used before it is attached. What is to become of it stands in a table of
 * this process, by number and inode; a program that hands such a descriptor to another, or through
 * an exec, has an ordinary directory there. Reading one fails with EBADF: there are no messages
 * (fsopen(2)). */
#ifndef FJ_MOUNT_FD_H
#define FJ_MOUNT_FD_H

#include "layers/union.h"
#include "sys/sys.h"

#include <stdbool.h>
#include <stdint.h>

enum fj_mount_fd_kind {
	FJ_MOUNT_FD_UNUSED,
	FJ_MOUNT_FD_CONTEXT,
	FJ_MOUNT_FD_CREATED,
	FJ_MOUNT_FD_PICKED,
	FJ_MOUNT_FD_DETACHED, /* a file system */
	FJ_MOUNT_FD_TREE,     /* a bind */
	FJ_MOUNT_FD_RECURSIVE_TREE,
	/* open_tree without a copy: remembered since two positions may lead to one directory */
	FJ_MOUNT_FD_PLACE,
};

/* One descriptor. */
struct fj_mount_fd {
	enum fj_mount_fd_kind kind;
	int fd;
	uint64_t dev, ino;
	uint32_t flags; /* FJ_MOUNT_: of the mount that comes of it */
	uint32_t clear; /* of a tree: those of its source that go */
	bool is_dir;
	char type[32], source[FJ_PATH_MAX],
		options[FJ_LAYERS_TEXT]; /* of a detached file system: as they are shown */
	char layers[FJ_LAYERS_TEXT], work[FJ_PATH_MAX]; /* of a detached overlay */
	char pos[FJ_PATH_MAX];				/* where a tree or a picked mount is */
	char host[FJ_PATH_MAX];				/* of a detached file system */
};

/* The entry of `fd`, if that is still what it was; else NULL. */
struct fj_mount_fd *fj_mount_fd_of(int fd);
/* An entry for a descriptor that is about to be opened: the oldest of the table goes. */
struct fj_mount_fd *fj_mount_fd_new(enum fj_mount_fd_kind kind);
/* Give `fd`, or -errno, to the entry; `cloexec`: whether it is closed on exec. Returns `fd`. */
long fj_mount_fd_give(struct fj_mount_fd *e, long fd, bool cloexec);

#endif
