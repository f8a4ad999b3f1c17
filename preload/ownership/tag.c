/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * tag.c - the tag: an attribute of a file that says by which key the file's record is found.
 *
 * Some file systems give neither a birth time nor a handle that lasts (FUSE). There the tag
 * replaces both: it has the inode number that the file had when its first record was made, and a
 * random stamp.
 *
 * On overlayfs the tag has the key that the file had when its record was made. It is read only for
 * a file whose own key has no record, and only when keys may have changed since: when the file of
 * records itself was copied up from a lower layer, so that another container made it, or in a root
 * whose inode numbers change.
 *
 * Called by key.c, inode/settle.c, and before a first record is made. */
#include "ownership/ownership.h"
#include "records/disk.h"
#include "records/records.h"
#include "sys/abi.h"
#include "sys/fd.h"
#include "syscall/stat.h"
#include "syscall/system.h"
#include "syscall/unistd_close.h"
#include "syscall/xattr.h"

#include <linux/errno.h>
#include <linux/stat.h>

/* getxattr(2) and setxattr(2) take no O_PATH descriptor, but they take its link in /proc. */
struct target {
	long fd;
	bool is_ours;
	char link[FJ_FD_LINK];
};

static bool aim_target(struct target *t, int dirfd, const char *name, bool follows)
{
	t->is_ours = name && name[0];
	t->fd = t->is_ours ? fj_open_path(dirfd, name, follows ? 0 : O_NOFOLLOW) : dirfd;
	fj_fd_link(t->link, (int)t->fd);
	return t->fd >= 0;
}

static void close_target(const struct target *t)
{
	if (t->is_ours)
		fj_sys_close((int)t->fd);
}

bool fj_owner_follows_tags;

struct tag {
	uint64_t ino, stamp;
};

static bool read_tag(const struct target *t, struct tag *tag)
{
	return fj_sys_getxattr(t->link, FJ_OWNER_TAG, tag, sizeof(*tag)) == (long)sizeof(*tag) &&
	       tag->stamp > FJ_OWNER_NO_STAMP;
}

static long write_tag(const struct target *t, const struct tag *tag, uint32_t mode)
{
	long r = fj_sys_setxattr(t->link, FJ_OWNER_TAG, tag, sizeof(*tag), 0);

	/* An owner who may not write the file may not set its attribute either: give write
	 * permission for a moment. */
	if (r == -EACCES && !(mode & 0200) && !fj_sys_fchmodat(AT_FDCWD, t->link, mode | 0200)) {
		r = fj_sys_setxattr(t->link, FJ_OWNER_TAG, tag, sizeof(*tag), 0);
		fj_sys_fchmodat(AT_FDCWD, t->link, mode);
	}
	return r;
}

static bool may_have_tag(uint32_t mode)
{
	return (mode & FJ_S_IFMT) == FJ_S_IFREG || (mode & FJ_S_IFMT) == FJ_S_IFDIR;
}

bool fj_owner_tag(int dirfd, const char *name, bool follows, struct fj_owner_key *key)
{
	struct target t;
	struct tag tag;
	bool has = false;

	if (aim_target(&t, dirfd, name, follows)) {
		has = read_tag(&t, &tag);
		close_target(&t);
	}
	if (has) {
		key->ino = tag.ino;
		key->stamp = tag.stamp;
	}
	return has;
}

void fj_owner_mark(
	struct fj_owner_key *key, uint32_t dev, int dirfd, const char *name, uint32_t mode)
{
	struct tag tag = {.ino = key->ino, .stamp = key->stamp}, there;
	struct target t;

	if (!may_have_tag(mode) ||
		(key->stamp != FJ_OWNER_NO_STAMP && !fj_owner_is_layered(dev, dirfd, name)) ||
		!aim_target(&t, dirfd, name, false))
		return;
	if (tag.stamp == FJ_OWNER_NO_STAMP) {
		fj_sys_getrandom(&tag.stamp, sizeof(tag.stamp), 0);
		tag.stamp |= 2;
		if (!read_tag(&t, &there))
			write_tag(&t, &tag, mode & 07777);
		/* If two processes do it at the same time, the last tag stays. So read it again. */
		if (read_tag(&t, &there)) {
			key->ino = there.ino;
			key->stamp = there.stamp;
		}
	} else {
		write_tag(&t, &tag, mode & 07777);
	}
	close_target(&t);
}

bool fj_owner_find_tagged(uint32_t dev, int dirfd, const char *name, uint32_t mode,
	struct fj_owner_key *key, struct fj_owner *owner)
{
	struct fj_owner_key tagged = *key;

	if (!may_have_tag(mode) || !fj_owner_is_layered(dev, dirfd, name) ||
		!fj_owner_tag(dirfd, name, false, &tagged) || !fj_owner_find(&tagged, owner))
		return false;
	*key = tagged;
	return true;
}

bool fj_owner_have_moved(int owners_fd)
{
	struct fj_owner_key key = {0}, first;
	struct statx sx;

	if (fj_owner_disk(owners_fd) != FJ_DISK_LAYERED ||
		fj_sys_statx(owners_fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME, &sx))
		return false;
	key.stamp = (uint64_t)sx.stx_btime.tv_sec * 1000000000u + sx.stx_btime.tv_nsec;
	if (fj_owner_tag(owners_fd, "", false, &first))
		return first.stamp != key.stamp;
	fj_owner_mark(&key, (sx.stx_dev_minor & 0xff) | sx.stx_dev_major << 8, owners_fd, "",
		sx.stx_mode);
	return false;
}
