/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * owned.h - a file with what it shows in the jail: what the disk says, and its owner record.
 * For all hooks that show or change files, and for permission/. */
#ifndef FJ_OWNED_H
#define FJ_OWNED_H

#include "records/records.h"
#include "sys/thread_area.h"

#include <asm/stat.h>
#include <linux/stat.h>
#include <stdbool.h>
#include <stdint.h>

struct fj_call;
struct fj_link_end;
struct fj_thread;
struct fj_place;

struct fj_file {
	struct fj_owner_key key;
	struct fj_owner_key natural; /* the same as `key`, unless the file's tag led to a record
					with another key */
	uint32_t dev;		     /* the disk's device, as in stat(2) */
	uint32_t real_uid, real_gid, real_mode;
	uint32_t nlink;
	bool has_record;
	bool is_foreign; /* reached through a bind mount; only set for files of the user without
			    a record */
	struct fj_owner owner; /* what the file shows, by its record or the default; mode with
				  S_IFMT */
};

/* What the thread's last look at a file has shown. */
#define FJ_SHOWN_AT 0xb0u
struct fj_shown {
	bool had_record; /* or was a device of the host: a look needs the whole key */
	bool were_none; /* there was no record at all, as the last look has seen that needed the whole key */
};
static inline struct fj_shown *fj_shown(const struct fj_thread *t)
{
	return (struct fj_shown *)fj_thread_area_at(t, FJ_SHOWN_AT);
}
/* May a look at the next file be the kernel's own, which is then given to fj_file_show_stat() or
 * fj_file_show_statx()? Only a guess: these two tell. Files mostly have no record, and often several have one after the
 * other. */
bool fj_file_shows_itself(const struct fj_thread *t);
/* fj_file_statx() has filled `file`: the guess for the next one. */
void fj_file_note_shown(const struct fj_thread *t, const struct fj_file *file);
/* Looks at `name` in `dirfd` ("" with AT_EMPTY_PATH: the descriptor itself). `flags` are AT_ flags
 * of statx(2); a symlink is followed only with AT_SYMLINK_FOLLOW. Returns 0 or the kernel's
 * error. */
long fj_file_look(
	struct fj_call *c, int dirfd, const char *name, unsigned flags, struct fj_file *file);
/* Looks at `name` in `dirfd` as fj_file_look() does, and puts into `sx` all that statx(2) says, changed
 * to what the file shows. `flags` and `mask` are those of statx(2). Does not find where a change must
 * be recorded: fj_file_find_home() does. Returns 0 or the kernel's error. */
long fj_file_statx(struct fj_call *c, int dirfd, const char *name, unsigned flags, unsigned mask,
	struct statx *sx, struct fj_file *file);
/* Like fj_file_statx() for the symlink at `link`, whose file `end` is remembered (fast-path/fast.h). The
 * kernel follows the symlink. What it finds goes to `found`; if that is another file, the result is -ESTALE. */
long fj_file_statx_end(struct fj_call *c, const struct fj_place *link,
	const struct fj_link_end *end, struct fj_link_end *found, unsigned flags, unsigned mask,
	struct statx *sx, struct fj_file *file);
/* Finds the records that a change of the file goes to; fj_file_look() does it, too. `dirfd` and
 * `name` as there. */
void fj_file_find_home(struct fj_call *c, int dirfd, const char *name, struct fj_file *file);
/* What the disk says of `name` in `dirfd`: statx(2), or where the kernel or a policy refuses it with ENOSYS,
 * newfstatat(2), which knows no time of birth. Returns 0 or the kernel's error. */
long fj_disk_statx(int dirfd, const char *name, unsigned flags, unsigned mask, struct statx *sx);
/* Has the file at `name` in `dirfd` a record and no other name? A directory has none. Where the answer is
 * true, `file` is filled as by fj_file_look(). `*is_there`: whether there is a file. */
bool fj_file_is_last_name(
	struct fj_call *c, int dirfd, const char *name, struct fj_file *file, bool *is_there);
/* Where fj_file_shows_itself(): puts the default ids into a struct stat or statx of the program that the kernel
 * has just filled. Returns true if the file may have a record, perhaps of a root that was just met: then
 * nothing is changed, and fj_file_statx() must look. */
bool fj_file_show_stat(
	struct fj_call *c, int dirfd, const char *name, unsigned flags, struct stat *st);
bool fj_file_show_statx(
	struct fj_call *c, int dirfd, const char *name, unsigned flags, struct statx *sx);
/* Is the file at `name` in `dirfd`, which need not exist, reached through a bind mount? One system
 * call, if the name does not tell. */
bool fj_place_is_foreign(struct fj_thread *t, int dirfd, const char *name);
/* Like fj_place_is_foreign(), where it is known that the directory of `name` is on device `dev`. Makes
 * no system call, if the device tells. */
bool fj_place_on_dev_is_foreign(struct fj_thread *t, uint64_t dev, int dirfd, const char *name);
/* Like fj_place_is_foreign(), for an existing file on device `dev`. Mostly the device tells, and no
 * system call is made. `name` NULL or "": the file that `dirfd` is. */
bool fj_dev_is_foreign(struct fj_thread *t, uint64_t dev, int dirfd, const char *name);
/* Is the file on a read-only mount of the jail, and no device, fifo or socket? These may be written to there: do_faccessat() of
 * fs/open.c. `place`: the walk's, whose descriptor and name are given; or NULL. `name` "": the file that `dirfd` is. */
bool fj_file_on_read_only(
	struct fj_call *c, int dirfd, const char *name, const struct fj_place *place);
/* Makes a struct stat from a struct statx: cp_new_stat() of fs/stat.c. */
void fj_stat_from_statx(struct stat *st, const struct statx *sx);
/* Makes a struct statx from a struct stat: without the time of birth, and without attributes. */
void fj_statx_from_stat(struct statx *sx, const struct stat *st);
/* Both are about what newfstatat(2), fstat(2) or statx(2) has just written to the program: was a directory shown? A
 * directory that several layers of a union have shows one link: ovl_getattr() of fs/overlayfs/inode.c. */
bool fj_shows_directory(const struct fj_call *c);
void fj_show_one_link(struct fj_call *c);
/* merged.c, the same: if the layers of a union lie on several devices, its directories show one device, `dev` (0: they do
 * not). */
void fj_show_device(struct fj_call *c, uint64_t dev);
/* merged.c, the same: shows the link count and the device of a directory that several layers have. It is the one behind the
 * descriptor `fd`, or at a place that a walk has found. It may be no directory, or not in a union. */
void fj_show_merged_fd(struct fj_call *c, int fd);
void fj_show_merged_at(struct fj_call *c, const struct fj_place *place);
/* Returns the error of a newfstatat(2) or statx(2) with these flags, whose path leads to the error `r`. The kernel refuses the
 * other arguments first, with EINVAL: vfs_statx() and do_statx() of fs/stat.c. */
long fj_stat_error(const struct fj_call *c, unsigned flags, long r);

/* Gives the file the mode `mode` (07777), on the disk and in its record. `dirfd` and `name` are as
 * for fj_file_look(), which has filled `file`. Returns 0 or -errno. */
long fj_file_chmod(
	struct fj_call *c, int dirfd, const char *name, struct fj_file *file, uint32_t mode);

/* Gives the file the mode `mode` (07777) on the disk only. `name` "": the file that `dirfd` is. Returns
 * 0 or the kernel's error. */
long fj_file_chmod_disk(int dirfd, const char *name, uint32_t mode);

/* settle.c: makes sure that the file's key will last: on an overlay the file is copied up, on FUSE
 * it gets a tag. Call with a `file` that fj_file_look() has filled, before its key is used for a
 * change; looks at the file again. `name` must not be a symlink to be followed. Returns 0 or the
 * kernel's error. */
long fj_file_settle(struct fj_call *c, int dirfd, const char *name, struct fj_file *file);
/* Does the file, which fj_file_look() or fj_file_statx() has found at `name` in `dirfd`, lie on an
 * overlayfs of the host, which may copy it up? */
bool fj_file_is_layered(const struct fj_file *file, int dirfd, const char *name);

/* The device of a file, as stat(2) shows it: new_encode_dev() of linux/kdev_t.h. */
static inline uint32_t fj_statx_dev(const struct statx *sx)
{
	return (sx->stx_dev_minor & 0xff) | sx->stx_dev_major << 8 |
	       (sx->stx_dev_minor & ~0xffu) << 12;
}
/* A time of statx(2) in ns since the epoch, as records have it. */
static inline uint64_t fj_statx_ns(const struct statx_timestamp *t)
{
	return (uint64_t)t->tv_sec * 1000000000u + t->tv_nsec;
}

/* chown(2) of a file for which fj_file_statx() has filled `sx` and `file`: uid and gid (-1:
 * unchanged), set-id bits, ctime. Returns 0 or -errno. -EAGAIN: `name` has directories, and no longer
 * leads to a file without symlinks; not for a held file (`dirfd` and ""). */
long fj_file_chown(struct fj_call *c, int dirfd, const char *name, const struct statx *sx,
	struct fj_file *file, uint32_t uid, uint32_t gid);
/* Asks the kernel for a change of owner that changes nothing. Only the kernel knows whether the
 * file may be changed. The ctime advances; with `tells` processes that watch the file are told.
 * Returns 0 or the kernel's error. */
long fj_file_touch(int dirfd, const char *name, const struct fj_file *file, bool tells);

/* Call when the file was truncated (`dirfd`, `name` as for fj_file_look()): it loses its
 * capabilities, and its set-id bits if the caller is not root. */
void fj_file_written(struct fj_call *c, int dirfd, const char *name);

/* -- access control lists: acl.c -- */

/* Applies the default ACL of directory `key` to `*mode`. Returns false when there is none. */
bool fj_acl_default(struct fj_call *c, const struct fj_owner_key *key, uint32_t *mode);
/* Gives the default ACL of directory `parent` to a file that was just made in it. */
void fj_acl_inherit(
	struct fj_call *c, const struct fj_owner_key *parent, const struct fj_file *file);
/* May the caller set FJ_ACL_ACCESS or FJ_ACL_DEFAULT to this value (size 0: remove it)? Returns 1;
 * 0 when there is nothing to do; or -errno if the list or the caller is not right. */
long fj_acl_may_set(struct fj_call *c, const char *name, const struct fj_file *file, uint64_t value,
	uint64_t size);
/* setxattr(2), after fj_acl_may_set() has returned 1, and getxattr(2) of the attribute `name`,
 * FJ_ACL_ACCESS or FJ_ACL_DEFAULT. `place` is the file's place, `value` lies in the program's memory
 * and has `size` bytes. The first returns 0 or -errno, the second the list's size in bytes or
 * -errno. */
long fj_acl_set(struct fj_call *c, const struct fj_place *place, const char *name,
	struct fj_file *file, uint64_t value, uint64_t size);
long fj_acl_get(struct fj_call *c, const char *name, const struct fj_file *file, uint64_t value,
	uint64_t size);

#endif
