/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * whiteout.c - what an upper layer says about lower ones: whiteouts, opaque directories, origins. Called by
 * code that looks names up in a union or removes them.
 *
 * Since Linux 5.8 every user may make a character device 0:0. Such a whiteout needs no record, and the
 * kernel's overlay obeys it, too. If the kernel or the file system refuses it, an empty file with a record
 * is used. */
#include "bytes/copy.h"
#include "bytes/equal.h"
#include "call/call.h"
#include "cred/ids.h"
#include "ownership/ownership.h"
#include "path/path.h"
#include "records/records.h"
#include "sys/abi.h"
#include "sys/fd.h"
#include "sys/races.h"
#include "sys/scratch.h"
#include "sys/scratch_mark.h"
#include "syscall/dirent.h"
#include "syscall/fcntl.h"
#include "syscall/signal.h"
#include "syscall/stat.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_names.h"
#include "syscall/xattr.h"
#include "union/change.h"
#include "union/parts.h"
#include "union/union.h"

#include <asm/stat.h>
#include <linux/fs.h>
#include <stdint.h>

#define DENTS 4096u

/* new_encode_dev() of linux/kdev_t.h */
static uint32_t dev_of(const struct statx *sx)
{
	return (sx->stx_dev_minor & 0xff) | sx->stx_dev_major << 8 |
	       (sx->stx_dev_minor & ~0xffu) << 12;
}

bool fj_union_record(int dirfd, const char *name, struct fj_owner *owner)
{
	struct fj_owner_key key;
	struct statx sx;

	if (fj_disk_statx(dirfd, name, AT_SYMLINK_NOFOLLOW | (name[0] ? 0 : AT_EMPTY_PATH),
		    STATX_BASIC_STATS | STATX_BTIME, &sx))
		return false;
	fj_owner_key_of(&sx, dirfd, name, false, &key);
	return fj_owner_find(&key, owner) ||
	       (fj_owner_follows_tags &&
		       fj_owner_find_tagged(dev_of(&sx), dirfd, name, sx.stx_mode, &key, owner));
}

static long is_yes(const char *value, size_t size, void *context)
{
	(void)context;
	return size == 1 && value[0] == 'y';
}

/* Does the record have this attribute, with the value "y"? */
static bool says_yes(const struct fj_owner *owner, const char *attribute)
{
	return (owner->flags & FJ_OWNER_ATTRIBUTES) &&
	       fj_owner_look_at_attribute(&owner->key, attribute, is_yes, NULL) > 0;
}

bool fj_union_is_whiteout(struct fj_thread *t, int dirfd, const char *name, const struct stat *st)
{
	return fj_union_hides(t, dirfd, name, st, true);
}

bool fj_union_hides(
	struct fj_thread *t, int dirfd, const char *name, const struct stat *st, bool is_nested)
{
	struct fj_owner owner;
	struct stat asked;

	(void)t;
	if (!st && fj_sys_newfstatat(dirfd, name, &asked,
			   AT_SYMLINK_NOFOLLOW | (name[0] ? 0 : AT_EMPTY_PATH)))
		return false;
	st = st ? st : &asked;
	if ((st->st_mode & FJ_S_IFMT) == FJ_S_IFCHR)
		return !st->st_rdev;
	return (st->st_mode & FJ_S_IFMT) == FJ_S_IFREG && !st->st_size && fj_owner_has_devices() &&
	       fj_union_record(dirfd, name, &owner) && (owner.flags & FJ_OWNER_DEVICE) &&
	       (owner.mode & FJ_S_IFMT) == FJ_S_IFCHR && !owner.rdev &&
	       (is_nested || !says_yes(&owner, FJ_UNION_NESTED_WHITEOUT));
}

static long pretend_whiteout(struct fj_call *c, int work_fd, const char *temp, bool is_nested)
{
	const struct fj_owner device = {.mode = FJ_S_IFCHR};
	struct fj_file made;
	long r = fj_sys_mknodat(work_fd, temp, FJ_S_IFREG | 0600, 0);

	if (!r)
		r = fj_file_look(c, work_fd, temp, 0, &made);
	if (r < 0)
		return r;
	fj_owner_mark(&made.key, made.dev, work_fd, temp, made.real_mode);
	r = fj_owner_set(&made.key, FJ_OWNER_UID | FJ_OWNER_GID | FJ_OWNER_DEVICE | FJ_OWNER_MODE,
		&device, &made.owner, made.real_mode);
	return r || !is_nested ? r :
				 fj_owner_set_attribute(
					 &made.key, FJ_UNION_NESTED_WHITEOUT, "y", 1, 0, &device);
}

/* Remove the directory and all that is in it. Nobody can see it any more. */
static void remove_work_tree(struct fj_thread *t, int dirfd, const char *name)
{
	const uint32_t mark = fj_scratch_mark(t);
	char *list = fj_scratch(t, DENTS);
	const long fd =
		fj_sys_openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
	long n;

	while (fd >= 0 && (n = fj_sys_getdents64(fd, list, DENTS)) > 0)
		for (long at = 0; at < n;) {
			const struct fj_dirent *d = (const struct fj_dirent *)(list + at);

			fj_sys_unlinkat(fd, d->name, 0);
			at += d->size;
		}
	if (fd >= 0)
		fj_sys_close((int)fd);
	fj_sys_unlinkat(dirfd, name, AT_REMOVEDIR);
	fj_scratch_release(t, mark);
}

/* Put the whiteout at a name that was free. -EEXIST: it no longer is. (A file system that cannot refuse a name that is
 * taken refuses it to those without the lock, too: fast-path/fast_dir.c.) */
static long put_at_free(int work_fd, const char *temp, int dirfd, const char *name)
{
	const long r = fj_sys_renameat2(work_fd, temp, dirfd, name, RENAME_NOREPLACE);

	return r == -EINVAL || r == -ENOSYS ? fj_sys_renameat(work_fd, temp, dirfd, name) : r;
}

/* Put the whiteout in place of the file `was`. NULL: there is none. */
static long put_whiteout(struct fj_call *c, int work_fd, const char *temp, int dirfd,
	const char *name, const struct fj_file *was)
{
	const bool is_dir = was && (was->real_mode & FJ_S_IFMT) == FJ_S_IFDIR;
	long r;

	if (!is_dir)
		r = fj_sys_renameat(work_fd, temp, dirfd, name);
	else
		r = fj_sys_renameat2(work_fd, temp, dirfd, name, RENAME_EXCHANGE);
	if (r < 0)
		return r;
	if (is_dir)
		remove_work_tree(c->thread, work_fd, temp);
	if (was && was->has_record && (is_dir || was->nlink == 1))
		fj_owner_gone(&was->key);
	return 0;
}

static long make_whiteout(struct fj_call *c, int dirfd, const char *name, int work_fd, unsigned how)
{
	const bool is_nested = how & FJ_HIDE_NESTED;
	char temp[FJ_UNION_TEMP_SIZE];
	struct fj_file was;
	bool is_there;
	long r;

	fj_union_temp_name(temp);
	r = is_nested ? -EPERM : fj_sys_mknodat(work_fd, temp, FJ_S_IFCHR, 0);
	if (r < 0 && r != -EEXIST && r != -ENOSPC && r != -EDQUOT && r != -EROFS && r != -EACCES)
		r = pretend_whiteout(c, work_fd, temp, is_nested);
	if (r == -EEXIST)
		return -EAGAIN;
	/* The file may change between the look and the rename: a file is not exchanged, and a directory not
	 * replaced. */
	if (!r && (how & FJ_HIDE_FREE)) {
		r = put_at_free(work_fd, temp, dirfd, name);
		if (r == -EEXIST)
			fj_union_discard(c->thread, work_fd, temp);
		if (!r || r == -EEXIST)
			return r;
	}
	for (unsigned tries = 0; !r; tries++) {
		is_there = !fj_file_look(c, dirfd, name, 0, &was);
		r = put_whiteout(c, work_fd, temp, dirfd, name, is_there ? &was : NULL);
		if (!r)
			return 0;
		if ((r == -EISDIR || r == -ENOTDIR || r == -ENOENT) && tries < FJ_RACES)
			r = 0;
	}
	fj_sys_unlinkat(work_fd, temp, 0);
	return r;
}

long fj_union_hide(struct fj_call *c, int dirfd, const char *name, int work_fd, unsigned how)
{
	const uint32_t mark = fj_scratch_mark(c->thread);
	long fd = work_fd, r = -EAGAIN;

	if (work_fd < 0)
		fd = fj_sys_openat(dirfd, fj_place_dir_name(c->thread, name),
			O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	fj_scratch_release(c->thread, mark);
	if (fd < 0)
		return fd;
	for (unsigned tries = 0; r == -EAGAIN && tries < FJ_RACES; tries++)
		r = make_whiteout(c, dirfd, name, (int)fd, how);
	if (work_fd < 0)
		fj_sys_close((int)fd);
	return r == -EXDEV && work_fd >= 0 ? fj_union_hide(c, dirfd, name, -1, how) : r;
}

/* Attributes set outside a jail, by root or in a user namespace. */
static bool says_opaque(const char *link, const char *name)
{
	char value = 0;

	return fj_sys_getxattr(link, name, &value, 1) == 1 && value == 'y';
}

bool fj_union_shows_opaque(struct fj_thread *t, int dirfd, bool is_nested)
{
	struct fj_owner owner;
	char link[FJ_FD_LINK];

	(void)t;
	if (!fj_owner_is_empty() && fj_union_record(dirfd, "", &owner) &&
		(says_yes(&owner, FJ_UNION_OPAQUE) ||
			(is_nested && says_yes(&owner, FJ_UNION_NESTED_OPAQUE))))
		return true;
	fj_fd_link(link, dirfd);
	return says_opaque(link, "user.overlay.opaque") || says_opaque(link, FJ_UNION_OPAQUE);
}

long fj_union_mark_opaque(struct fj_call *c, int dirfd, bool is_nested)
{
	struct fj_file file;
	long r = fj_file_look(c, dirfd, "", AT_EMPTY_PATH, &file);

	if (!r)
		r = fj_file_settle(c, dirfd, "", &file);
	if (r < 0)
		return r;
	/* The directory has just been made, and may be moved to its final place later. Without a record it
	 * belongs to its creator, whatever is shown at this place. */
	if (!file.has_record && file.real_uid == fj_owner_real_uid()) {
		file.owner.uid = fj_ids()->fsuid;
		file.owner.gid = fj_ids()->fsgid;
	}
	return fj_owner_set_attribute(&file.key,
		is_nested ? FJ_UNION_NESTED_OPAQUE : FJ_UNION_OPAQUE, "y", 1, 0, &file.owner);
}

static long copy_origin(const char *value, size_t size, void *context)
{
	if (size != sizeof(struct fj_union_origin))
		return -ENODATA;
	memcpy(context, value, sizeof(struct fj_union_origin));
	return 0;
}

bool fj_union_origin(const struct fj_owner *owner, uint64_t dev, struct fj_union_origin *origin)
{
	if (!(owner->flags & FJ_OWNER_ATTRIBUTES) ||
		fj_owner_look_at_attribute(&owner->key, FJ_UNION_ORIGIN, copy_origin, origin) < 0)
		return false;
	if (!origin->dev)
		origin->dev = dev;
	return true;
}

/* Does the process that made `name` still exist, in our PID namespace? */
static bool is_creator_alive(const char *name)
{
	long pid = 0;

	for (name += sizeof(FJ_UNION_TEMP) - 1; *name >= '0' && *name <= '9'; name++)
		pid = pid * 10 + *name - '0';
	return pid > 0 && fj_sys_kill(pid, 0) != -ESRCH;
}

void fj_union_clean(struct fj_thread *t, int work_fd)
{
	const uint32_t mark = fj_scratch_mark(t);
	char *list = fj_scratch(t, DENTS);
	const long fd = fj_sys_openat(work_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	long n;

	while (fd >= 0 && (n = fj_sys_getdents64(fd, list, DENTS)) > 0)
		for (long at = 0; at < n;) {
			const struct fj_dirent *d = (const struct fj_dirent *)(list + at);

			at += d->size;
			if (!fj_begins(d->name, FJ_UNION_TEMP) || is_creator_alive(d->name))
				continue;
			if (fj_sys_unlinkat(fd, d->name, 0) == -EISDIR)
				remove_work_tree(t, (int)fd, d->name);
		}
	if (fd >= 0)
		fj_sys_close((int)fd);
	fj_scratch_release(t, mark);
}
