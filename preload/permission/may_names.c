/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * may_names.c - may the caller make, link, remove or rename a name? The rules about directories and
 * the names in them. Called by may.c. */
#include "bytes/equal.h"
#include "bytes/len.h"
#include "call/args.h"
#include "call/call.h"
#include "call/row.h"
#include "cred/ids.h"
#include "inode/owned.h"
#include "mount-table/mount_flags.h"
#include "mount-table/mounts.h"
#include "ownership/ownership.h"
#include "permission/may.h"
#include "sys/abi.h"
#include "sys/fd.h"
#include "sys/scratch_mark.h"
#include "walk/walk.h"

#include <asm/unistd.h>

static bool argument_ends_in_slash(struct fj_call *c, int i)
{
	const uint32_t mark = fj_scratch_mark(c->thread);
	long error;
	const char *path = fj_arg_path(c, i, &error);
	const size_t len = path ? fj_strlen(path) : 0;
	const bool is = len && path[len - 1] == '/';

	fj_scratch_release(c->thread, mark);
	return is;
}

/* Judges making `target`, the path argument `i`, for which fj_target_of() returned `r`. */
static long judge_making(
	struct fj_call *c, int i, long r, struct fj_target *target, uint32_t mode, uint64_t device)
{
	const struct fj_ids *ids = fj_subject(c->thread);
	const bool is_device =
		(mode & FJ_S_IFMT) == FJ_S_IFBLK || ((mode & FJ_S_IFMT) == FJ_S_IFCHR && device);

	/* Only the name of a directory may end in a slash: ENOENT comes before permissions. */
	if (r <= 0 || target->is_there || (c->nr != __NR_mkdirat && argument_ends_in_slash(c, i)))
		return r < 0 ? r : 0;
	r = fj_target_errno(
		c, target, fj_may(ids, &target->parent.owner, FJ_MAY_WRITE | FJ_MAY_EXEC));
	return !r && is_device && !fj_ids_can(ids, FJ_CAP_MKNOD) ? -EPERM : r;
}

long fj_may_make(struct fj_call *c, int i, uint32_t mode, uint64_t device)
{
	struct fj_target target;
	const long r = fj_target_of(c, i, FJ_ENTRY, &target);

	return fj_target_done(&target, judge_making(c, i, r, &target, mode, device));
}

/* safe_hardlink_source() and may_linkat() of fs/namei.c: a link to a file of another user. */
static bool is_safe_source(const struct fj_ids *ids, const struct fj_owner *file)
{
	if (fj_is_owner(ids, file))
		return true;
	if ((file->mode & FJ_S_IFMT) != FJ_S_IFREG || (file->mode & FJ_S_ISUID) ||
		(file->mode & (FJ_S_ISGID | 0010)) == (FJ_S_ISGID | 0010))
		return false;
	return !fj_may(ids, file, FJ_MAY_READ | FJ_MAY_WRITE);
}

/* Does the host protect hardlinks (fs.protected_hardlinks of proc(5))? */
static bool hardlinks_are_protected(void)
{
	char value = '1';

	fj_read_file(AT_FDCWD, "/proc/sys/fs/protected_hardlinks", &value, 1);
	return value != '0';
}

/* The id of the mount that a name lies in. A file that is itself a mount point lies in the mount on
 * it; an entry lies in the mount of its directory. */
static uint32_t id_of(const char *pos, bool is_object)
{
	struct fj_mount_found m;

	if (is_object && fj_mount_of(pos, &m, NULL) && !(m.flags & FJ_MOUNT_ENTRY))
		return m.id;
	return fj_mount_around(pos, &m) ? m.id : 0;
}

/* Does the device of a file tell its mount? Not in a union, whose layers may lie on several devices. */
static bool devices_tell(void)
{
	return !fj_mount_flags()->mounts_share_device && !fj_mount_flags()->has_unions;
}

/* Two names in two mounts give EXDEV before permissions are asked: do_renameat2(), do_linkat() of
 * fs/namei.c. If nothing tells, permissions are asked. */
static bool crosses_mounts(
	const struct fj_target *from, bool is_object, uint64_t from_dev, const struct fj_target *to)
{
	if (from_dev != to->parent.key.dev && !fj_mount_flags()->has_unions)
		return true;
	if (devices_tell() || !from->place.pos || !to->place.pos)
		return false;
	return id_of(from->place.pos, is_object) != id_of(to->place.pos, false);
}

/* Are positions needed to tell whether both names lie in one mount? Not if facts found both in the
 * root's own tree, or if they are on one device and no two mounts are. */
static bool wants_positions(
	const struct fj_target *from, uint64_t from_dev, const struct fj_target *to)
{
	return !devices_tell() && !(from->is_in_root && to->is_in_root) &&
	       !(from->place.pos && to->place.pos) &&
	       (fj_mount_flags()->mounts_share_device || from_dev != to->parent.key.dev);
}

/* Looks up both names, the first one as `how` says. Returns the result of fj_target_of() for the
 * first name if that is below 1, 0 if the first one is `is_needed` and not there, else the result
 * for the second. */
static long see_both(struct fj_call *c, unsigned how, bool is_needed, unsigned pos,
	struct fj_target *from, struct fj_target *to)
{
	const long r = fj_target_of(c, 1, how | pos, from);

	to->place = (struct fj_place){.owned_fd = -1};
	to->is_there = false;
	if (r <= 0 || (is_needed && !from->is_there))
		return r < 0 ? r : 0;
	return fj_target_of(c, 3, FJ_ENTRY | pos, to);
}

static long judge_link(
	struct fj_call *c, long r, const struct fj_target *from, struct fj_target *to)
{
	if (r > 0 && !to->is_there &&
		(argument_ends_in_slash(c, 3) ||
			crosses_mounts(from, true, from->file.key.dev, to)))
		return 0; /* ENOENT, EXDEV */
	if (!is_safe_source(fj_subject(c->thread), &from->file.owner) && hardlinks_are_protected())
		return r < 0 ? r : r && !to->is_there ? -EPERM : 0;
	return judge_making(c, 3, r, to, 0, 0);
}

/* Errors of the old name come first. */
long fj_may_link(struct fj_call *c)
{
	const uint32_t mark = fj_scratch_mark(c->thread);
	const unsigned how = fj_target_follow(c, 1);
	struct fj_target from = {0}, to;
	long r = see_both(c, how, true, 0, &from, &to);

	if (r > 0 && wants_positions(&from, from.file.key.dev, &to)) {
		fj_target_done(&to, 0);
		fj_target_done(&from, 0);
		fj_scratch_release(c->thread, mark);
		r = see_both(c, how, true, FJ_WANT_POS, &from, &to);
	}
	/* For a symlink of procfs, and for a file named by its descriptor alone, the place is not
	 * the file's. */
	if (from.is_there && (from.place.is_magic || !from.place.name[0]))
		from.place.pos = NULL;
	if (from.is_there)
		r = judge_link(c, r, &from, &to);
	fj_target_done(&to, 0);
	return fj_target_done(&from, r);
}

/* Does path argument `i` end in "." or "..", or is it the root? For these EINVAL, ENOTEMPTY, EISDIR
 * and EBUSY come before any permission. */
static bool is_no_name(struct fj_call *c, int i)
{
	const uint32_t mark = fj_scratch_mark(c->thread);
	long error;
	const char *path = fj_arg_path(c, i, &error);
	size_t len = path ? fj_strlen(path) : 0, at;
	bool is = false;

	if (len) {
		while (len && path[len - 1] == '/')
			len--;
		for (at = len; at && path[at - 1] != '/';)
			at--;
		is = !len ||
		     (path[at] == '.' && (len - at == 1 || (len - at == 2 && path[at + 1] == '.')));
	}
	fj_scratch_release(c->thread, mark);
	return is;
}

static bool is_target_dir(const struct fj_target *target)
{
	return (target->file.owner.mode & FJ_S_IFMT) == FJ_S_IFDIR;
}

long fj_may_unlink(struct fj_call *c)
{
	struct fj_target target;
	long r = fj_target_of(c, fj_arg_index(c, FJ_OLD), FJ_ENTRY, &target);

	if (r <= 0 || !target.is_there || is_no_name(c, fj_arg_index(c, FJ_OLD)) ||
		(!(fj_arg(c, FJ_HEX, 0) & AT_REMOVEDIR) &&
			argument_ends_in_slash(c, fj_arg_index(c, FJ_OLD)))) /* ENOTDIR, EISDIR */
		return fj_target_done(&target, r < 0 ? r : 0);
	return fj_target_done(&target, fj_target_errno(c, &target,
					       fj_may_delete(fj_subject(c->thread),
						       &target.parent.owner, &target.file.owner)));
}

static bool same_file(const struct fj_file *a, const struct fj_file *b)
{
	return a->key.ino == b->key.ino && a->key.dev == b->key.dev;
}

/* vfs_rename() of fs/namei.c */
static long judge_rename(struct fj_call *c, const struct fj_ids *ids, const struct fj_target *from,
	const struct fj_target *to, bool exchanges)
{
	const bool moves = !same_file(&from->parent, &to->parent);
	long r;

	if (to->is_there && same_file(&from->file, &to->file))
		return 0; /* two names of one file: rename(2) does nothing */
	r = fj_target_errno(c, from, fj_may_delete(ids, &from->parent.owner, &from->file.owner));
	if (r)
		return r;
	r = to->is_there ? fj_may_delete(ids, &to->parent.owner, &to->file.owner) :
			   fj_may(ids, &to->parent.owner, FJ_MAY_WRITE | FJ_MAY_EXEC);
	r = fj_target_errno(c, to, r);
	if (r || !moves || (to->is_there && !exchanges && is_target_dir(from) != is_target_dir(to)))
		return r; /* 0: ENOTDIR, EISDIR */
	/* A directory that moves to another one gets a new "..", which is a write. */
	if ((from->file.owner.mode & FJ_S_IFMT) == FJ_S_IFDIR)
		r = fj_may(ids, &from->file.owner, FJ_MAY_WRITE);
	if (!r && exchanges && (to->file.owner.mode & FJ_S_IFMT) == FJ_S_IFDIR)
		r = fj_may(ids, &to->file.owner, FJ_MAY_WRITE);
	return r;
}

/* Is `dir` a directory, and `name` below it? */
static bool is_around(const struct fj_target *dir, const struct fj_target *name)
{
	return dir->is_there && (dir->file.owner.mode & FJ_S_IFMT) == FJ_S_IFDIR &&
	       dir->place.pos && name->place.pos && !fj_streq(dir->place.pos, name->place.pos) &&
	       fj_path_has_prefix(name->place.pos, dir->place.pos);
}

long fj_may_rename(struct fj_call *c)
{
	const uint64_t flags = fj_arg(c, FJ_HEX, 0);
	const uint32_t mark = fj_scratch_mark(c->thread);
	struct fj_target from, to;
	long r = see_both(c, FJ_ENTRY, false, 0, &from, &to);

	/* Positions are needed, too, to find out whether one name is below the other; only below a
	 * directory. */
	if (r > 0 && (wants_positions(&from, from.parent.key.dev, &to) ||
			     (from.is_there && is_target_dir(&from)) ||
			     (to.is_there && is_target_dir(&to)))) {
		fj_target_done(&to, 0);
		fj_target_done(&from, 0);
		fj_scratch_release(c->thread, mark);
		r = see_both(c, FJ_ENTRY, false, FJ_WANT_POS, &from, &to);
	}
	if (r > 0 && from.is_there && !is_target_dir(&from) &&
		(argument_ends_in_slash(c, 1) ||
			(!(flags & FJ_RENAME_EXCHANGE) && argument_ends_in_slash(c, 3))))
		r = 0; /* ENOTDIR */
	if (r > 0 && (flags & FJ_RENAME_EXCHANGE) && to.is_there && !is_target_dir(&to) &&
		argument_ends_in_slash(c, 3))
		r = 0; /* ENOTDIR */
	if (r > 0 && (crosses_mounts(&from, false, from.parent.key.dev, &to) || is_no_name(c, 1) ||
			     is_no_name(c, 3) || is_around(&from, &to) || is_around(&to, &from)))
		r = 0; /* EXDEV, EBUSY, EINVAL, ENOTEMPTY come before permissions */
	if (r > 0)
		r = from.is_there && !(to.is_there && (flags & FJ_RENAME_NOREPLACE)) &&
				    (to.is_there || !(flags & FJ_RENAME_EXCHANGE)) ?
			    judge_rename(c, fj_subject(c->thread), &from, &to,
				    flags & FJ_RENAME_EXCHANGE) :
			    0;
	fj_target_done(&to, 0);
	return fj_target_done(&from, r);
}
