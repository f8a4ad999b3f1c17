/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * mount_fd.h - the descriptors of the mount calls that use descriptors. Used by hook_mount_make.c and
 * hook_mount_fd.c.
 *
 * Such a descriptor is an O_PATH descriptor. If it stands for a mount, it is of the mount's directory, so
 * that names below it can be used before the mount is attached. A table of this process holds what the
 * descriptor stands for, by number and inode. If a program passes such a descriptor to another process, or
 * keeps it through an exec, it is an ordinary directory there. read(2) fails with EBADF: there are no
 * messages (fsopen(2)). */
#ifndef FJ_MOUNT_FD_H
#define FJ_MOUNT_FD_H

#include "layers/union.h"

#include <linux/limits.h>
#include <stdbool.h>
#include <stdint.h>

enum fj_mount_fd_kind {
	FJ_MOUNT_FD_UNUSED,
	FJ_MOUNT_FD_CONTEXT,  /* of fsopen(2) */
	FJ_MOUNT_FD_CREATED,  /* of fsopen(2), after FSCONFIG_CMD_CREATE */
	FJ_MOUNT_FD_PICKED,   /* of fspick(2) */
	FJ_MOUNT_FD_DETACHED, /* a file system */
	FJ_MOUNT_FD_TREE,     /* a bind */
	FJ_MOUNT_FD_RECURSIVE_TREE,
	/* open_tree without a copy: noted since two positions may lead to one directory */
	FJ_MOUNT_FD_PLACE,
};

/* One descriptor. */
struct fj_mount_fd {
	enum fj_mount_fd_kind kind;
	int fd;
	uint64_t dev, ino;
	uint32_t flags; /* FJ_MOUNT_: flags of the future mount */
	uint32_t clear; /* for a tree: flags of its source to clear */
	bool is_dir;
	char type[32], source[PATH_MAX],
		options[FJ_LAYERS_TEXT]; /* for a detached file system: as mountinfo shows them */
	char layers[FJ_LAYERS_TEXT], work[PATH_MAX]; /* for a detached overlay */
	char pos[PATH_MAX];			     /* position of a tree or of a picked
							 * mount */
	char host[PATH_MAX];			     /* for a detached file system */
};

/* The entry of `fd`, or NULL: there is none, or the number is another file now. */
struct fj_mount_fd *fj_mount_fd_of(int fd);
/* Take an entry for a descriptor that will be opened. The oldest entry is dropped. */
struct fj_mount_fd *fj_mount_fd_new(enum fj_mount_fd_kind kind);
/* Put `fd`, or -errno, into the entry. `cloexec`: close it on exec. Returns `fd`. */
long fj_mount_fd_give(struct fj_mount_fd *e, long fd, bool cloexec);

#endif
