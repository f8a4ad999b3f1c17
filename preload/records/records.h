/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * records.h - the file of owner records: what a record says, which file it belongs to, the file
 * systems that records lie on, and the records of other roots that count as well. The room
 * ownership finds and changes records. */
#ifndef FJ_RECORDS_H
#define FJ_RECORDS_H

#include "jail/memory.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Facts about the file of records, found at the start of the jail, for all its processes. */
#define FJ_RECORDS_AT 0xc0u
struct fj_jail_records {
	uint32_t has_host_owners; /* FJ_FD_HOST_OWNERS is open */
	uint32_t follows_tags;	  /* fj_owner_follows_tags */
	uint32_t owners_shared;	  /* fj_owner_shared */
	uint32_t is_forgetful;	  /* the root's file system gives neither birth times nor lasting
				     handles */
	uint32_t is_scattered; /* the root is on an overlay whose inode numbers change (disk.c) */
};
static inline struct fj_jail_records *fj_jail_records(void)
{
	return (struct fj_jail_records *)fj_jail_at(FJ_RECORDS_AT);
}

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
/* Has each directory there two links, and one more for each directory in it? False is always a safe
 * answer. */
bool fj_owner_counts_directories(int root_fd);

/* fj_owner_create() writes an empty table to `fd`, which is empty and open for reading and writing.
 * fj_owner_check() says whether `fd` is a file of records. Both return 0 or -errno; the check
 * returns
 *   -EMEDIUMTYPE      another kind of file
 *   -EPROTONOSUPPORT  a newer version or another byte order
 *   -EUCLEAN          damaged or truncated */
long fj_owner_create(int fd);
/* The same with a table of one page, which is replaced by a usual one when it is full: for a file in memory
 * that mostly stays empty. */
long fj_owner_create_small(int fd);
long fj_owner_check(int fd);
/* Which of these two files may other machines change? Call at the start of a jail, before the files
 * are mapped. The answer, a bit for each, goes into fj_owner_shared, in each process. */
uint32_t fj_owner_shared_with_others(int fd, int host_owners_fd);
extern uint32_t fj_owner_shared;
/* Maps the files. Call at process start. `host_owners_fd`: records that are looked up when `fd` has
 * none, or -1. Returns 0 or -errno. */
long fj_owner_start(int fd, int host_owners_fd);

/* -- roots other than the jail's own, whose records count for the files in them: roots.c -- */

#define FJ_OWNER_ROOTS 128u
#define FJ_OWNER_ROOT_PATH 2048u
#define FJ_OWNER_SEEN 8192u
#define FJ_OWNER_SEEN_FEW 512u /* in the first page */
#define FJ_OWNER_CALM 1u
enum {
	FJ_OWNER_ROOT_FREE,
	FJ_OWNER_ROOT_BEING_MET,
	FJ_OWNER_ROOT_MET,
	FJ_OWNER_ROOT_LEFT /* removed, or met again at another path */
};
enum fj_owner_root_kind {
	FJ_OWNER_ROOT_INNER, /* in the jail's tree */
	FJ_OWNER_ROOT_OUTER, /* the jail's own root lies in it */
	FJ_OWNER_ROOT_WORK,  /* a work directory: its files move to an inner root, whose records
				they get */
	FJ_OWNER_ROOT_LOWER, /* a lower layer of a union: only read, whoever owns it */
};
struct fj_owner_root {
	uint32_t state;
	uint32_t kind;	   /* enum fj_owner_root_kind */
	uint64_t dev, ino; /* of the directory */
	uint64_t records_dev, records_ino;
	char path[FJ_OWNER_ROOT_PATH], records[FJ_OWNER_ROOT_PATH];
};
/* Lies in the memory that the jail's processes share. */
struct fj_owner_roots {
	/* nested/roots.h: hashes of directories that were asked for records. */
	uint64_t seen[FJ_OWNER_SEEN];
	struct fj_owner_root root[FJ_OWNER_ROOTS];
};
/* What every process reads of them often: a section in the first page of the jail's memory. */
#define FJ_ROOTS_STATE_AT 0x5a0u
struct fj_owner_roots_state {
	uint64_t known_news;
	uint32_t generation;  /* which generation `seen` belongs to; FJ_OWNER_CALM until
				 something changes */
	uint32_t count;	      /* entries from here on are not in use */
	uint32_t keeps_apart; /* --db: this jail records its changes in its own file only */
	uint32_t has_told;    /* the jail has already said that there are too many roots */
	uint64_t counted_dev; /* the root's device, if a directory there has a link for each
				 directory in it; else 0 */
	/* How many entries of `seen` were written, until there are many. Not exact: a process may
	 * overwrite what another has added. From then on FJ_OWNER_SEEN - 1. */
	uint32_t seen_count, seen_mask;
};
/* NULL, both: there are no records but the jail's own and the host's. */
extern struct fj_owner_roots *fj_owner_roots;
extern struct fj_owner_roots_state *fj_owner_roots_state;
static inline uint32_t fj_owner_roots_met(void)
{
	return fj_owner_roots ? __atomic_load_n(&fj_owner_roots_state->count, __ATOMIC_ACQUIRE) : 0;
}
/* Enters a root: the directory whose host path is the first `len` bytes of `records`, the path of its file
 * of records. A root that was entered as an inner one may become a lower one. Returns 1 if it is new, 0 if
 * it is known or must not be looked up, -ENOSPC when FJ_OWNER_ROOTS have been met, or another -errno. */
long fj_owner_meet(
	const char *records, size_t len, uint64_t dev, uint64_t ino, enum fj_owner_root_kind kind);
/* Enters the work directory `path`: the files in it will move to a root with the file `records`, so
 * their changes are recorded there. Returns what fj_owner_meet() returns. */
long fj_owner_meet_beside(const char *path, const char *records, uint64_t dev, uint64_t ino);
/* Enters a known root again: from now on it is asked before the roots that were met after it. */
long fj_owner_meet_again(const char *records, size_t len, uint64_t dev, uint64_t ino);
/* Is the file of records of root `r` still the one that was met? Not when it was removed. */
bool fj_owner_records_are_there(const struct fj_owner_root *r);
/* Is the record of `key` in the right file of records, for the root `key->home`? Returns false when
 * it is in the records of another root that is no longer at its path: that root is marked as left,
 * and processes get news. */
bool fj_owner_is_in_place(const struct fj_owner_key *key);
/* Was a root made below one of ours, moved or forgotten, and has this process not yet looked
 * whether its working directory or an open file lies there? True until fj_owner_hear(). */
bool fj_owner_has_news(void);
/* `generation`: that of fj_owner_roots before the process looked. */
void fj_owner_hear(uint32_t generation);
/* Has another process told of a root, and no process of this jail has heard it? `*news` is for
 * fj_owner_know_news(), to be called when everything remembered of directories was forgotten. */
bool fj_owner_is_told(uint64_t *news);
void fj_owner_know_news(uint64_t news);
/* This jail's root is new: tells the jails whose roots are around it. */
void fj_owner_tell_news(void);
/* This jail made a root at host path `path`, or moved one from or to there: tells other jails on
 * the same tree, jails whose roots are around it, and this one. */
void fj_owner_tell_of(const char *path);
/* Is the jail's own file of records a copy, made by somebody who did not know what it is? Then
 * `root`, of `size` bytes, gets the path that the first one's root had. */
#define FJ_OWNER_NOTED 1024u
bool fj_owner_is_copy(char *root, size_t size);
/* Notes that the file is no copy, and that its records belong to the root at host path `root`.
 * Returns whether that was not noted before. */
bool fj_owner_belongs(const char *root);

#endif
