/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * records.h - the file of owner records: what a record says, which file it belongs to, and the file
 * systems that records lie on. The room ownership finds and changes records. */
#ifndef FJ_RECORDS_H
#define FJ_RECORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Says which file a record belongs to. */
struct fj_owner_key {
	uint64_t dev; /* makedev(), as new_encode_dev() of linux/kdev_t.h; 32 bits are used */
	uint64_t ino;
	uint64_t stamp; /* tells an inode from a later one with its number: the birth time in ns,
			   else a hash of the file handle */
	uint32_t home;	/* the records that get a change: index in fj_owner_roots plus 1; 0: the
			   jail's own file of records */
};

/* What a file shows. */
struct fj_owner {
	uint32_t uid, gid;
	uint32_t mode; /* S_IFMT and 07777 */
	uint32_t rdev; /* of a pretended device, new_encode_dev() of linux/kdev_t.h */
	uint32_t flags;
	uint64_t ctime; /* ns since the epoch: shown when it is later than the disk's; 0: none */
	struct fj_owner_key key; /* the key of the record; zeros without a record */
};
enum {
	FJ_OWNER_UID = 1,
	FJ_OWNER_GID = 2,
	FJ_OWNER_MODE = 4,   /* 07777 differs from the disk's */
	FJ_OWNER_DEVICE = 8, /* S_IFMT and rdev: on the disk it is an empty regular file */
	FJ_OWNER_GONE = 16,  /* the last name was removed: kept for processes that have the file
				open, dropped when the table grows */
	FJ_OWNER_ATTRIBUTES = 32,
	FJ_OWNER_CTIME = 64,
	FJ_OWNER_NAMELESS =
		128, /* made while the file had no name (O_TMPFILE). For a file with a name such
			a record does not count: it belongs to an earlier file with the same
			number */
};

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

/* fj_owner_create() writes an empty table to `fd`, which is empty and open for reading and writing.
 * fj_owner_check() says whether `fd` is a file of records. Both return 0 or -errno; the check
 * returns
 *   -EMEDIUMTYPE      another kind of file
 *   -EPROTONOSUPPORT  a newer version or another byte order
 *   -EUCLEAN          damaged or truncated */
long fj_owner_create(int fd);
/* As fj_owner_create(), with a table of one page, which is replaced by a usual one when it is full: for a file
 * in memory that mostly stays empty. */
long fj_owner_create_small(int fd);
long fj_owner_check(int fd);
/* Which of these two files may other machines change? Call at the start of a jail, before the files
 * are mapped. The answer, a bit for each, goes into fj_owner_shared, in each process. */
uint32_t fj_owner_shared_with_others(int fd, int host_owners_fd);
extern uint32_t fj_owner_shared;
/* Maps the files. Call at process start. `host_owners_fd`: records that are looked up when `fd` has
 * none, or -1. Returns 0 or -errno. */
long fj_owner_start(int fd, int host_owners_fd);

/* Is the jail's own file of records a copy, made by somebody who did not know what it is? Then
 * `root`, of `size` bytes, gets the path that the first one's root had. */
#define FJ_OWNER_NOTED 1024u
bool fj_owner_is_copy(char *root, size_t size);
/* Notes that the file is no copy, and that its records belong to the root at host path `root`.
 * Returns whether that was not noted before. */
bool fj_owner_belongs(const char *root);

#endif
