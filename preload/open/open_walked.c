/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * open_walked.c - an open by a walk: of files in a union, in procfs, on a read-only mount, and
 * whenever remembered facts are not enough. Called by hook_open.c. */
#include "bytes/len.h"
#include "call/call.h"
#include "inode/exe.h"
#include "layers/over.h"
#include "mount-table/mount_flags.h"
#include "mount-table/mounts.h"
#include "nested/roots.h"
#include "open/opening.h"
#include "path/path.h"
#include "procfs/procfs.h"
#include "signal/waiting.h"
#include "sys/races.h"
#include "sys/scratch_mark.h"
#include "syscall/fcntl.h"
#include "syscall/stat.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_names.h"
#include "walk/walk.h"

__attribute__((noinline)) long fj_open_issue_old(
	struct fj_call *c, const struct fj_place *place, const struct fj_opening *o)
{
	const uint64_t arg[FJ_ARGS] = {
		(uint64_t)(int64_t)place->dirfd, (uint64_t)place->name, o->flags, o->mode};

	return fj_open_may_wait(o) ? fj_kernel_waiting(c, __NR_openat, arg, place->owned_fd) :
				     fj_sys_openat(arg[0], (const char *)arg[1], arg[2], arg[3]);
}

/* An open for writing on a read-only mount: EROFS, unless the kernel would give an earlier
 * error. */
static long open_read_only(struct fj_call *c, const struct fj_place *place, struct fj_opening *o)
{
	struct fj_opening as_it_is = *o;
	char byte;
	const long there = fj_sys_readlinkat(place->dirfd, place->name, &byte, 1);

	if (there == -ENOENT && !(o->flags & O_CREAT))
		return -ENOENT;
	if (there != -ENOENT && (o->flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL))
		return -EEXIST;
	as_it_is.flags &= ~(uint64_t)O_CREAT;
	if (there != -ENOENT &&
		!fj_open_writes(&as_it_is)) { /* O_CREAT does not write to an existing file */
		as_it_is.mode = 0;
		return fj_open_issue(c, place, &as_it_is);
	}
	return -EROFS;
}

/* A file of procfs may have to be written anew first; a procfs file may also be the kernel's
 * own. */
static long open_one_place(struct fj_call *c, const struct fj_place *place, struct fj_opening *o)
{
	long r = -EAGAIN;

	if (fj_device_is_refused(c, place, o->flags))
		return o->flags & O_EXCL && o->flags & O_CREAT ? -EEXIST : -EACCES;
	if (place->proc)
		r = fj_procfs_open(c, place, o->flags);
	if (r == -EAGAIN)
		r = fj_open_place(c, place, o);
	return r;
}

/* O_EXCL does not open an existing file, and no directory is opened for writing. */
static bool wants_copy_up(const struct fj_opening *o)
{
	return !(o->flags & O_PATH) &&
	       (((o->flags & FJ_TMPFILE) == FJ_TMPFILE) ||
		       (fj_open_changes(o) && !(o->flags & O_DIRECTORY) &&
			       (o->flags & (O_CREAT | O_EXCL)) != (O_CREAT | O_EXCL)));
}

static unsigned walk_flags_of(const struct fj_opening *o)
{
	return (fj_open_follows_last(o) ? FJ_FOLLOW : 0) | (fj_open_writes(o) ? FJ_WRITE : 0) |
	       (fj_open_wants_note(o) || (fj_mount_flags()->has_mount_limits & FJ_MOUNT_NODEV) ?
			       FJ_WANT_POS :
			       0) |
	       (o->resolve & RESOLVE_NO_SYMLINKS ? FJ_NO_LINKS : 0) |
	       (o->resolve & RESOLVE_NO_MAGICLINKS ? FJ_NO_MAGIC : 0) |
	       (o->resolve & RESOLVE_BENEATH ? FJ_BENEATH : 0) |
	       (o->resolve & RESOLVE_IN_ROOT ? FJ_IN_ROOT : 0) |
	       (o->resolve & RESOLVE_NO_XDEV ? FJ_NO_XDEV : 0) |
	       (o->flags & O_CREAT ? FJ_CREATE : 0) |
	       ((o->flags & FJ_TMPFILE) == FJ_TMPFILE ? FJ_ONLY_DIRS : FJ_OPENS) |
	       (wants_copy_up(o) ? FJ_COPY_UP : 0);
}

/* Makes the file at a whiteout. */
__attribute__((noinline)) static long open_over(
	struct fj_call *c, struct fj_place *place, struct fj_opening *o)
{
	long r = fj_place_begin_over(c->thread, place), done;

	if (r < 0)
		return r;
	r = open_one_place(c, place, o);
	done = fj_place_end_over(c->thread, place, r);
	if (r >= 0 && done < 0)
		fj_sys_close((int)r);
	return done;
}

static bool is_whiteout_place(struct fj_thread *t, const struct fj_place *place)
{
	struct stat st;

	return place->name[0] &&
	       !fj_sys_newfstatat(place->dirfd, place->name, &st, AT_SYMLINK_NOFOLLOW) &&
	       fj_union_calls.is_whiteout(t, place->dirfd, place->name, &st);
}

/* See opening.h. */
long fj_open_walked(struct fj_call *c, int dirfd, const char *jail_path, struct fj_opening *o)
{
	const uint32_t mark = fj_scratch_mark(c->thread);
	const unsigned how = walk_flags_of(o);
	struct fj_place place;
	long r;

	for (unsigned tries = 0;; tries++) {
		fj_scratch_release(c->thread, mark);
		r = fj_path_walk(c->thread, dirfd, jail_path, how, &place);
		if (!r && place.is_exe && fj_open_changes(o)) {
			fj_place_done(&place);
			return -ETXTBSY; /* a running program, which for the kernel is our loader */
		}
		if (!r && place.is_exe && (o->resolve & RESOLVE_NO_XDEV)) {
			fj_place_done(&place);
			return -EXDEV; /* no program lies in procfs */
		}
		if (!r && place.is_exe) {
			o->flags &= ~(uint64_t)O_CREAT;
			o->mode = 0;
			r = fj_exe_find(c->thread, how, &place);
		}
		if (r < 0)
			return r;
		fj_place_move_up(&place);
		if (fj_procfs_may_be_fdinfo(dirfd, jail_path, fj_strlen(jail_path)))
			fj_procfs_find_fdinfo(c->thread, &place);
		if (place.is_read_only && fj_open_writes(o))
			r = open_read_only(c, &place, o);
		else if (__builtin_expect(place.layers != NULL, 0))
			r = open_over(c, &place, o);
		else
			r = open_one_place(c, &place, o);
		if (r >= 0 && (place.is_mount || place.is_magic) && (o->flags & O_DIRECTORY))
			fj_roots_see_fd(c->thread, (int)r, true);
		if (r >= 0 && fj_open_wants_note(o) && place.pos && !place.is_magic)
			fj_dir_note(c->thread, (int)r, place.pos);
		/* Another process has made the name meanwhile, or removed it: walk again. (What is there now may not
		 * be what was opened: a whiteout that a file has replaced since. So the first error is not believed.) */
		if (__builtin_expect(fj_mount_flags()->has_unions && tries < 8, 0) &&
			((r == -EEXIST && place.layers && !(o->flags & O_EXCL)) ||
				((r == -EACCES || r == -ENXIO) &&
					(!tries || is_whiteout_place(c->thread, &place))))) {
			fj_place_done(&place);
			continue;
		}
		fj_place_done(&place);
		/* A symlink appeared after the walk: walk again, but not without end. */
		if (r != -ELOOP || !(how & FJ_FOLLOW) || tries == FJ_RACES)
			return r;
	}
}
