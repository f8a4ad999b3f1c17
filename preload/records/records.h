/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * records.h - the file of owner records: what a record says and which file it is of, the file systems
 * that records lie on, and the files of other roots that count as well. What is found and changed in
 * them is the room ownership's. */
#ifndef FJ_RECORDS_H
#define FJ_RECORDS_H

#include "jail/memory.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the start of the jail found out of its file of records, for all its processes. */
#define FJ_RECORDS_AT 0xc0u
struct fj_jail_records {
	uint32_t has_host_owners; /* FJ_FD_HOST_OWNERS is open */
	uint32_t follows_tags;	  /* fj_owner_follows_tags */
	uint32_t owners_shared;	  /* fj_owner_shared */
	uint32_t is_forgetful; /* the root's file system tells neither births nor lasting handles */
	uint32_t is_scattered; /* the root is on an overlay whose numbers change: disk.c */
};
static inline struct fj_jail_records *fj_jail_records(void)
{
	return (struct fj_jail_records *)fj_jail_at(FJ_RECORDS_AT);
}

/* Which file. */
struct fj_owner_key {
	uint64_t
		dev; /* makedev() as the kernel's new_encode_dev() of linux/kdev_t.h; 32 bits are used */
	uint64_t ino;
	uint64_t stamp; /* tells an inode from the next one with its number: birth time in ns, else
			   a hash of the file handle */
	uint32_t home;	/* where a change is recorded: which of fj_owner_roots, from 1 on; 0: in our
			   own file */
};

/* What a file shows. */
struct fj_owner {
	uint32_t uid, gid;
	uint32_t mode; /* S_IFMT and 07777 */
	uint32_t rdev; /* of a pretended device, new_encode_dev() of linux/kdev_t.h */
	uint32_t flags;
	uint64_t ctime; /* ns since the epoch; 0, or what counts when it is later than the disk's */
	struct fj_owner_key key; /* whose record it is; zeros without one */
};
enum {
	FJ_OWNER_UID = 1,
	FJ_OWNER_GID = 2,
	FJ_OWNER_MODE = 4,   /* 07777: differs from what the disk has */
	FJ_OWNER_DEVICE = 8, /* S_IFMT and rdev: on disk it is an empty regular file */
	FJ_OWNER_GONE = 16, /* the last name is removed: kept for who has it open, dropped when room
			      is made */
	FJ_OWNER_ATTRIBUTES = 32,
	FJ_OWNER_CTIME = 64,
	FJ_OWNER_NAMELESS =
		128, /* made while the file had no name (O_TMPFILE): of a file that has one it
			is not, but of one that had the same number in the same moment */
};

/* The file system behind a descriptor: disk.c. */
enum fj_disk {
	FJ_DISK_PLAIN,
	FJ_DISK_LAYERED, /* overlayfs */
	/* From here on other machines may have it, too. */
	FJ_DISK_FUSE,
	FJ_DISK_NETWORK,
};
enum fj_disk fj_owner_disk(int fd);
/* Is it layered that `name` (NULL or "": `dirfd` itself; no link is followed) is on, whose device
 * is `dev`? */
bool fj_owner_is_layered(uint32_t dev, int dirfd, const char *name);
/* Does the overlay that a root is on show its files under numbers that change? To be asked before
 * any key is made; the answer goes into fj_owner_is_scattered, in each process. */
bool fj_owner_scatters(int root_fd);
extern bool fj_owner_is_scattered;
/* Has each directory there two links, and one more for each directory in it? False is never wrong.
 */
bool fj_owner_counts_directories(int root_fd);

/* The file of records. `create` makes an empty `fd` (read and write) one; `check` says whether it
 * is one: 0, or
 *   -EMEDIUMTYPE      another kind of file
 *   -EPROTONOSUPPORT  a newer version or another byte order
 *   -EUCLEAN          damaged or cut off. */
long fj_owner_create(int fd);
long fj_owner_check(int fd);
/* Which of these two may other machines change? To be asked at the start of a jail, before the
 * files are mapped; the answer goes into fj_owner_shared, in each process. */
uint32_t fj_owner_shared_with_others(int fd, int host_owners_fd);
extern uint32_t fj_owner_shared;
/* Map it; at process start. `host_owners_fd`: records to be looked up when `fd` has none, or -1. */
long fj_owner_start(int fd, int host_owners_fd);

/* -- other roots than the jail's own, whose records count for the files in them: roots.c -- */

#define FJ_OWNER_ROOTS 128u
#define FJ_OWNER_ROOT_PATH 2048u
#define FJ_OWNER_SEEN 8192u
#define FJ_OWNER_CALM 1u
enum {
	FJ_OWNER_ROOT_FREE,
	FJ_OWNER_ROOT_BEING_MET,
	FJ_OWNER_ROOT_MET,
	FJ_OWNER_ROOT_LEFT /* removed, or met again at another place */
};
enum fj_owner_root_kind {
	FJ_OWNER_ROOT_INNER, /* in the jail's tree */
	FJ_OWNER_ROOT_OUTER, /* the jail's own root lies in it */
	FJ_OWNER_ROOT_WORK,  /* what is made there goes into an inner one, whose records it names */
	FJ_OWNER_ROOT_LOWER, /* a lower layer of a union: only read, whoever's it is */
};
struct fj_owner_root {
	uint32_t state;
	uint32_t kind;	   /* enum fj_owner_root_kind */
	uint64_t dev, ino; /* of the directory */
	uint64_t records_dev, records_ino;
	char path[FJ_OWNER_ROOT_PATH], records[FJ_OWNER_ROOT_PATH];
};
/* In the memory that the jail's processes share. */
struct fj_owner_roots {
	uint64_t
		seen[FJ_OWNER_SEEN]; /* nested/roots.c: hashes of directories that were looked at */
	struct fj_owner_root root[FJ_OWNER_ROOTS];
	/* What every process looks at, behind the rest: setup/layout.h. */
	uint64_t known_news;
	uint32_t generation;  /* of what `seen` says; FJ_OWNER_CALM until something changes */
	uint32_t count;	      /* entries below it may be in use */
	uint32_t keeps_apart; /* --db: what this jail changes stands in its own file alone */
	uint32_t has_told;    /* that there are too many of them */
	uint64_t counted_dev; /* the root's device, when a directory there has a link for each one
				 in it; else 0 */
};
/* NULL: there are none but our own and the host's. */
extern struct fj_owner_roots *fj_owner_roots;
static inline uint32_t fj_owner_roots_met(void)
{
	return fj_owner_roots ? __atomic_load_n(&fj_owner_roots->count, __ATOMIC_ACQUIRE) : 0;
}
/* The directory whose host path is the first `len` bytes of `records` has that file of records. One
 * that is known already as an inner one may become a lower one.
 * Returns 1 when that is news, 0 when it is known or not to be looked up, -ENOSPC when
 * FJ_OWNER_ROOTS have been met, or another -errno. */
long fj_owner_meet(
	const char *records, size_t len, uint64_t dev, uint64_t ino, enum fj_owner_root_kind kind);
/* What is in the directory `path` will be in a root that has `records`: changes of it go there. As
 * fj_owner_meet. */
long fj_owner_meet_beside(const char *path, const char *records, uint64_t dev, uint64_t ino);
/* The same of a root that is known: from now on it is asked before those that were met after it.
 */
long fj_owner_meet_again(const char *records, size_t len, uint64_t dev, uint64_t ino);
/* Is the file of records of root `r` still the one that was met? Not when it was removed. */
bool fj_owner_records_are_there(const struct fj_owner_root *r);
/* The record of `key` stands in a root, and the file is not in that, by key->home. False when that
 * root is no more where it was met: then it is left, and there is news. */
bool fj_owner_is_in_place(const struct fj_owner_key *key);
/* A root was made below one of ours, or moved or forgotten, and this process has not looked whether
 * what it stands in or has open lies there: until fj_owner_hear(). */
bool fj_owner_has_news(void);
/* `generation` of fj_owner_roots, as it was before the process looked. */
void fj_owner_hear(uint32_t generation);
/* Has somebody told of a root, and nobody in this jail has heard it? `*news` for
 * fj_owner_know_news() when all that is remembered of directories is forgotten. */
bool fj_owner_is_told(uint64_t *news);
void fj_owner_know_news(uint64_t news);
/* This jail's root is new: tell the jails that it lies in. */
void fj_owner_tell_news(void);
/* A root was made at host path `path`, or was moved from or to there, by this jail: tell others on
 * the same tree, those whose roots are around it, and ourselves. */
void fj_owner_tell_of(const char *path);
/* Is our own file of records a copy, made by somebody who did not know what it is? Then `root`, of
 * `size` bytes, gets the path that the root of the first one had. */
#define FJ_OWNER_NOTED 1024u
bool fj_owner_is_copy(char *root, size_t size);
/* It is none, and the records are of the root at host path `root`. Returns whether that is news. */
bool fj_owner_belongs(const char *root);

#endif
