/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * copy_shown.c - copies what a file shows besides its data: attributes, mode and times, and makes an owner
 * record for the copy. Called by copy_up.c.
 *
 * Every copy gets a record, even if the lower file has none: its owner on the disk may differ, and without
 * a record the place of a file decides what it shows. The lower file's record is only read. */
#include "bytes/bytes.h"
#include "bytes/equal.h"
#include "bytes/len.h"
#include "call/call.h"
#include "cred/ids.h"
#include "nested/roots.h"
#include "ownership/ownership.h"
#include "records/records.h"
#include "sys/abi.h"
#include "syscall/stat.h"
#include "syscall/unistd_ids.h"
#include "syscall/xattr.h"
#include "union/parts.h"
#include "union/union.h"

#include <asm/stat.h>
#include <linux/fcntl.h>
#include <linux/xattr.h>

#define LIST 65536u /* XATTR_LIST_MAX, linux/limits.h */

static bool starts_with(const char *text, const char *prefix)
{
	return !memcmp(text, prefix, fj_strlen(prefix));
}

/* An ordinary attribute, which the copy gets on the disk: not the tag that leads to a record, and none of
 * the kernel's overlays. */
static bool is_the_disks(const char *name)
{
	return starts_with(name, XATTR_USER_PREFIX) && !fj_streq(name, FJ_OWNER_TAG) &&
	       !starts_with(name, "user.overlay.");
}

/* An attribute that the user cannot set on the disk, and that is shown if the record has none
 * (xattr/hook_xattr.c). */
static bool is_for_record(const char *name)
{
	return fj_streq(name, "security.capability") || fj_streq(name, FJ_ACL_ACCESS) ||
	       fj_streq(name, FJ_ACL_DEFAULT);
}

static long copy_one(struct fj_union_copy *u, const char *name, char *value)
{
	long r, size;

	if (!is_the_disks(name))
		return 0;
	size = fj_sys_fgetxattr(u->src, name, value, FJ_ATTRIBUTE_MAX);
	if (size == -ENODATA)
		return 0;
	if (size < 0)
		return size;
	r = fj_sys_fsetxattr(u->dst, name, value, size, 0);
	/* ovl_copy_xattr() of fs/overlayfs/copy_up.c */
	return r == -EOPNOTSUPP ? 0 : r;
}

/* Call `each` with every name, and with room for a value. */
static long all_names(struct fj_union_copy *u,
	long (*each)(struct fj_union_copy *u, const char *name, char *value))
{
	char *room;
	long len, r = 0;

	/* (Most files have none.) */
	len = fj_sys_flistxattr(u->src, 0, 0);
	if (len <= 0)
		return len == -EOPNOTSUPP ? 0 : len;
	room = fj_union_room(LIST + FJ_ATTRIBUTE_MAX);
	if (!room)
		return -ENOMEM;
	len = fj_sys_flistxattr(u->src, room, LIST);
	for (long at = 0; at < len && r >= 0; at += (long)fj_strlen(room + at) + 1)
		r = each(u, room + at, room + LIST);
	fj_union_give_room(room, LIST + FJ_ATTRIBUTE_MAX);
	return r < 0 ? r : len < 0 ? len : 0;
}

long fj_union_copy_attributes(struct fj_union_copy *u)
{
	return u->src < 0 || u->dst < 0 ? 0 : all_names(u, copy_one);
}

static long record_one(struct fj_union_copy *u, const char *name, char *value)
{
	long size;

	if (!is_for_record(name) || fj_owner_get_attribute(&u->made, name, NULL, 0) >= 0)
		return 0;
	size = fj_sys_fgetxattr(u->src, name, value, FJ_ATTRIBUTE_MAX);
	if (size < 0)
		return size == -ENODATA ? 0 : size;
	return fj_owner_set_attribute(&u->made, name, value, (size_t)size, 0, &u->file.owner);
}

/* The lower file may be an upper file of another union: drop what its record says about that. */
static long forget_attribute(const struct fj_union_copy *u, const char *name)
{
	const long r = fj_owner_set_attribute(&u->made, name, NULL, 0, 0, &u->file.owner);

	return r == -ENODATA ? 0 : r;
}

/* Each name of a file that is copied up becomes a file of its own, and not all can show the lower file's
 * number: ovl_copy_up_one() of fs/overlayfs/copy_up.c. */
static long record_origin(const struct fj_union_copy *u, uint32_t dev)
{
	const struct fj_union_origin origin = {
		/* Device numbers change with each boot. 0: the copy's own device. */
		.dev = u->file.dev == dev ? 0 : u->file.dev,
		.ino = u->sx.stx_ino,
		.stamp = u->file.natural.stamp,
	};

	if ((u->file.real_mode & FJ_S_IFMT) != FJ_S_IFDIR && u->file.nlink > 1)
		return forget_attribute(u, FJ_UNION_ORIGIN);
	return fj_owner_set_attribute(
		&u->made, FJ_UNION_ORIGIN, &origin, sizeof(origin), 0, &u->file.owner);
}

static long record_shown(struct fj_call *c, struct fj_union_copy *u)
{
	const struct fj_owner *owner = &u->file.owner;
	struct fj_owner shown = *owner;
	struct fj_file made;
	unsigned what = FJ_OWNER_UID | FJ_OWNER_GID;
	long r = fj_file_look(c, u->dirfd, u->name, u->name[0] ? 0 : AT_EMPTY_PATH, &made);

	if (r < 0)
		return r;
	made.key = made.natural;
	made.key.home = fj_roots_home(c->thread, u->dirfd, u->name);
	fj_owner_mark(&made.key, made.dev, u->dirfd, u->name, made.real_mode);
	u->made = made.key;
	if (u->file.has_record)
		r = fj_owner_renew(&u->file.key, &u->made);
	if (r < 0)
		return r;
	shown.uid = FJ_NO_ID; /* forces a record */
	if ((owner->mode & 07777) != (made.real_mode & 07777))
		what |= FJ_OWNER_MODE;
	if (!u->file.has_record && ((owner->mode & FJ_S_IFMT) == FJ_S_IFCHR ||
					   (owner->mode & FJ_S_IFMT) == FJ_S_IFBLK))
		what |= FJ_OWNER_DEVICE | FJ_OWNER_MODE;
	r = fj_owner_set(&u->made, what, owner, &shown, made.real_mode);
	if (r < 0)
		return r;
	if (owner->flags & FJ_OWNER_ATTRIBUTES)
		r = forget_attribute(u, FJ_UNION_OPAQUE);
	if (!r && u->is_nested && (owner->flags & FJ_OWNER_ATTRIBUTES))
		r = forget_attribute(u, FJ_UNION_NESTED_OPAQUE);
	if (!r && u->src >= 0)
		r = all_names(u, record_one);
	return r < 0 ? r : record_origin(u, made.dev);
}

static void times_of(const struct statx *sx, int64_t times[4])
{
	times[0] = sx->stx_atime.tv_sec;
	times[1] = sx->stx_atime.tv_nsec;
	times[2] = sx->stx_mtime.tv_sec;
	times[3] = sx->stx_mtime.tv_nsec;
}

static long copy_mode(struct fj_union_copy *u)
{
	const uint32_t type = u->file.owner.mode & FJ_S_IFMT;
	const bool is_device = type == FJ_S_IFCHR || type == FJ_S_IFBLK;
	const uint32_t mode = is_device ? FJ_S_IFREG | 0600 : u->file.owner.mode;

	return type == FJ_S_IFLNK ? 0 :
				    fj_file_chmod_disk(u->dirfd, u->name,
					    fj_owner_real_mode(mode, false) & 07777);
}

static long copy_times(const struct fj_union_copy *u)
{
	int64_t times[4];

	times_of(&u->sx, times);
	return u->name[0] ? fj_sys_utimensat(u->dirfd, u->name, times, AT_SYMLINK_NOFOLLOW) :
			    fj_sys_utimensat(u->dirfd, 0, times, 0);
}

/* Has the copy, which is the caller's own, the mode and times already? (An upper layer that was used before: setup/spare.c.) */
static bool is_shown(const struct fj_union_copy *u)
{
	struct stat st;
	int64_t times[4];

	times_of(&u->sx, times);
	return u->dst >= 0 && !fj_sys_fstat(u->dst, &st) &&
	       st.st_uid == (uint32_t)fj_sys_geteuid() &&
	       (st.st_mode & 07777) == (fj_owner_real_mode(u->file.owner.mode, false) & 07777) &&
	       (int64_t)st.st_atime == times[0] && (int64_t)st.st_atime_nsec == times[1] &&
	       (int64_t)st.st_mtime == times[2] && (int64_t)st.st_mtime_nsec == times[3];
}

long fj_union_copy_plain(struct fj_union_copy *u)
{
	const long r = is_shown(u) ? 1 : copy_mode(u);

	if (r == 1)
		return 0;
	return r < 0 ? r : copy_times(u);
}

long fj_union_copy_shown(struct fj_call *c, struct fj_union_copy *u)
{
	long r = copy_mode(u);

	if (!r)
		r = record_shown(c, u);
	return r < 0 ? r : copy_times(u);
}
