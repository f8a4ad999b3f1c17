/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * may_target.c - finds the files that a call is about, for the rules of permission: before the
 * call, by a lookup of its own. Called by the other files of this room.
 *
 * procfs and devpts show the owners of processes and terminals as the kernel knows them, and the
 * kernel itself judges who may open those files. */
#include "bytes/len.h"
#include "call/args.h"
#include "call/call.h"
#include "call/row.h"
#include "cred/ids.h"
#include "fast-path/fast.h"
#include "layers/union.h"
#include "path/path.h"
#include "permission/may.h"
#include "sys/abi.h"
#include "sys/races.h"
#include "sys/scratch_mark.h"
#include "sys/scratch_str.h"
#include "syscall/fcntl.h"
#include "walk/walk.h"

#include <asm/statfs.h>
#include <asm/unistd.h>
#include <linux/fanotify.h>
#include <linux/inotify.h>

#define DEVPTS_SUPER_MAGIC_ 0x1cd1 /* linux/magic.h */

const struct fj_ids *fj_subject(const struct fj_thread *t)
{
	return fj_judging(t)->judged ? fj_judging(t)->judged : fj_ids();
}

/* Does the kernel judge permissions of this file better? */
bool fj_is_kernels(struct fj_thread *t, int dirfd, const char *name)
{
	struct statfs fs;

	return !fj_path_statfs(t, dirfd, name, &fs) &&
	       (fs.f_type == FJ_PROC_SUPER_MAGIC || fs.f_type == DEVPTS_SUPER_MAGIC_);
}

const char *fj_target_dir(struct fj_call *c, const struct fj_target *target)
{
	const size_t len = fj_place_dir_len(target->place.name);

	return len ? fj_scratch_text(c->thread, target->place.name, len, "") : "";
}

/* In a union the layer that has the name need not be the one whose directory decides. */
int fj_target_parent(const struct fj_target *target)
{
	const struct fj_place *place = &target->place;

	return __builtin_expect(place->layers != NULL, 0) ? fj_layers_top(place->layers) :
							    place->dirfd;
}

/* If the walk ended at a directory itself, no layer was asked for a name. */
static bool ended_at_whiteout(const struct fj_place *place)
{
	return __builtin_expect(place->layers != NULL, 0) && place->layers->is_whiteout;
}

static bool look_at_parent(struct fj_call *c, struct fj_target *target)
{
	return !fj_file_look(c, fj_target_parent(target), fj_target_dir(c, target), AT_EMPTY_PATH,
		&target->parent);
}

/* What is asked about at a place that facts led to. */
struct target_call {
	struct fj_call *c;
	struct fj_target *target;
	unsigned how;
};

static long look_at_target(struct fj_fast *q, void *own)
{
	const struct target_call *const a = own;

	return fj_file_look(a->c, q->place.dirfd, q->place.name, 0, &a->target->file);
}

static enum fj_fast_seen see_target(struct fj_fast *q, void *own, long *r)
{
	const struct target_call *const a = own;

	a->target->place = q->place;
	a->target->is_there = !*r;
	if ((a->how & FJ_ENTRY) && !look_at_parent(a->c, a->target))
		return FJ_SEEN_UNSURE;
	return !*r && (a->how & FJ_FOLLOW) &&
			       (a->target->file.owner.mode & FJ_S_IFMT) == FJ_S_IFLNK ?
		       FJ_SEEN_UNSURE :
		       FJ_SEEN_ANSWER;
}

/* Looks up the target by remembered facts alone, when no symlink has to be followed. */
static bool see_quickly(
	struct fj_call *c, int dirfd, const char *jail_path, unsigned how, struct fj_target *target)
{
	struct target_call own = {.c = c, .target = target, .how = how};
	struct fj_fast q;
	long r;

	if (fj_fast_begin(&q, c->thread, dirfd, jail_path, fj_strlen(jail_path)) &&
		fj_fast_ask(&q, false, look_at_target, see_target, FJ_SURE_LOOKED, &own, &r)) {
		target->is_fast = true;
		target->is_in_root = q.is_in_root;
		return true;
	}
	target->is_there = false;
	target->place = (struct fj_place){.owned_fd = -1};
	return false;
}

/* Leaves out slashes at the end, so that a name of a non-directory is found, too. Calls that make
 * and remove names have their own rules for such a name. */
static const char *without_slashes(struct fj_call *c, const char *name)
{
	size_t len = fj_strlen(name);

	if (len < 2 || name[len - 1] != '/')
		return name;
	while (len > 1 && name[len - 1] == '/')
		len--;
	return fj_scratch_text(c->thread, name, len, "");
}

/* See may.h. */
long fj_target_of_path(
	struct fj_call *c, int dirfd, const char *jail_path, unsigned how, struct fj_target *target)
{
	const bool is_self = !jail_path;
	const uint32_t mark = fj_scratch_mark(c->thread);
	unsigned tries = 0;
	long r;

	*target = (struct fj_target){.place = {.owned_fd = -1, .dirfd = dirfd, .name = ""}};
	if (jail_path && !(how & (FJ_WANT_POS | FJ_BENEATH | FJ_IN_ROOT)) &&
		see_quickly(c, dirfd, jail_path, how, target))
		return 1;
	do {
		if (jail_path) {
			fj_place_done(&target->place);
			fj_scratch_release(c->thread, mark);
			r = fj_path_walk(
				c->thread, dirfd, jail_path, how | FJ_REMOVES, &target->place);
			if (r)
				return r == -EACCES ? r : 0;
		}
		if (target->place.is_exe)
			return 0;
		r = fj_file_look(c, target->place.dirfd,
			how & FJ_ENTRY ? without_slashes(c, target->place.name) :
					 target->place.name,
			(is_self ? AT_EMPTY_PATH : 0) |
				(target->place.is_magic ? AT_SYMLINK_FOLLOW : 0),
			&target->file);
		/* A symlink that is followed has just replaced the file. */
	} while (!r && jail_path && (how & FJ_FOLLOW) && !target->place.is_magic &&
		 (target->file.real_mode & FJ_S_IFMT) == FJ_S_IFLNK && ++tries < FJ_RACES);
	target->is_there = !r && !ended_at_whiteout(&target->place);
	if (!(how & FJ_ENTRY))
		return 1;
	if (!look_at_parent(c, target) || (target->parent.owner.mode & FJ_S_IFMT) != FJ_S_IFDIR)
		return 0; /* ENOTDIR */
	return 1;
}

bool fj_is_path_fd(int fd)
{
	const long flags = fj_sys_fcntl(fd, F_GETFL, 0);

	return flags >= 0 && (flags & O_PATH);
}

/* Calls that refuse an O_PATH descriptor given by an empty path: fs/xattr.c, fs/file_attr.c. */
static bool needs_opened(const struct fj_call *c)
{
	return c->row->asks == FJ_ASKS_GET_ATTRIBUTE || c->row->asks == FJ_ASKS_SET_ATTRIBUTE ||
	       c->row->asks == FJ_ASKS_CHANGE_FLAGS;
}

/* See may.h. */
long fj_target_of(struct fj_call *c, int i, unsigned how, struct fj_target *target)
{
	long r;
	const char *jail_path = fj_arg_path(c, i, &r);

	target->place = (struct fj_place){.owned_fd = -1};
	/* Without a path the descriptor itself is meant: utimensat(fd, NULL), AT_EMPTY_PATH. */
	if (!jail_path &&
		(r || !(c->nr == __NR_utimensat && !c->arg[i] ?
				      !fj_is_path_fd(fj_arg_dirfd(c, i)) :
				      (fj_arg(c, FJ_ATFLAGS, 0) | fj_arg(c, FJ_LINKFLAGS, 0)) &
					      AT_EMPTY_PATH)))
		return 0;
	if (!jail_path && needs_opened(c) && fj_is_path_fd(fj_arg_dirfd(c, i)))
		return 0; /* EBADF */
	r = fj_target_of_path(c, fj_arg_dirfd(c, i), jail_path, how, target);
	if (r > 0)
		fj_judging(c->thread)->asked |= (uint8_t)(1u << i);
	return r;
}

/* See may.h. */
long fj_target_errno(struct fj_call *c, const struct fj_target *target, long r)
{
	return r && fj_is_kernels(c->thread, target->place.dirfd, fj_target_dir(c, target)) ? 0 : r;
}

/* A symlink of procfs that is itself meant lies in its directory's file system. */
long fj_target_object_errno(struct fj_call *c, const struct fj_target *target, long r)
{
	if ((target->file.owner.mode & FJ_S_IFMT) == FJ_S_IFLNK)
		return fj_target_errno(c, target, r);
	return fj_is_kernels(c->thread, target->place.dirfd, target->place.name) ? 0 : r;
}

long fj_target_done(struct fj_target *target, long r)
{
	fj_place_done(&target->place);
	return r;
}

unsigned fj_target_follow(const struct fj_call *c, int i)
{
	if (c->row->kind[i] == FJ_LPATH || (fj_arg(c, FJ_ATFLAGS, 0) & AT_SYMLINK_NOFOLLOW) ||
		(fj_arg(c, FJ_WATCH, 0) & IN_DONT_FOLLOW) ||
		(fj_arg(c, FJ_FANFLAGS, 0) & FAN_MARK_DONT_FOLLOW) ||
		!(fj_arg(c, FJ_LINKFLAGS, AT_SYMLINK_FOLLOW) & AT_SYMLINK_FOLLOW))
		return 0;
	return FJ_FOLLOW;
}
