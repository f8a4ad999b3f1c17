/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * object.c - finds the object of a path and opens it, by remembered facts or by a walk. Called by
 * run.c, and by hooks that look at the object before they ask the kernel.
 *
 * An object is opened with O_PATH, and /proc/self/fd/N leads to that very file even if names change
 * meanwhile. */
#include "bytes/len.h"
#include "call/call.h"
#include "call/translate.h"
#include "fast-path/fast.h"
#include "layers/union.h"
#include "mount-table/mount_flags.h"
#include "path/path.h"
#include "sys/fd.h"
#include "sys/races.h"
#include "sys/scratch_mark.h"
#include "syscall/unistd_close.h"
#include "walk/walk.h"

#include <asm/stat.h>
#include <linux/openat2.h>

static long open_found_file(const struct fj_place *place, int flags)
{
	return fj_open_path(place->dirfd, place->name, flags | (place->is_magic ? 0 : O_NOFOLLOW));
}

/* An object at a place that facts led to. */
struct object_call {
	struct fj_thread *t;
	int flags;
};

static long open_object(struct fj_fast *q, void *own)
{
	/* RESOLVE_NO_SYMLINKS finds out whether a remembered directory has become a symlink, and
	 * whether the last component is a symlink to be followed. */
	return fj_openat2(q->place.dirfd, q->place.name, ((const struct object_call *)own)->flags,
		0, RESOLVE_NO_SYMLINKS);
}

static enum fj_fast_seen see_object(struct fj_fast *q, void *own, long *r)
{
	const struct object_call *const a = own;

	/* (No whiteout is a directory.) */
	if (__builtin_expect(q->is_layered, 0) && (*r) >= 0 &&
		((!(a->flags & O_DIRECTORY) &&
			 fj_union_calls.is_whiteout(a->t, (int)*r, "", NULL)) ||
			!fj_fast_held(q))) {
		fj_sys_close((int)*r);
		return FJ_SEEN_UNSURE;
	}
	if (__builtin_expect(q->is_merged && *r == -ENOENT, 0))
		return FJ_SEEN_UNSURE; /* a lower layer may have it */
	return (*r) >= 0 || *r == -EINTR ? FJ_SEEN_FINAL : FJ_SEEN_ANSWER;
}

/* Finds and opens the object by facts. Returns 0, -errno, or 1: only a walk can tell. */
static long find_quickly(struct fj_call *c, int dirfd, const char *jail_path, unsigned how,
	int flags, struct fj_place *object)
{
	struct object_call own = {.t = c->thread,
		.flags = O_PATH | O_CLOEXEC | flags | (how & FJ_FOLLOW ? 0 : O_NOFOLLOW)};
	struct fj_fast q;
	long r;

	/* A file that is to be changed in a union is copied up first, if the upper layer does not have it. */
	if ((how & FJ_WANT_POS) || (how & FJ_WRITE && fj_mount_flags()->has_read_only) ||
		!(how & FJ_WRITE ? fj_fast_begin_in_upper : fj_fast_begin_layered)(
			&q, c->thread, dirfd, jail_path, fj_text_len(jail_path)))
		return 1;
	if (!fj_fast_ask(&q, false, open_object, see_object, FJ_SURE_OPENED, &own, &r))
		return 1;
	fj_fast_end(&q);
	if (r < 0)
		return r;
	*object = (struct fj_place){.dirfd = (int)r,
		.owned_fd = (int)r,
		.name = "",
		.is_direct = !q.links,
		.is_upper = q.is_layered && (how & FJ_WRITE)};
	return 0;
}

bool fj_find_upper_object(
	struct fj_call *c, int dirfd, const char *jail_path, unsigned how, struct fj_place *object)
{
	if (find_quickly(c, dirfd, jail_path, how | FJ_WRITE, 0, object))
		return false;
	if (!object->is_upper)
		fj_place_done(object);
	return object->is_upper;
}

/* Opens what the walk found, which is no symlink if the walk `follows` one. Returns 0, -errno, or -ELOOP if a symlink has
 * just replaced it. */
static long hold_found_file(struct fj_place *place, int flags, bool follows)
{
	long fd = -ENOSYS;

	if (follows && !place->is_magic && place->name[0] != '/')
		fd = fj_openat2(place->dirfd, place->name, O_PATH | O_CLOEXEC | (unsigned)flags, 0,
			RESOLVE_NO_SYMLINKS);
	if (fd == -ENOSYS)
		fd = open_found_file(place, flags);

	if (fd < 0)
		return fd;
	fj_place_done(place);
	place->dirfd = place->owned_fd = (int)fd;
	place->name = "";
	return 0;
}

long fj_find_object(struct fj_call *c, int dirfd, const char *jail_path, unsigned how, int flags,
	struct fj_place *object)
{
	const uint32_t mark = fj_scratch_mark(c->thread);
	unsigned tries = 0;
	long r = find_quickly(c, dirfd, jail_path, how, flags, object);

	object->is_upper = false; /* what was found so is as sure as what a walk finds */
	if (r <= 0)
		return r;
	do {
		fj_scratch_release(c->thread, mark);
		r = fj_path_walk(c->thread, dirfd, jail_path, how, object);
		if (r < 0)
			return r;
		r = hold_found_file(object, flags, how & FJ_FOLLOW);
		if (r < 0)
			fj_place_done(object);
	} while (r == -ELOOP && ++tries < FJ_RACES);
	if (!r && object->is_read_only && (how & FJ_WRITE))
		r = -EROFS;
	if (r < 0)
		fj_place_done(object);
	if (object->is_magic) /* the position is the link's, not that of the file */
		object->pos = NULL;
	if (r < 0 || !(how & FJ_WANT_POS))
		fj_scratch_release(c->thread, mark);
	return r;
}
