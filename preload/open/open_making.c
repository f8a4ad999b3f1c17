/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * open_making.c - an open that may make the file. Called by hook_open.c and open_walked.c. */
#include "call/call.h"
#include "inode/making.h"
#include "inode/sticky.h"
#include "nested/roots.h"
#include "open/opening.h"
#include "sys/scratch_str.h"
#include "syscall/stat.h"
#include "syscall/unistd_close.h"

/* Is `fd` a directory? */
static bool is_fd_dir(long fd)
{
	struct stat st = {0};

	return !fj_sys_fstat(fd, &st) && (st.st_mode & FJ_S_IFMT) == FJ_S_IFDIR;
}

/* Makes a file that needs a record. Only O_EXCL tells whether the call made the file, so that is
 * tried first. If the file exists, it is opened without O_CREAT. */
static long make_new_file(
	struct fj_call *c, const struct fj_place *place, struct fj_opening *o, struct fj_making *m)
{
	const uint64_t flags = o->flags, mode = o->mode;
	const bool has_name = (flags & FJ_TMPFILE) != FJ_TMPFILE;
	const bool may_exist = !(flags & O_EXCL) && has_name;
	long fd;

	for (int tries = 0;; tries++) {
		o->flags = may_exist ? flags | O_EXCL : flags;
		o->mode = m->real_mode;
		fd = fj_open_issue(c, place, o);
		o->mode = 0;
		if (fd != -EEXIST || !may_exist)
			break;
		o->flags = flags & ~(uint64_t)O_CREAT;
		fj_creators_leave(m, false); /* it may be a fifo, and wait */
		fd = fj_open_issue(c, place, o);
		if (fd >= 0 && !(flags & O_PATH) && is_fd_dir(fd)) {
			fj_sys_close((int)fd);
			fd = -EISDIR; /* O_CREAT of a directory: do_open() of fs/namei.c */
		}
		if (fd != -ENOENT || tries == 8) {
			o->flags = flags;
			o->mode = mode;
			return fd;
		}
		fj_creators_enter(m);
	}
	o->flags = flags;
	o->mode = mode;
	o->has_made = fd >= 0;
	return fj_making_end(c, fd, true, has_name ? place : NULL, m);
}

/* `r` is the error of an open of a socket, a device or a symlink. The kernel has looked at the
 * directory before. (For a mount point and a magic link that is not the one of the place.) */
static __attribute__((noinline)) long judge_sticky_dir(
	struct fj_call *c, const struct fj_place *place, long r)
{
	struct fj_file file;

	return !place->is_mount && !place->is_magic && !place->layers &&
			       !fj_file_look(c, place->dirfd, place->name, 0, &file) &&
			       fj_sticky_protects(c, place->dirfd, place->name, &file.owner) ?
		       -EACCES :
		       r;
}

static long open_or_make_file(struct fj_call *c, const struct fj_place *place, struct fj_opening *o)
{
	const bool is_nameless = (o->flags & FJ_TMPFILE) == FJ_TMPFILE;
	struct fj_place inside = *place;
	struct fj_making m;
	bool looks = false; /* for the record of an older file */
	long fd;

	if (is_nameless) /* `place` is the directory */
		inside.name = fj_scratch_joined(c->thread, place->name, "/x");
	/* Below a mount each new file gets a record. But most files exist, as /dev/null does: try
	 * without O_CREAT first. (Only for writing: a directory opened for reading gives EISDIR
	 * only with O_CREAT.) */
	if (place->name[0] == '/' && !is_nameless && !(o->flags & O_EXCL) &&
		(o->flags & O_ACCMODE) != O_RDONLY) {
		struct fj_opening there = *o;

		there.flags &= ~(uint64_t)O_CREAT;
		there.mode = 0;
		fd = fj_open_issue(c, place, &there);
		if (fd != -ENOENT)
			return fj_opened(c, fj_open_device(c, fd, o), o);
	}
	fj_making_begin(c, &inside, FJ_S_IFREG, (uint32_t)o->mode, &m);
	/* Nobody sees that such a file ends. The next one may have the same number and, within a tick of
	 * the kernel's clock, the same time of birth. */
	if (is_nameless)
		looks = m.may_be_stale = !fj_owner_is_empty();
	fd = fj_opened(c,
		fj_open_device(c,
			m.needs_record || looks ? make_new_file(c, place, o, &m) :
						  fj_open_issue(c, place, o),
			o),
		o);
	if (fd >= 0)
		fj_roots_made(c->thread, place->dirfd, place->name);
	return fd;
}

long fj_open_making(struct fj_call *c, const struct fj_place *place, struct fj_opening *o)
{
	const long r = open_or_make_file(c, place, o);

	return __builtin_expect(r == -ENXIO || (r == -ELOOP && (o->flags & O_NOFOLLOW)), 0) ?
		       judge_sticky_dir(c, place, r) :
		       r;
}
