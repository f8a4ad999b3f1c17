/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * disk.h - the file systems that the files of a jail lie on. For ownership/, and for rooms whose work differs on
 * some of them. */
#ifndef FJ_DISK_H
#define FJ_DISK_H

#include <stdbool.h>
#include <stdint.h>

/* The kind of the file system behind a descriptor (disk.c). */
enum fj_disk {
	FJ_DISK_PLAIN,
	FJ_DISK_LAYERED, /* overlayfs */
	/* From here on other machines may use the file system, too. */
	FJ_DISK_FUSE,
	FJ_DISK_NETWORK,
};
enum fj_disk fj_owner_disk(int fd);
/* Is `name` on an overlayfs whose device is `dev`? `name` NULL or "" means `dirfd` itself. A
 * symlink is not followed. */
bool fj_owner_is_layered(uint32_t dev, int dirfd, const char *name);
/* Is the root on an overlay whose inode numbers change? Call before any key is made. The answer
 * goes into fj_owner_is_scattered, in each process. */
bool fj_owner_scatters(int root_fd);
extern bool fj_owner_is_scattered;
/* Has each directory on the file system of `root_fd` two links, and one more for each directory in it?
 * False is always a safe answer. */
bool fj_owner_counts_directories(int root_fd);

#endif
