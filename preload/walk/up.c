/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * up.c - the step of a walk from a directory to the one above it, `..`. Called by walk.c.
 *
 * Why `..` cannot escape: while the position is known, it answers `..` and stops at the root. Without a
 * position, the directory is first compared with the root, and one step above it the position is asked for
 * again (up_without_pos()). All questions are asked about a descriptor of ours. At its beginning a walk may
 * have none: another thread may at any time replace the program's descriptor or its working directory. So a
 * step up from there uses a descriptor of ours (fj_walk_hold()), or is undone if the process has moved
 * meanwhile (path/cwd.c). What was learned there is forgotten with the first step, unless it is known to be
 * still valid. */
#include "bytes/equal.h"
#include "bytes/str.h"
#include "jail/jail.h"
#include "jail/root.h"
#include "mount-table/mounts.h"
#include "path/path.h"
#include "sys/races.h"
#include "syscall/stat.h"
#include "walk/steps.h"
#include "walk/walk.h"

#include <asm/stat.h>
#include <linux/errno.h>
#include <linux/fcntl.h>

/* Without a position only a comparison with the root can tell. */
static bool is_root_dir(struct fj_walk *w)
{
	struct stat st;

	if (fj_sys_newfstatat(w->fd, ".", &st, 0))
		return false;
	return (st.st_ino == w->root->ino && st.st_dev == w->root->dev) ||
	       (st.st_ino == fj_jail->root_ino && st.st_dev == fj_jail->root_dev);
}

static long step_up(struct fj_walk *w);

/* The process moved its working directory during the step, so the step may have led anywhere. Go back and
 * repeat it. */
static long step_again(struct fj_walk *w)
{
	long r;

	fj_walk_go(w, AT_FDCWD, false);
	w->knows_pos = w->is_detached = false;
	w->fact_key = NULL;
	r = fj_walk_hold(w);
	return r < 0 ? r : step_up(w);
}

/* Before a step up: find the position of the directory reached, if it has one. The directory must not be
 * replaced by another thread during the step. So the walk opens it again, if it is the program's descriptor.
 * `*stands`: this was not necessary, as the position is valid unless the process changes its working directory:
 * the caller must check that after the step. Returns 0 or -errno. */
static long find_where(struct fj_walk *w, bool *stands)
{
	long r;

	fj_walk_learn_pos(w);
	*stands = w->is_loose && w->stands && w->knows_pos;
	if (*stands || !fj_walk_is_on_program(w) || (w->knows_pos && !w->is_loose))
		return 0;
	r = fj_walk_hold(w);
	w->is_detached = false;
	if (r >= 0)
		fj_walk_learn_pos(w);
	return r;
}

/* The directory is deleted, or its path is too long, or it is outside the jail. In the first two cases it
 * may lie in a mount, above which the kernel's `..` would lead out of the jail. So the position is asked
 * for again after the step. A mount that is gone by now is recognised by the name that it had. */
static long up_without_pos(struct fj_walk *w)
{
	struct fj_mount_found m;
	long r;

	fj_str_cut(&w->pos, 0);
	if (fj_path_of_fd(w->t, w->fd, &w->pos) && fj_mount_at(w->pos.at, &m, NULL)) {
		if (w->how & FJ_NO_XDEV)
			return -EXDEV;
		fj_str_cut(&w->pos, fj_path_parent_len(&w->pos));
		r = fj_walk_enter_pos(w);
		w->knows_pos = !r;
	} else {
		r = fj_walk_enter(w, "..", 0);
	}
	if (!r)
		w->is_detached = false;
	return r;
}

static long step_up(struct fj_walk *w)
{
	struct fj_mount_found m;
	uint32_t moves;
	bool stands;
	size_t before;
	long r;

	w->has_met_root = true;
	r = find_where(w, &stands);
	if (r < 0)
		return r;
	moves = w->moves;
	/* (A root without a position is recognised only by comparison.) */
	if ((!w->knows_pos || w->is_root_detached) && is_root_dir(w))
		return fj_walk_stop_at_root(w);
	if (!w->knows_pos)
		return up_without_pos(w);
	if (w->pos.len == 0 || (w->pos.len == w->root->len && fj_streq(w->pos.at, w->root->pos)))
		return fj_walk_stop_at_root(w);
	if ((w->how & FJ_NO_XDEV) && fj_mount_at(w->pos.at, &m, NULL))
		return -EXDEV;
	before = w->pos.len;
	if (w->layers || fj_mount_at(w->pos.at, &m, NULL)) {
		w->is_loose = false; /* the step is made by the position */
		fj_str_cut(&w->pos, fj_path_parent_len(&w->pos));
		r = fj_walk_enter_pos(w);
	} else {
		r = fj_walk_enter(w, "..", 0);
		if (stands && !fj_cwd_held(moves))
			return step_again(w);
		fj_str_cut(&w->pos, fj_path_parent_len(&w->pos));
	}
	if (r < 0) { /* restore: the step may be tried again */
		w->pos.at[w->pos.len] = '/';
		w->pos.len = before;
	}
	return r;
}

long fj_walk_up(struct fj_walk *w)
{
	unsigned tries = 0;
	long r;

	/* In a union the step is made by the position. If another process has moved the directory, that is another one by now. */
	while (__builtin_expect((r = step_up(w)) < 0 && w->layers, 0) && w->knows_pos &&
		(r == -ENOTDIR || r == -ENOENT) && ++tries < FJ_RACES)
		w->knows_pos = w->is_detached = false;
	return r;
}
