/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * steps.c - the steps of a walk from directory to directory: into one, into what is mounted on it,
 * and back to the root. Those up are in up.c, those over several at once in leap.c.
 *
 * Where no descriptor is free a walk goes on by text from the last one that it has: each component
 * is looked at before it is added. Then the kernel walks the names again, so a directory that is
 * replaced by a symlink in that very moment would be followed; nobody else's walk is like that. */
#include "jail/jail.h"
#include "walk/steps.h"
#include "sys/abi.h"
#include "jail/facts.h"
#include "jail/mount_flags.h"
#include "jail/mounts.h"
#include "jail/search.h"
#include "layers/union.h"
#include "path/path.h"
#include "walk/walk.h"
#include "sys/scratch.h"
#include "jail/fds.h"
#include "jail/lacks.h"
#include "jail/root.h"

#include <asm/stat.h>
#include <asm/statfs.h>
#include <linux/openat2.h>

void fj_walk_go(struct fj_walk *w, int fd, bool is_owned)
{
	if (w->owned_fd >= 0)
		fj_close(w->owned_fd);
	if (__builtin_expect(w->layers != NULL, 0)) {
		fj_layers_close(w->layers);
		w->layers = NULL;
	}
	w->fd = w->noted_fd = fd;
	w->owned_fd = is_owned ? fd : -1;
	if (w->below)
		w->below[0] = 0;
	if (!w->is_loose)
		return;
	w->is_loose = false;
	if (w->stands && fj_stand_held(w->moves))
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

	if (!fj_walk_is_on_program(w) || w->below)
		return 0;
	fd = fj_open_path(w->fd, ".", O_DIRECTORY);
	if (fj_is_err(fd))
		return fd;
	w->is_loose = true;
	w->stands = false;
	fj_walk_go(w, (int)fd, true);
	w->noted_fd = noted_fd;
	return 0;
}

const char *fj_walk_name(struct fj_walk *w, const char *name)
{
	struct fj_str s;

	if (__builtin_expect(!w->below, 1) || !w->below[0])
		return name;
	fj_str_init(&s, w->joined, FJ_REST_SIZE);
	fj_str_put(&s, w->below);
	fj_str_put(&s, "/");
	fj_str_put(&s, name);
	return s.at;
}

bool fj_walk_is_in_procfs(struct fj_walk *w)
{
	struct statfs fs;

	return !fj_path_statfs(w->t, w->fd, w->below ? w->below : "", &fs) &&
	       fs.f_type == FJ_PROC_SUPER_MAGIC;
}

void fj_walk_go_on_by_text(struct fj_walk *w)
{
	w->below = fj_scratch_path(w->t);
	w->below[0] = 0;
	w->joined = fj_scratch(w->t, FJ_REST_SIZE);
	fj_walk_learn_pos(w); /* text with links of procfs in it does not tell */
}

static long enter_by_text(struct fj_walk *w, const char *name, int flags)
{
	const char *joined = name[0] == '/' ? name : fj_walk_name(w, name);
	const size_t len = fj_strlen(joined);
	struct stat st;
	long r;

	if (len >= FJ_PATH_MAX)
		return -EMFILE; /* nothing is left to try */
	r = fj_sys4(
		__NR_newfstatat, w->fd, joined, &st, flags & O_NOFOLLOW ? AT_SYMLINK_NOFOLLOW : 0);
	if (r < 0)
		return r;
	if ((st.st_mode & FJ_S_IFMT) != FJ_S_IFDIR)
		return -ENOTDIR;
	if (joined[0] == '/')
		fj_walk_go(w, AT_FDCWD, false);
	memcpy(w->below, joined, len + 1);
	return 0;
}

long fj_walk_enter(struct fj_walk *w, const char *name, int flags)
{
	long fd;

	if (__builtin_expect(w->below != NULL, 0))
		return enter_by_text(w, name, flags);
	if (w->how & FJ_NO_XDEV) /* the host's mounts count too */
		fd = fj_openat2(w->fd, name, O_PATH | O_CLOEXEC | O_DIRECTORY | (unsigned)flags, 0,
			RESOLVE_NO_XDEV);
	else
		fd = fj_open_path(w->fd, name, O_DIRECTORY | flags);
	if (fj_is_err(fd))
		return fd;
	fj_walk_go(w, (int)fd, true);
	return 0;
}

long fj_walk_enter_pos(struct fj_walk *w)
{
	struct fj_mount_found m;
	struct fj_str host;
	long r;

	if (__builtin_expect(fj_mount_flags()->has_unions, 0) && (r = fj_walk_enter_union(w)) != 1)
		return r;
	if (!w->below) {
		r = fj_path_open_pos(w->t, w->pos.at, O_DIRECTORY);
		if (!fj_is_err(r))
			fj_walk_go(w, (int)r, true);
		return fj_is_err(r) ? r : 0;
	}
	if (!fj_mount_of(w->pos.at, &m, NULL)) {
		fj_walk_go(w, FJ_FD_ROOT(fj_jail), false);
		return w->pos.len ? enter_by_text(w, w->pos.at + 1, 0) : 0;
	}

	const uint32_t mark = fj_scratch_mark(w->t);

	fj_str_init(&host, fj_scratch(w->t, FJ_REST_SIZE), FJ_REST_SIZE);
	fj_path_host(w->pos.at, &host);
	r = enter_by_text(w, host.at, 0);
	fj_scratch_release(w->t, mark);
	return r;
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
	/* By which of its names a directory was come to is known only here, and what is remembered of
	 * it in a union is its own. */
	if (on_program && !fj_walk_is_scoped(w) &&
		(fj_mount_flags()->has_aliases || fj_mount_flags()->has_unions))
		fj_walk_hold(w);
	fj_str_cut(&w->pos, 0);
	w->is_recalled = w->stands = false;
	w->is_loose = fj_walk_is_on_program(w);
	if (w->fd == AT_FDCWD && (!w->below || !w->below[0])) {
		bool is_asked;

		w->moves = fj_stand_begin();
		w->stands = fj_stand_is_told(w->moves);
		w->knows_pos = fj_stand_where(w->t, fj_facts_epoch(), w->moves, &w->pos, &is_asked);
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
	if (w->pos.overflowed) { /* deeper than PATH_MAX, by relative steps: go on without */
		w->pos.overflowed = false;
		w->knows_pos = false;
		w->is_detached = true;
	}
}

long fj_walk_magic(struct fj_walk *w, const char *name)
{
	const uint32_t mark = fj_scratch_mark(w->t);
	char *text;
	long n, r = fj_walk_is_scoped(w) ? -EXDEV : fj_walk_enter(w, name, 0);

	if (r < 0)
		return r;
	w->knows_pos = w->is_detached = w->is_outside = false;
	if (!w->below)
		return 0;
	text = fj_scratch_path(w->t);
	fj_str_cut(&w->pos, 0);
	n = fj_sys4(__NR_readlinkat, w->fd, w->below, text, FJ_PATH_MAX - 1);
	if (n > 0) {
		text[n] = 0;
		w->knows_pos = fj_path_back(text, &w->pos) && !fj_walk_enter_pos(w);
	}
	w->is_detached = !w->knows_pos;
	fj_scratch_release(w->t, mark);
	return 0;
}

const char *fj_walk_mount_below(struct fj_walk *w, const char *name, size_t len)
{
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
	fj_str_init(&host, fj_scratch_path(w->t), FJ_PATH_MAX);
	found = !w->pos.overflowed && fj_mount_at(w->pos.at, &m, &host);
	w->pos.overflowed = false;
	fj_str_cut(&w->pos, before);
	w->is_entry = found && (m.flags & FJ_MOUNT_ENTRY);
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
		w->is_loose = false; /* it is the position that says what is mounted there */
	r = !m && w->layers ? fj_walk_into_layers(w, name) :
			      fj_walk_enter(w, m ? m : name, m && !w->is_entry ? 0 : O_NOFOLLOW);
	if (m && w->is_entry && (r == -ENOTDIR || r == -ELOOP))
		return fj_walk_into_link(w, m, len, rest);
	fj_scratch_release(w->t, mark);
	if (!m && (r == -ENOTDIR || r == -ELOOP))
		return fj_walk_into_link(w, name, len, rest);
	if (fj_is_err(r))
		return r;
	fj_walk_push_pos(w, name, len);
	w->rest = rest;
	return 0;
}
