/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * owned.c - what a file shows in the jail: what the disk says, and its owner record. Called
 * by all hooks that look at files.
 *
 * Where a file has no record, only the user's ids are replaced by root's in the kernel's answer. Otherwise
 * statx(2) is called instead of stat(2): in the same call it gives the birth time that a record's key needs. Which of
 * the two is called is a guess from the last look. */
#include "inode/owned.h"

#include "call/call.h"
#include "cred/identity_table.h"
#include "cred/ids.h"
#include "fast-path/fast.h"
#include "identity/peer.h"
#include "inode/device.h"
#include "jail/jail.h"
#include "jail/kernel_lacks.h"
#include "layers/place.h"
#include "layers/union.h"
#include "met-roots/met_roots.h"
#include "mount-table/mount_flags.h"
#include "nested/roots.h"
#include "ownership/ownership.h"
#include "records/disk.h"
#include "records/records.h"
#include "sys/abi.h"
#include "sys/hot.h"
#include "syscall/stat.h"
#include "syscall/unistd_close.h"

#include <linux/errno.h>
#include <linux/fcntl.h>
#include <stdint.h>

/* The mode of the directories that procfs has for a process and that show its effective ids */
#define PROCESS_DIR (FJ_S_IFDIR | 0555)

static bool no_statx;

/* May a file on `dev` be foreign? On the root's own device, where no other directory is mounted, none is. */
static inline bool may_be_foreign(uint64_t dev)
{
	return dev != fj_jail->root_dev || fj_mount_flags()->dirs_share_device ||
	       fj_owner_has_news();
}

/* Puts into `uid` and `gid`, which are those on the disk, the owner that a file on `dev` shows without a record.
 * Returns whether the file is foreign. */
static inline bool show_default(struct fj_call *c, uint64_t dev, uint32_t mode, int dirfd,
	const char *name, uint32_t *uid, uint32_t *gid)
{
	if (*uid != fj_owner_real_uid())
		return false;
	for (unsigned i = 0; i < FJ_NAMELESS; i++)
		if (dev == fj_jail->nameless_dev[i]) {
			*uid = fj_ids()->fsuid;
			*gid = fj_ids()->fsgid;
			return false;
		}
	if (may_be_foreign(dev) && fj_dev_is_foreign(c->thread, dev, dirfd, name))
		return true;
	/* The disk may have another group of the user's, which a directory of the host with the setgid
	 * bit has given to the file: it is shown as group 0, too. */
	if (!fj_ids_is_himself())
		*uid = *gid = 0;
	if (__builtin_expect(mode == PROCESS_DIR && dev != fj_jail->root_dev, 0) &&
		fj_ids_were_posted())
		fj_identity_shown(c->thread, dev, dirfd, name, uid, gid);
	return false;
}

/* How many directories to subtract from the link count, since the jail's own directory in its root
 * is hidden. Some file systems do not count directories: btrfs says 1. */
static uint32_t hidden_names(uint64_t dev, uint64_t ino, uint64_t nlink)
{
	return nlink > 2 &&
	       ((fj_jail->has_hidden && ino == fj_jail->root_ino && dev == fj_jail->root_dev) ||
		       (fj_owner_roots_met() && fj_roots_is_one(dev, ino)));
}

__attribute__((always_inline)) static inline long stat_in_kernel(
	int dirfd, const char *name, unsigned flags, unsigned mask, struct statx *sx)
{
	const bool is_bare = (flags & AT_EMPTY_PATH) && name && !name[0] && !fj_lacks()->null_path;
	struct stat st;
	long r;

	if (!no_statx) {
		r = fj_sys_statx(dirfd, is_bare ? NULL : name, flags, mask, sx);
		if (__builtin_expect(r == -EFAULT && is_bare, 0)) {
			fj_lacks()->null_path = 1;
			r = fj_sys_statx(dirfd, name, flags, mask, sx);
		}
		if (r != -ENOSYS)
			return r;
		no_statx = true;
	}
	r = fj_sys_newfstatat(dirfd, name, &st, flags);
	if (!r)
		fj_statx_from_stat(sx, &st);
	return r;
}

long fj_disk_statx(int dirfd, const char *name, unsigned flags, unsigned mask, struct statx *sx)
{
	return stat_in_kernel(dirfd, name, flags, mask, sx);
}

FJ_HOT static struct fj_owner_key key_of(
	const struct statx *sx, int dirfd, const char *name, unsigned flags)
{
	struct fj_owner_key key;

	fj_owner_key_of(sx, dirfd, name, !(flags & AT_SYMLINK_NOFOLLOW), &key);
	return key;
}

/* `fd` is a device of the host. If a pretended device node led to it, the node is meant: puts what
 * the disk says of the node into `sx`. A node without a name gives only its device and number. Returns the key
 * of the file that is shown. */
__attribute__((noinline)) static struct fj_owner_key see_node(
	struct fj_call *c, int fd, unsigned mask, struct statx *sx)
{
	struct fj_device_node node;
	struct fj_owner_key key;
	struct statx there;

	if (!fj_device_node(c, fd, &node))
		return key_of(sx, fd, "", AT_EMPTY_PATH);
	sx->stx_dev_major = node.key.dev >> 8 & 0xfff;
	sx->stx_dev_minor = (node.key.dev & 0xff) | (node.key.dev >> 12 & 0xfff00);
	sx->stx_ino = node.key.ino;
	if (node.fd < 0)
		return node.key;
	if (!stat_in_kernel(node.fd, "", AT_EMPTY_PATH, mask, &there)) {
		key = key_of(&there, node.fd, "", AT_EMPTY_PATH);
		if (key.dev == node.key.dev && key.ino == node.key.ino &&
			key.stamp == node.key.stamp)
			*sx = there;
	}
	fj_sys_close(node.fd);
	return node.key;
}

static void show_record(const struct fj_owner *record, struct statx *sx)
{
	sx->stx_uid = record->uid;
	sx->stx_gid = record->gid;
	if (record->flags & FJ_OWNER_MODE)
		sx->stx_mode = (uint16_t)((sx->stx_mode & FJ_S_IFMT) | (record->mode & 07777));
	if (record->flags & FJ_OWNER_DEVICE) {
		sx->stx_mode = (uint16_t)record->mode;
		sx->stx_rdev_major = record->rdev >> 8 & 0xfff;
		sx->stx_rdev_minor = (record->rdev & 0xff) | (record->rdev >> 12 & 0xfff00);
	}
	if (record->ctime > fj_statx_ns(&sx->stx_ctime)) {
		sx->stx_ctime.tv_sec = (int64_t)(record->ctime / 1000000000u);
		sx->stx_ctime.tv_nsec = (uint32_t)(record->ctime % 1000000000u);
	}
}

/* Is the file named itself, not what a symlink of procfs leads to? The name of such a link does not
 * say where the file lies. */
static bool is_itself(const char *name, unsigned flags)
{
	return (flags & AT_SYMLINK_NOFOLLOW) || !name || !name[0];
}

/* A copied-up file shows the device and number that it had: st_ino in overlayfs.rst. */
__attribute__((noinline)) static void show_origin(
	const struct fj_owner *record, uint64_t dev, struct statx *sx)
{
	uint64_t ino;

	if (!fj_union_calls.origin(record, &dev, &ino))
		return;
	sx->stx_ino = ino;
	sx->stx_dev_major = dev >> 8 & 0xfff;
	sx->stx_dev_minor = (dev & 0xff) | (dev >> 12 & 0xfff00);
}

__attribute__((always_inline)) static inline bool find_owner_record(
	struct fj_file *file, uint32_t links)
{
	return fj_owner_find(&file->key, &file->owner) &&
	       !(file->key.stamp == FJ_OWNER_NO_STAMP && links &&
		       (file->owner.flags & FJ_OWNER_GONE)) &&
	       !(links && (file->owner.flags & FJ_OWNER_NAMELESS));
}

/* The kernel has filled `sx`: makes of it what the file shows, and fills `file`. */
__attribute__((always_inline)) static inline void show_file(struct fj_call *c, int dirfd,
	const char *name, unsigned flags, unsigned mask, struct statx *sx, struct fj_file *file)
{
	struct fj_owner_key key;

	if (__builtin_expect(fj_owner_has_news(), 0))
		fj_roots_renew(c->thread, dirfd, name);
	if ((sx->stx_mode & FJ_S_IFMT) == FJ_S_IFDIR && is_itself(name, flags))
		fj_roots_see(c->thread, dirfd, name, fj_statx_dev(sx), sx->stx_ino, sx->stx_nlink);
	if ((sx->stx_mode & FJ_S_IFMT) == FJ_S_IFCHR && (!name || !name[0]))
		key = see_node(c, dirfd, mask | STATX_BASIC_STATS | STATX_BTIME, sx);
	else
		key = key_of(sx, dirfd, name, flags);
	file->key = file->natural = key;
	file->dev = fj_statx_dev(sx);
	file->real_uid = sx->stx_uid;
	file->real_gid = sx->stx_gid;
	file->real_mode = sx->stx_mode;
	file->nlink = sx->stx_nlink;
	file->is_foreign = false;
	file->has_record = find_owner_record(file, sx->stx_nlink);
	/* A new root takes over the records of its files, and the records around it lose them.
	 * Opening the records of a known root may show that the root has moved. */
	if (__builtin_expect(fj_owner_has_news(), 0)) {
		fj_roots_renew(c->thread, dirfd, name);
		file->has_record = find_owner_record(file, sx->stx_nlink);
	}
	if (__builtin_expect(fj_owner_follows_tags, 0) && !file->has_record)
		file->has_record = fj_owner_find_tagged(
			file->dev, dirfd, name, sx->stx_mode, &file->key, &file->owner);
	if (file->has_record) {
		show_record(&file->owner, sx);
	} else {
		file->owner = (struct fj_owner){.uid = sx->stx_uid, .gid = sx->stx_gid};
		file->is_foreign = show_default(c, file->dev, sx->stx_mode, dirfd, name,
			&file->owner.uid, &file->owner.gid);
		sx->stx_uid = file->owner.uid;
		sx->stx_gid = file->owner.gid;
	}
	file->owner.mode = sx->stx_mode;
	if (__builtin_expect(!sx->stx_nlink, 0))
		file->owner.flags |= FJ_OWNER_NAMELESS;
	sx->stx_nlink -= hidden_names(file->dev, sx->stx_ino, sx->stx_nlink);
	if (__builtin_expect(fj_mount_flags()->has_unions && file->has_record, 0) &&
		fj_union_calls.origin)
		show_origin(&file->owner, file->dev, sx);
	if (!(mask & STATX_BTIME)) { /* not asked for by the program */
		sx->stx_mask &= ~STATX_BTIME;
		sx->stx_btime = (struct statx_timestamp){0};
	}
}

FJ_HOT long fj_file_statx(struct fj_call *c, int dirfd, const char *name, unsigned flags,
	unsigned mask, struct statx *sx, struct fj_file *file)
{
	const long r =
		stat_in_kernel(dirfd, name, flags, mask | STATX_BASIC_STATS | STATX_BTIME, sx);

	if (r < 0)
		return r;
	show_file(c, dirfd, name, flags, mask, sx, file);
	return 0;
}

long fj_file_statx_end(struct fj_call *c, const struct fj_place *link,
	const struct fj_link_end *end, struct fj_link_end *found, unsigned flags, unsigned mask,
	struct statx *sx, struct fj_file *file)
{
	const long r = stat_in_kernel(
		link->dirfd, link->name, flags, mask | STATX_BASIC_STATS | STATX_BTIME, sx);

	if (r < 0)
		return r;
	found->dev = fj_statx_dev(sx);
	found->ino = sx->stx_ino;
	if (found->ino != end->ino || found->dev != end->dev)
		return -ESTALE;
	show_file(c, end->dirfd, end->name, flags | AT_SYMLINK_NOFOLLOW, mask, sx, file);
	return 0;
}

bool fj_file_is_last_name(
	struct fj_call *c, int dirfd, const char *name, struct fj_file *file, bool *is_there)
{
	struct statx sx;
	const long r = stat_in_kernel(
		dirfd, name, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS | STATX_BTIME, &sx);
	bool is_dir;

	*is_there = r != -ENOENT;
	if (r < 0)
		return false;
	is_dir = (sx.stx_mode & FJ_S_IFMT) == FJ_S_IFDIR;
	if (!is_dir && sx.stx_nlink != 1 && !fj_owner_has_news())
		return false;
	show_file(c, dirfd, name, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &sx, file);
	fj_file_find_home(c, dirfd, name, file);
	return file->has_record && (is_dir || file->nlink == 1);
}

long fj_file_look(
	struct fj_call *c, int dirfd, const char *name, unsigned flags, struct fj_file *file)
{
	struct statx sx;
	long r;

	if (!(flags & AT_SYMLINK_FOLLOW))
		flags |= AT_SYMLINK_NOFOLLOW;
	r = fj_file_statx(
		c, dirfd, name, flags & ~(unsigned)AT_SYMLINK_FOLLOW, STATX_BASIC_STATS, &sx, file);
	if (!r)
		fj_file_find_home(c, dirfd, name, file);
	return r;
}

void fj_file_find_home(struct fj_call *c, int dirfd, const char *name, struct fj_file *file)
{
	file->key.home = fj_roots_home(c->thread, dirfd, name);
	if (__builtin_expect(fj_owner_roots_met() != 0, 0) && file->has_record &&
		!fj_owner_is_in_place(&file->key))
		file->key.home = fj_roots_home(c->thread, dirfd, name);
}

/* Where a root was met, or device and number do not last, the whole key is needed. */
static inline bool need_whole_keys(void)
{
	return fj_owner_is_scattered | fj_owner_follows_tags | fj_owner_is_forgetful ||
	       fj_owner_roots_met();
}

/* May another file system than the root's give numbers that do not last, as FUSE does? Its devices have no major number. */
static inline bool may_forget(uint64_t dev)
{
	return !(dev >> 8 & 0xfff) && dev != fj_jail->root_dev;
}

FJ_HOT bool fj_file_shows_itself(const struct fj_thread *t)
{
	/* (Where the whole key is needed, needs_key() asks again for records and for news.) */
	if (need_whole_keys())
		return fj_shown(t)->were_none || fj_owner_is_empty();
	return !(fj_shown(t)->had_record || fj_owner_has_news()) || fj_owner_is_empty();
}

FJ_HOT void fj_file_note_shown(const struct fj_thread *t, const struct fj_file *file)
{
	struct fj_owner other;

	/* What an older file with the same number has left takes two calls if it is met unexpectedly. */
	fj_shown(t)->had_record = file->has_record || need_whole_keys() || may_forget(file->dev) ||
				  (file->real_mode & FJ_S_IFMT) == FJ_S_IFCHR ||
				  fj_owner_find_ino(file->dev, file->natural.ino, &other);
}

/* Device and number lead to the one place of a file's record. If that is of an older file, the birth tells. */
static inline bool needs_key(
	struct fj_call *c, uint64_t dev, uint64_t ino, uint32_t mode, const char *name)
{
	const bool is_special = ((mode & FJ_S_IFMT) == FJ_S_IFCHR && (!name || !name[0])) ||
				need_whole_keys() || may_forget(dev);
	struct fj_owner owner;
	const bool may = __builtin_expect(is_special, 0) ? !fj_owner_is_empty() :
							   fj_owner_find_ino(dev, ino, &owner);

	if (may)
		fj_shown(c->thread)->had_record = true;
	if (__builtin_expect(is_special, 0))
		fj_shown(c->thread)->were_none = !may;
	return may;
}

FJ_HOT bool fj_file_show_stat(
	struct fj_call *c, int dirfd, const char *name, unsigned flags, struct stat *st)
{
	if (needs_key(c, st->st_dev, st->st_ino, st->st_mode, name))
		return true;
	if ((st->st_mode & FJ_S_IFMT) == FJ_S_IFDIR && is_itself(name, flags) &&
		fj_roots_see(c->thread, dirfd, name, st->st_dev, st->st_ino, st->st_nlink))
		return true;
	st->st_nlink -= hidden_names(st->st_dev, st->st_ino, st->st_nlink);
	show_default(c, st->st_dev, st->st_mode, dirfd, name, &st->st_uid, &st->st_gid);
	return false;
}

FJ_HOT bool fj_file_show_statx(
	struct fj_call *c, int dirfd, const char *name, unsigned flags, struct statx *sx)
{
	const uint64_t dev = fj_statx_dev(sx);

	if (needs_key(c, dev, sx->stx_ino, sx->stx_mode, name))
		return true;
	if ((sx->stx_mode & FJ_S_IFMT) == FJ_S_IFDIR && is_itself(name, flags) &&
		fj_roots_see(c->thread, dirfd, name, dev, sx->stx_ino, sx->stx_nlink))
		return true;
	sx->stx_nlink -= hidden_names(dev, sx->stx_ino, sx->stx_nlink);
	show_default(c, dev, sx->stx_mode, dirfd, name, &sx->stx_uid, &sx->stx_gid);
	return false;
}
