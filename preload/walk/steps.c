/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * steps.c - single steps of a walk: into a directory, into a mount, and back to the root. up.c has the
 * steps up, leap.c those over several directories. Called by the files of this room.
 *
 * Each step holds a descriptor. If none is free, the walk ends with EMFILE, and dispatch/in_child.c makes
 * the call in a child process. */
#include "walk/steps.h"

#include "bytes/str.h"
#include "facts/facts.h"
#include "jail/epoch.h"
#include "jail/fds.h"
#include "jail/root.h"
#include "layers/union.h"
#include "mount-table/mount_flags.h"
#include "mount-table/mounts.h"
#include "path/path.h"
#include "sys/fd.h"
#include "sys/races.h"
#include "sys/scratch.h"
#include "sys/scratch_mark.h"
#include "syscall/unistd_close.h"
#include "walk/walk.h"

#include <asm/stat.h>
#include <asm/statfs.h>
#include <linux/errno.h>
#include <linux/openat2.h>

void fj_walk_go(struct fj_walk *w, int fd, bool is_owned)
{
	if (w->owned_fd >= 0)
		fj_sys_close(w->owned_fd);
	if (__builtin_expect(w->layers != NULL, 0)) {
		fj_layers_close(w->layers);
		w->layers = NULL;
	}
	w->fd = w->noted_fd = fd;
	w->owned_fd = is_owned ? fd : -1;
	if (!w->is_loose)
		return;
	w->is_loose = false;
	if (w->stands && fj_cwd_held(w->moves))
		return;
	w->knows_pos = false;
	w->fact_key = NULL;
}

bool fj_walk_is_on_program(const struct fj_walk *w)
{
	return w->owned_fd < 0 && !w->layers && w->fd != FJ_FD_ROOT(fj_jail) &&
	       (w->fd != w->root->fd || fj_walk_is_scoped(w));
}

long fj_walk_hold(struct fj_walk *w)
{
	const int noted_fd = w->noted_fd;
	long fd;

	if (!fj_walk_is_on_program(w))
		return 0;
	fd = fj_open_path(w->fd, ".", O_DIRECTORY);
	if (fd < 0)
		return fd;
	w->is_loose = true;
	w->stands = false;
	fj_walk_go(w, (int)fd, true);
	w->noted_fd = noted_fd;
	return 0;
}

bool fj_walk_is_in_procfs(struct fj_walk *w)
{
	struct statfs fs;

	return !fj_path_statfs(w->t, w->fd, "", &fs) && fs.f_type == FJ_PROC_SUPER_MAGIC;
}

long fj_walk_enter(struct fj_walk *w, const char *name, int flags)
{
	long fd;

	if (w->how & FJ_NO_XDEV) /* mounts of the host count too */
		fd = fj_openat2(w->fd, name, O_PATH | O_CLOEXEC | O_DIRECTORY | (unsigned)flags, 0,
			RESOLVE_NO_XDEV);
	else
		fd = fj_open_path(w->fd, name, O_DIRECTORY | flags);
	if (fd < 0)
		return fd;
	fj_walk_go(w, (int)fd, true);
	return 0;
}

long fj_walk_enter_pos(struct fj_walk *w)
{
	long r;

	if (__builtin_expect(fj_mount_flags()->has_unions, 0) && (r = fj_walk_enter_union(w)) != 1)
		return r;
	r = fj_path_open_pos(w->t, w->pos.at, O_DIRECTORY);
	if (r < 0)
		return r;
	fj_walk_go(w, (int)r, true);
	return 0;
}

void fj_walk_to_root(struct fj_walk *w)
{
	fj_walk_go(w, w->root->fd, false);
	fj_str_cut(&w->pos, 0);
	fj_str_put(&w->pos, w->root->pos);
	w->knows_pos = !w->is_root_detached;
	w->is_detached = w->is_root_detached;
}

bool fj_walk_learn_pos(struct fj_walk *w)
{
	const bool on_program = fj_walk_is_on_program(w);

	if (w->knows_pos || w->is_detached)
		return w->knows_pos;
	/* The descriptor's note tells by which of several positions the directory was reached. A descriptor
	 * of ours keeps the directory the same while it is looked up. */
	if (on_program && !fj_walk_is_scoped(w) &&
		(fj_mount_flags()->has_aliases || fj_mount_flags()->has_unions))
		fj_walk_hold(w);
	fj_str_cut(&w->pos, 0);
	w->is_recalled = w->stands = false;
	w->is_loose = fj_walk_is_on_program(w);
	if (w->fd == AT_FDCWD) {
		bool is_asked;

		w->moves = fj_cwd_begin();
		w->stands = fj_cwd_is_told(w->moves);
		w->knows_pos = fj_cwd_where(w->t, fj_facts_epoch(), w->moves, &w->pos, &is_asked);
		w->is_recalled = !is_asked;
	} else {
		w->knows_pos =
			fj_path_of_dir_noted(w->t, w->fd, fj_dir_noted(w->noted_fd), &w->pos);
	}
	w->is_detached = !w->knows_pos;
	return w->knows_pos;
}

void fj_walk_push_pos(struct fj_walk *w, const char *name, size_t len)
{
	if (!w->knows_pos)
		return;
	fj_str_put(&w->pos, "/");
	fj_str_add(&w->pos, name, len);
	if (w->pos.overflowed) { /* deeper than PATH_MAX by relative steps: go on without a
				  * position */
		w->pos.overflowed = false;
		w->knows_pos = false;
		w->is_detached = true;
	}
}

long fj_walk_magic(struct fj_walk *w, const char *name)
{
	const long r = fj_walk_is_scoped(w) ? -EXDEV : fj_walk_enter(w, name, 0);

	if (r < 0)
		return r;
	w->knows_pos = w->is_detached = w->is_outside = false;
	return 0;
}

const char *fj_walk_mount_below(struct fj_walk *w, const char *name, size_t len)
{
	const uint32_t mark = fj_scratch_mark(w->t);
	struct fj_mount_found m;
	struct fj_str host;
	size_t before;
	bool found;

	w->is_entry = false;
	if (!fj_mount_may_be_named(name, len) || !fj_walk_learn_pos(w))
		return NULL;
	before = w->pos.len;
	fj_str_put(&w->pos, "/");
	fj_str_add(&w->pos, name, len);
	fj_str_init(&host, fj_scratch_path(w->t), PATH_MAX);
	found = !w->pos.overflowed && fj_mount_at(w->pos.at, &m, &host);
	w->pos.overflowed = false;
	fj_str_cut(&w->pos, before);
	w->is_entry = found && (m.flags & FJ_MOUNT_ENTRY);
	if (!found) /* the name may be met again in this walk, as often as there are links */
		fj_scratch_release(w->t, mark);
	return !found ? NULL : host.len ? host.at : "/";
}

long fj_walk_into(struct fj_walk *w, const char *name, size_t len, char *rest)
{
	const uint32_t mark = fj_scratch_mark(w->t);
	const char *m = fj_walk_mount_below(w, name, len);
	long r;

	if (fj_mount_flags()->has_aliases)
		fj_walk_learn_pos(w);
	fj_facts_saw_name(name, len);
	if (m && !w->is_entry && (w->how & FJ_NO_XDEV)) {
		fj_scratch_release(w->t, mark);
		return -EXDEV;
	}
	if (m)
		w->is_loose = false; /* the position decides what is mounted there */
	/* The name may be a symlink at one moment, and a directory at the next. */
	for (unsigned tries = 0; tries < FJ_RACES; tries++) {
		r = !m && w->layers ?
			    fj_walk_into_layers(w, name) :
			    fj_walk_enter(w, m ? m : name, m && !w->is_entry ? 0 : O_NOFOLLOW);
		if ((r != -ENOTDIR && r != -ELOOP) || (m && !w->is_entry))
			break;
		r = fj_walk_into_link(w, m ? m : name, len, rest);
		if (r != FJ_LINK_IS_GONE) {
			fj_scratch_release(w->t, mark);
			return r;
		}
		r = -ENOTDIR;
	}
	fj_scratch_release(w->t, mark);
	if (r < 0)
		return r;
	fj_walk_push_pos(w, name, len);
	w->rest = rest;
	return 0;
}
