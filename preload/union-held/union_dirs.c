/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * union_dirs.c - in a jail with unions: is a directory that a descriptor holds in a union, and at which
 * position? The kernel's answer costs as much as several lookups. So it is remembered, under a key made
 * from statx(2).
 *
 * These facts are like others (facts/facts.c), but their key cannot be a path. They say of the directory
 * with this device, inode number and birth time that it is at this position of a union, or in no union. All
 * names of the position are marked. So whoever removes, moves or replaces the directory in the jail
 * announces it, and its inode number is not reused unnoticed. If a directory has several positions, the
 * note of how it was reached (path/from_host.c) must agree.
 *
 * Called by walks and lookups that begin at a descriptor or at the working directory, and by hooks of
 * descriptors. */
#include "bytes/bytes.h"
#include "bytes/copy.h"
#include "bytes/equal.h"
#include "bytes/str.h"
#include "facts/fact_value.h"
#include "facts/facts.h"
#include "jail/epoch.h"
#include "jail/kernel_lacks.h"
#include "jail/root.h"
#include "layers/union.h"
#include "path/names.h"
#include "path/path.h"
#include "sys/abi.h"
#include "sys/scratch.h"
#include "sys/scratch_mark.h"
#include "syscall/stat.h"
#include "union-held/held.h"

#include <asm/stat.h>
#include <linux/fcntl.h>
#include <linux/stat.h>

static const struct fj_root own_root;

bool fj_dir_key_of(const struct statx *sx, char key[FJ_DIR_KEY_SIZE])
{
	const uint64_t dev = (uint64_t)sx->stx_dev_major << 32 | sx->stx_dev_minor;

	if (!(sx->stx_mask & STATX_BTIME) || (sx->stx_mode & FJ_S_IFMT) != FJ_S_IFDIR)
		return false;
	key[0] = 0;
	memcpy(key + 1, &dev, 8);
	memcpy(key + 9, &sx->stx_ino, 8);
	memcpy(key + 17, &sx->stx_btime.tv_sec, 8);
	memcpy(key + 25, &sx->stx_btime.tv_nsec, 4);
	return true;
}

static bool is_in_one_directory(uint32_t mode, uint64_t links)
{
	return (mode & FJ_S_IFMT) == FJ_S_IFDIR || links == 1;
}

bool fj_dir_key_of_child(const struct statx *sx, char key[FJ_DIR_KEY_SIZE])
{
	const uint64_t dev = (uint64_t)sx->stx_dev_major << 32 | sx->stx_dev_minor;

	if ((~sx->stx_mask & (STATX_TYPE | STATX_INO | STATX_NLINK)) ||
		!is_in_one_directory(sx->stx_mode, sx->stx_nlink))
		return false;
	memset(key, 0, FJ_DIR_KEY_SIZE);
	memcpy(key + 1, &dev, 8);
	memcpy(key + 9, &sx->stx_ino, 8);
	return true;
}

bool fj_dir_key_of_stat(const struct stat *st, char key[FJ_DIR_KEY_SIZE])
{
	/* new_encode_dev() of linux/kdev_t.h */
	const uint64_t dev = (st->st_dev >> 8 & 0xfff) << 32 | (st->st_dev & 0xff) |
			     (st->st_dev >> 12 & 0xfff00);

	if (!is_in_one_directory(st->st_mode, st->st_nlink))
		return false;
	memset(key, 0, FJ_DIR_KEY_SIZE);
	memcpy(key + 1, &dev, 8);
	memcpy(key + 9, &st->st_ino, 8);
	return true;
}

bool fj_dir_key(int dirfd, char key[FJ_DIR_KEY_SIZE])
{
	const bool is_bare = !fj_lacks()->null_path;
	const unsigned flags = AT_EMPTY_PATH | AT_NO_AUTOMOUNT,
		       mask = STATX_TYPE | STATX_INO | STATX_BTIME;
	struct statx sx;
	long r = fj_sys_statx(dirfd, is_bare ? NULL : "", flags, mask, &sx);

	if (__builtin_expect(r == -EFAULT && is_bare, 0)) {
		fj_lacks()->null_path = 1;
		r = fj_sys_statx(dirfd, "", flags, mask, &sx);
	}
	return !r && fj_dir_key_of(&sx, key);
}

/* The device in a key, as stat(2) shows it: new_encode_dev() of linux/kdev_t.h */
static uint64_t dev_in_key(const char key[FJ_DIR_KEY_SIZE])
{
	uint64_t dev;

	memcpy(&dev, key + 1, 8);
	return (dev & 0xff) | (dev >> 32) << 8 | (dev & 0xfff00) << 12;
}

/* Look for the fact. If it is known how many layers have the directory, this process remembers it:
 * union_recent.c. */
static bool find_fact(const char key[FJ_DIR_KEY_SIZE], uint64_t epoch, struct fj_str *pos,
	unsigned *flags, uint64_t *token)
{
	uint32_t sequence, born;
	const struct fj_fact *f = fj_facts_look(&own_root, key, FJ_DIR_KEY_SIZE, epoch, &sequence);
	int layers = 0;

	if (!f)
		return false;
	*flags = f->flags & FJ_FACT_UNION ? FJ_DIR_UNITED : FJ_DIR_ALONE;
	born = f->born;
	fj_fact_value(f, FJ_DIR_KEY_SIZE, pos);
	if (!fj_fact_held(f, sequence) || pos->overflowed)
		return false;
	if (*flags & FJ_DIR_UNITED)
		layers = fj_layers_know(pos->at, pos->len, epoch);
	if (layers >= 0 && !(layers & FJ_FACT_MERGED))
		*flags |= FJ_DIR_ALONE;
	if (!layers && (*flags & FJ_DIR_UNITED))
		*flags |= FJ_DIR_LOWER;
	if (layers >= 0)
		fj_dir_recent_add(key, pos->at, *flags, born, epoch, token);
	return true;
}

enum fj_dir_kind fj_dir_recall(int dirfd, uint64_t epoch, struct fj_str *pos, bool *is_alone)
{
	struct fj_dir_seen seen;

	return fj_dir_recall_on(dirfd, epoch, pos, is_alone, &seen);
}

enum fj_dir_kind fj_dir_recall_on(
	int dirfd, uint64_t epoch, struct fj_str *pos, bool *is_alone, struct fj_dir_seen *seen)
{
	const char *const noted = fj_dir_noted(dirfd);
	char key[FJ_DIR_KEY_SIZE];
	unsigned flags;

	*is_alone = false;
	*seen = (struct fj_dir_seen){0};
	fj_str_cut(pos, 0);
	if (!epoch || !fj_dir_key(dirfd, key))
		return FJ_DIR_UNKNOWN;
	seen->dev = dev_in_key(key);
	if (!fj_dir_recent(key, epoch, pos, &flags, &seen->token) &&
		!find_fact(key, epoch, pos, &flags, &seen->token))
		return FJ_DIR_UNKNOWN;
	if (!(flags & FJ_DIR_UNITED))
		return noted && noted[0] && fj_union_holds(noted) ? FJ_DIR_UNKNOWN : FJ_DIR_OUTSIDE;
	*is_alone = flags & FJ_DIR_ALONE;
	seen->is_lower = flags & FJ_DIR_LOWER;
	return noted && noted[0] && !fj_streq(noted, pos->at) ? FJ_DIR_UNKNOWN : FJ_DIR_IN_UNION;
}

/* Is the directory one of the layers'? A removed one is not, even if its name exists again. */
static bool is_among(const struct fj_layers *l, const char key[FJ_DIR_KEY_SIZE])
{
	char other[FJ_DIR_KEY_SIZE];

	for (uint32_t i = 0; i < l->count; i++)
		if (l->fd[i] >= 0 && fj_dir_key(l->fd[i], other) &&
			!memcmp(key, other, FJ_DIR_KEY_SIZE))
			return true;
	return false;
}

/* Is the directory at this position outside all unions, whichever path leads to it? */
static bool is_outside(struct fj_thread *t, const char *pos)
{
	const uint32_t mark = fj_scratch_mark(t);
	struct fj_str host;
	bool is;

	fj_str_init(&host, fj_scratch(t, FJ_REST_SIZE), FJ_REST_SIZE);
	fj_path_host(pos, &host);
	is = !host.overflowed && !fj_union_has_host(host.at);
	fj_scratch_release(t, mark);
	return is;
}

/* Does its host path lead back to this position? If not, another position with other options is preferred,
 * and this one is known only to the process that came by it. */
static bool is_first(struct fj_thread *t, const char *pos)
{
	const uint32_t mark = fj_scratch_mark(t);
	struct fj_str host, back;
	bool is;

	fj_str_init(&host, fj_scratch(t, FJ_REST_SIZE), FJ_REST_SIZE);
	fj_str_init(&back, fj_scratch_path(t), PATH_MAX);
	fj_path_host(pos, &host);
	is = !host.overflowed && fj_path_back(host.at, &back) && fj_streq(back.at, pos);
	fj_scratch_release(t, mark);
	return is;
}

void fj_dir_keep(
	struct fj_thread *t, int dirfd, const char *pos, const struct fj_layers *l, uint64_t epoch)
{
	char key[FJ_DIR_KEY_SIZE];

	if (!epoch || fj_layers_saw_names(pos) || !fj_dir_key(dirfd, key) ||
		!(l ? is_among(l, key) && is_first(t, pos) : is_outside(t, pos)))
		return;
	fj_facts_add(
		&own_root, key, FJ_DIR_KEY_SIZE, l ? pos : "", l ? FJ_FACT_UNION : 0, 0, epoch);
}

bool fj_dir_in_union(struct fj_thread *t, int dirfd, struct fj_str *pos, bool *is_alone,
	struct fj_dir_seen *seen)
{
	const uint64_t epoch = fj_facts_epoch();
	const enum fj_dir_kind kind = fj_dir_recall_on(dirfd, epoch, pos, is_alone, seen);
	struct fj_layers l;

	if (kind != FJ_DIR_UNKNOWN)
		return kind == FJ_DIR_IN_UNION;
	*is_alone = false;
	fj_str_cut(pos, 0);
	if (!fj_path_of_dir(t, dirfd, pos))
		return false;
	if (!fj_union_holds(pos->at)) {
		if (seen->dev) /* else there is no key, as in procfs */
			fj_dir_keep(t, dirfd, pos->at, NULL, epoch);
		return false;
	}
	if (fj_layers_open(t, pos->at, &l) > 0) {
		fj_dir_keep(t, dirfd, pos->at, &l, epoch);
		fj_layers_close(&l);
	}
	return true;
}
