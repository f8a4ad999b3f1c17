/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * owned.h - a file with what it shows in the jail: the disk's facts and its owner record, put
 * together. */
#ifndef FJ_OWNED_H
#define FJ_OWNED_H

#include "records/records.h"

#include <asm/stat.h>
#include <linux/stat.h>
#include <stdbool.h>
#include <stdint.h>

struct fj_call;
struct fj_place;

struct fj_file {
	struct fj_owner_key key;
	struct fj_owner_key natural; /* the same, unless its tag led to a record by another key */
	uint32_t dev;		     /* of the disk, as stat(2) shows it */
	uint32_t real_uid, real_gid, real_mode;
	uint32_t nlink;
	bool has_record;
	bool is_foreign; /* reached through a bind mount; asked only of the user's own files without
			    a record */
	struct fj_owner owner; /* what it shows: record or default; mode with S_IFMT */
};

/* Look at `name` in `dirfd` ("" with AT_EMPTY_PATH: the descriptor itself). `flags`: AT_ flags of
 * statx(2); a symlink is itself meant unless AT_SYMLINK_FOLLOW is among them. Returns 0 or the
 * kernel's errno. */
long fj_file_look(
	struct fj_call *c, int dirfd, const char *name, unsigned flags, struct fj_file *file);
/* The same, and all that statx(2) says, with what the file shows in its place; `mask` as there.
 * Where a change is to be recorded is left open: fj_file_find_home(). */
long fj_file_statx(struct fj_call *c, int dirfd, const char *name, unsigned flags, unsigned mask,
	struct statx *sx, struct fj_file *file);
/* Say where changes of the file are recorded; fj_file_look() does so. `dirfd`, `name` as there. */
void fj_file_find_home(struct fj_call *c, int dirfd, const char *name, struct fj_file *file);
/* Put the default ids into a struct stat or statx of the program that the kernel has just filled,
 * in a jail without any record. True: it has some now, of a root that is just met. */
bool fj_file_show_stat(
	struct fj_call *c, int dirfd, const char *name, unsigned flags, struct stat *st);
bool fj_file_show_statx(
	struct fj_call *c, int dirfd, const char *name, unsigned flags, struct statx *sx);
/* Is what lies, or will lie, at `name` in `dirfd` reached through a bind mount? One system call,
 * where that cannot be told from the name. */
bool fj_place_is_foreign(struct fj_call *c, int dirfd, const char *name);
/* The same of a file on device `dev`, which is mostly known by that. `name` NULL or "": `dirfd`. */
bool fj_dev_is_foreign(struct fj_call *c, uint64_t dev, int dirfd, const char *name);
/* struct stat from statx: cp_new_stat() of fs/stat.c. */
void fj_stat_from_statx(struct stat *st, const struct statx *sx);

/* Give the file mode `mode` (07777), on disk and in its record. `dirfd`, `name` as for
 * fj_file_look, which has filled `file`. */
long fj_file_chmod(
	struct fj_call *c, int dirfd, const char *name, struct fj_file *file, uint32_t mode);

/* The same, on disk only. */
long fj_file_chmod_disk(int dirfd, const char *name, uint32_t mode);

/* settle.c: see to it that the file's key lasts: on an overlay have it copied up, on FUSE tag it.
 * To be called with what fj_file_look has filled, before its key is used for a change; looks again.
 * `name` is no symlink that is to be followed. Returns 0 or the kernel's errno. */
long fj_file_settle(struct fj_call *c, int dirfd, const char *name, struct fj_file *file);
bool fj_file_is_layered(const struct fj_file *file, int dirfd, const char *name);

/* A time of statx(2) in ns since the epoch, as records have it. */
static inline uint64_t fj_statx_ns(const struct statx_timestamp *t)
{
	return (uint64_t)t->tv_sec * 1000000000u + t->tv_nsec;
}

/* chown(2) of what fj_file_statx has filled `sx` and `file` of, for `dirfd` and `name`: uid and gid
 * (-1: as it is), set-id bits, ctime. */
long fj_file_chown(struct fj_call *c, int dirfd, const char *name, const struct statx *sx,
	struct fj_file *file, uint32_t uid, uint32_t gid);
/* Ask the kernel for a change of owner that changes nothing: only it knows whether the file may be
 * written; it advances the ctime, and `tells` who watches. Returns 0 or its errno. */
long fj_file_touch(int dirfd, const char *name, const struct fj_file *file, bool tells);

/* The file was truncated (`dirfd`, `name` as for fj_file_look): its capabilities go, and for
 * whoever is not root its set-id bits. */
void fj_file_written(struct fj_call *c, int dirfd, const char *name);

/* -- access control lists: acl.c -- */

/* The default ACL of directory `key`: what it leaves of `mode` in `*mode`; false when there is
 * none. */
bool fj_acl_default(struct fj_call *c, const struct fj_owner_key *key, uint32_t *mode);
/* Give a file just made in directory `parent` what the default ACL there says. */
void fj_acl_inherit(
	struct fj_call *c, const struct fj_owner_key *parent, const struct fj_file *file);
/* May the caller set FJ_ACL_ACCESS or FJ_ACL_DEFAULT to that (size 0: remove it)? 1; 0: there is
 * nothing to be done; or -errno of what is wrong with it, or with the caller. */
long fj_acl_may_set(struct fj_call *c, const char *name, const struct fj_file *file, uint64_t value,
	uint64_t size);
/* After it: setxattr(2) and getxattr(2) of FJ_ACL_ACCESS and FJ_ACL_DEFAULT; `place` is where the
 * file is, `value` in the program's memory. */
long fj_acl_set(struct fj_call *c, const struct fj_place *place, const char *name,
	struct fj_file *file, uint64_t value, uint64_t size);
long fj_acl_get(struct fj_call *c, const char *name, const struct fj_file *file, uint64_t value,
	uint64_t size);

#endif
