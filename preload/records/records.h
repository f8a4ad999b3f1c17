/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * records.h - what an owner record says, and which file it belongs to. The room ownership finds and changes
 * records; start.h has the files of records, disk.h the file systems. */
#ifndef FJ_RECORDS_H
#define FJ_RECORDS_H

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

#endif
