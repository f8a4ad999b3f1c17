/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * stat_forms.c - makes a struct stat from a struct statx, and the other way round, and finds either among the arguments of
 * a call. Called by owned.c and the hooks that look at files. */
#include "call/call.h"
#include "inode/owned.h"
#include "sys/abi.h"
#include "sys/hot.h"

#include <asm/unistd.h>
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/stat.h>
#include <stdint.h>

static struct stat *shown_stat(const struct fj_call *c)
{
	return (struct stat *)c->arg[c->nr == __NR_fstat ? 1 : 2];
}

static struct statx *shown_statx(const struct fj_call *c)
{
	return (struct statx *)c->arg[4];
}

bool fj_shows_directory(const struct fj_call *c)
{
	const uint32_t mode =
		c->nr == __NR_statx ? shown_statx(c)->stx_mode : shown_stat(c)->st_mode;

	return (mode & FJ_S_IFMT) == FJ_S_IFDIR;
}

void fj_show_one_link(struct fj_call *c)
{
	if (c->nr == __NR_statx)
		shown_statx(c)->stx_nlink = 1;
	else
		shown_stat(c)->st_nlink = 1;
}

long fj_stat_error(const struct fj_call *c, unsigned flags, long r)
{
	const unsigned known =
		AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH | AT_STATX_SYNC_TYPE;
	const bool is_refused =
		(flags & ~known) || (c->nr == __NR_statx && ((c->arg[3] & STATX__RESERVED) ||
								    (flags & AT_STATX_SYNC_TYPE) ==
									    AT_STATX_SYNC_TYPE));

	return is_refused ? -EINVAL : r;
}

static uint32_t encode_dev(uint32_t major, uint32_t minor)
{
	return (minor & 0xff) | major << 8 |
	       (minor & ~0xffu) << 12; /* new_encode_dev() of linux/kdev_t.h */
}

void fj_statx_from_stat(struct statx *sx, const struct stat *st)
{
	*sx = (struct statx){
		.stx_mask = STATX_BASIC_STATS,
		.stx_blksize = (uint32_t)st->st_blksize,
		.stx_nlink = (uint32_t)st->st_nlink,
		.stx_uid = st->st_uid,
		.stx_gid = st->st_gid,
		.stx_mode = (uint16_t)st->st_mode,
		.stx_ino = st->st_ino,
		.stx_size = (uint64_t)st->st_size,
		.stx_blocks = (uint64_t)st->st_blocks,
		.stx_atime = {.tv_sec = (int64_t)st->st_atime,
			.tv_nsec = (uint32_t)st->st_atime_nsec},
		.stx_mtime = {.tv_sec = (int64_t)st->st_mtime,
			.tv_nsec = (uint32_t)st->st_mtime_nsec},
		.stx_ctime = {.tv_sec = (int64_t)st->st_ctime,
			.tv_nsec = (uint32_t)st->st_ctime_nsec},
		.stx_dev_major = (uint32_t)(st->st_dev >> 8) & 0xfff,
		.stx_dev_minor = (uint32_t)((st->st_dev & 0xff) | (st->st_dev >> 12 & 0xfff00)),
		.stx_rdev_major = (uint32_t)(st->st_rdev >> 8) & 0xfff,
		.stx_rdev_minor = (uint32_t)((st->st_rdev & 0xff) | (st->st_rdev >> 12 & 0xfff00)),
	};
}

FJ_HOT void fj_stat_from_statx(struct stat *st, const struct statx *sx)
{
	*st = (struct stat){
		.st_dev = encode_dev(sx->stx_dev_major, sx->stx_dev_minor),
		.st_ino = sx->stx_ino,
		.st_nlink = sx->stx_nlink,
		.st_mode = sx->stx_mode,
		.st_uid = sx->stx_uid,
		.st_gid = sx->stx_gid,
		.st_rdev = encode_dev(sx->stx_rdev_major, sx->stx_rdev_minor),
		.st_size = (long)sx->stx_size,
		.st_blksize = sx->stx_blksize,
		.st_blocks = (long)sx->stx_blocks,
		.st_atime = (unsigned long)sx->stx_atime.tv_sec,
		.st_atime_nsec = sx->stx_atime.tv_nsec,
		.st_mtime = (unsigned long)sx->stx_mtime.tv_sec,
		.st_mtime_nsec = sx->stx_mtime.tv_nsec,
		.st_ctime = (unsigned long)sx->stx_ctime.tv_sec,
		.st_ctime_nsec = sx->stx_ctime.tv_nsec,
	};
}
