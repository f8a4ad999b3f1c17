/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * union_walk.c - walks in a union: walk.c, steps.c, up.c and links.c ask here what the layers say. A jail
 * that has met no union calls none of it. */
#include "bytes/copy.h"
#include "bytes/len.h"
#include "bytes/str.h"
#include "facts/facts.h"
#include "jail/epoch.h"
#include "layers/place.h"
#include "layers/union.h"
#include "path/path.h"
#include "sys/abi.h"
#include "sys/scratch.h"
#include "syscall/stat.h"
#include "syscall/unistd_names.h"
#include "union-held/held.h"
#include "walk/steps.h"
#include "walk/walk.h"

#include <asm/stat.h>
#include <linux/errno.h>
#include <linux/fcntl.h>

/* After a lookup, continue in the layer that has the name, or in the layer where it will be made. */
static void aim_walk(struct fj_walk *w)
{
	struct fj_layers *l = w->layers;

	w->fd = l->found >= 0 ? l->fd[l->found] : l->fd[0] >= 0 ? l->fd[0] : fj_layers_top(l);
}

long fj_walk_enter_union(struct fj_walk *w)
{
	struct fj_layers l;
	long r;

	if (!w->layers_room || !fj_union_holds(w->pos.at))
		return 1;
	do /* ends: fj_walk_follow_at() counts the links, up to FJ_MAX_LINKS */
		r = !w->rest ? 0 : fj_walk_leap_in_union(w, &l) ? 1 : fj_walk_leap_down(w, &l);
	while (r == FJ_LEAP_LINK);
	if (!r)
		r = fj_layers_open(w->t, w->pos.at, &l);
	if (r <= 0)
		return r ? r : 1;
	w->is_loose = false; /* the layers follow from the position */
	fj_walk_go(w, AT_FDCWD, false);
	*w->layers_room = l;
	w->layers = w->layers_room;
	w->fd = fj_layers_top(w->layers);
	return 0;
}

/* Remember what the kernel has just said of directory `dirfd`. `has_key`: fj_dir_key() has told one. */
static void keep_directory(struct fj_walk *w, int dirfd, uint64_t epoch, bool has_key)
{
	struct fj_layers l;

	if (!fj_union_holds(w->pos.at)) {
		if (has_key)
			fj_dir_keep(w->t, dirfd, w->pos.at, NULL, epoch);
	} else if (fj_layers_open(w->t, w->pos.at, &l) > 0) {
		fj_dir_keep(w->t, dirfd, w->pos.at, &l, epoch);
		fj_layers_close(&l);
	}
}

/* The name of a lower file that was removed may lead to a directory. */
static bool is_no_directory(int dirfd)
{
	struct stat st;

	return !fj_sys_fstat(dirfd, &st) && (st.st_mode & FJ_S_IFMT) != FJ_S_IFDIR;
}

/* The walk begins at a descriptor or the working directory, or has followed a procfs link. */
static long begin_at_directory(struct fj_walk *w)
{
	const uint64_t epoch = fj_facts_epoch();
	struct fj_dir_seen seen;
	enum fj_dir_kind kind;
	bool is_alone;
	long r;

	kind = fj_dir_recall_on(w->fd, epoch, &w->pos, &is_alone, &seen);
	w->is_outside = kind == FJ_DIR_OUTSIDE;
	w->is_loose = w->knows_pos = kind == FJ_DIR_IN_UNION;
	w->stands = false;
	if (!w->is_outside && !w->knows_pos && fj_walk_learn_pos(w) && !w->is_loose)
		keep_directory(w, w->fd, epoch, seen.dev);
	if (!w->knows_pos)
		return 0;
	if (kind == FJ_DIR_UNKNOWN && fj_union_holds(w->pos.at) && is_no_directory(w->fd))
		return -ENOTDIR;
	r = fj_walk_enter_union(w);
	return r == 1 ? 0 : r;
}

long fj_walk_look_for_union(struct fj_walk *w)
{
	long r;

	if (w->layers) { /* the last name may have been looked up in another layer */
		w->fd = fj_layers_top(w->layers);
		return 0;
	}
	if (!w->knows_pos)
		return w->is_outside || w->is_detached ? 0 : begin_at_directory(w);
	r = fj_walk_enter_union(w);
	return r == 1 ? 0 : r;
}

/* Is it the jail's own hidden directory, at the root of a layer? */
static bool is_layer_hidden(const struct fj_walk *w, const char *name)
{
	return w->pos.len == w->layers->mount_len && fj_is_hidden_name(name, fj_strlen(name));
}

long fj_walk_into_layers(struct fj_walk *w, const char *name)
{
	long r;

	if (is_layer_hidden(w, name))
		return -ENOENT;
	r = fj_layers_into(w->t, w->layers, name, false);
	if (!r)
		w->fd = fj_layers_top(w->layers);
	else if (r == -ENOTDIR)
		aim_walk(w);
	return r;
}

/* An open for writing copies up only files that have content: ovl_open_need_copy_up() of
 * fs/overlayfs/copy_up.c. */
static bool wants_copy(const struct fj_layers *l, unsigned how)
{
	const uint32_t type = l->mode & FJ_S_IFMT;

	return l->found > 0 && (how & FJ_COPY_UP) && !l->is_read_only &&
	       (!(how & FJ_OPENS) || type == FJ_S_IFREG) &&
	       (!(how & FJ_NOT_DIRS) || type != FJ_S_IFDIR) &&
	       (!(how & FJ_ONLY_DIRS) || type == FJ_S_IFDIR);
}

/* (A last symlink that is followed is not the object of the call.) */
static bool is_followed(const struct fj_layers *l, unsigned how, bool has_slash)
{
	return (l->mode & FJ_S_IFMT) == FJ_S_IFLNK && !(how & FJ_ENTRY) &&
	       ((how & FJ_FOLLOW) || has_slash);
}

/* Is the object that was found a directory of several layers? The answer is remembered. */
static bool is_merged(struct fj_walk *w, const char *name)
{
	const struct fj_layers *l = w->layers;
	const size_t before = w->pos.len, len = fj_strlen(name);
	struct fj_layers in;
	bool has_below = false;
	int is;

	if (l->found < 0 || l->is_whiteout || (l->mode & FJ_S_IFMT) != FJ_S_IFDIR)
		return false;
	for (uint32_t i = (uint32_t)l->found + 1; i < l->count; i++)
		has_below = has_below || l->fd[i] >= 0;
	if (!has_below) {
		fj_facts_saw_name(name, len); /* a later lookup then stores a fact */
		return false;
	}
	if (before + len + 2 > PATH_MAX)
		return fj_layers_merge_below(w->t, l, name);
	fj_walk_push_pos(w, name, len);
	is = fj_layers_know_merged(w->pos.at, w->pos.len, fj_facts_epoch());
	if (is < 0 && fj_layers_open(w->t, w->pos.at, &in) > 0) {
		is = fj_layers_having(&in) > 1;
		fj_layers_close(&in);
	}
	fj_str_cut(&w->pos, before);
	return is > 0;
}

static long finish_in_union(struct fj_walk *w, const char *name, unsigned how, bool has_slash)
{
	struct fj_layers *l = w->layers;
	long r = is_layer_hidden(w, name) ? -ENOENT :
		 (how & FJ_LOOKS_LATER)	  ? 0 :
					    fj_layers_find(w->t, l, name);

	if (r < 0)
		return r;
	if (how & FJ_LOOKS_LATER) {
		l->found = -1;
		l->is_whiteout = l->is_merged = false;
		aim_walk(w);
		return 0;
	}
	if (l->is_read_only && l->is_whiteout)
		l->found = -1; /* nothing is there, and nothing can be made there */
	if (l->is_whiteout && !(how & (FJ_ENTRY | FJ_CREATE | FJ_REMOVES)))
		return -ENOENT;
	if ((l->found < 0 || l->is_whiteout) && !(how & (FJ_ENTRY | FJ_CREATE))) {
		aim_walk(w);
		return 0;
	}
	l->is_merged = !(how & (FJ_ENTRY | FJ_OPENS)) && is_merged(w, name);
	if (is_followed(l, how, has_slash)) {
		aim_walk(w);
		return 0;
	}
	if (l->is_read_only || !(how & FJ_WRITE) || (how & FJ_REMOVES)) {
		aim_walk(w);
		return 0;
	}
	if ((how & FJ_ENTRY) && l->found >= 0 && !l->is_whiteout)
		return -EEXIST;
	if (has_slash && l->found >= 0 && !l->is_whiteout && (l->mode & FJ_S_IFMT) != FJ_S_IFDIR) {
		aim_walk(w); /* ENOTDIR */
		return 0;
	}
	if (wants_copy(l, how) || l->found < 0 || l->is_whiteout) {
		r = fj_layers_up(w->t, l, w->pos.at);
		if (r < 0)
			return r;
	}
	if (l->found > 0 && l->is_whiteout) {
		/* What will be made in the upper layer hides the lower layer's whiteout. */
		l->is_whiteout = false;
		l->found = -1;
	}
	if (wants_copy(l, how)) {
		r = fj_layers_copy_up(w->t, l, name, true);
		l->found = 0;
	}
	aim_walk(w);
	return r;
}

bool fj_walk_has_found(const struct fj_walk *w, uint32_t type)
{
	const struct fj_layers *l = w->layers;

	return l->found >= 0 && (l->mode & FJ_S_IFMT) == type;
}

long fj_walk_finish_in_union(struct fj_walk *w, const char *name, unsigned how)
{
	const size_t len = fj_strlen(name);
	char *end = (char *)name + len;
	bool has_slash;
	long r;

	while (end > name && end[-1] == '/')
		end--;
	has_slash = *end;
	*end = 0;
	r = finish_in_union(w, name, how, has_slash);
	if (has_slash)
		*end = '/';
	return r;
}

long fj_walk_end_in_union(struct fj_walk *w, unsigned how)
{
	long r;

	w->layers->is_merged = fj_layers_having(w->layers) > 1;
	if (!(how & FJ_COPY_UP) || w->layers->is_read_only)
		return 0;
	r = fj_layers_up(w->t, w->layers, w->pos.at);
	if (!r)
		w->fd = w->layers->fd[0];
	return r;
}

/* A procfs link leads to a file of a lower layer that will be changed. Returns 1 if `place` now leads to
 * the copy, 0 if nothing was done, or -errno. */
long fj_walk_magic_in_union(struct fj_walk *w, const char *name, struct fj_place *place)
{
	char *text = fj_scratch_path(w->t);
	const long n = fj_sys_readlinkat(w->fd, name, text, PATH_MAX - 1);

	if (n <= 0)
		return 0;
	text[n] = 0;
	return fj_union_bring_up(w->t, text, place);
}

long fj_walk_keep_layers(struct fj_walk *w, unsigned how, struct fj_place *place)
{
	struct fj_layers *l = w->layers;
	const bool is_over = !l->is_read_only && (how & (FJ_ENTRY | FJ_CREATE)) &&
			     (how & FJ_WRITE) && l->is_whiteout;

	place->is_merged = l->is_merged;
	place->is_lower = !(l->has_upper && w->fd == l->fd[0]);
	w->layers = NULL;
	if ((how & FJ_REMOVES) || is_over) {
		const size_t above = fj_path_parent_len(&w->pos);
		const int was = w->fd;

		l->pos = fj_scratch(w->t, above + 1);
		memcpy(l->pos, w->pos.at, above);
		l->pos[above] = 0;
		/* (The program gets a descriptor only of what is made: fj_layers_move_up().) */
		for (uint32_t i = 0; i < l->count && is_over; i++) {
			const bool is_it = l->fd[i] == was && was >= 0;

			fj_layers_move_up(&l->fd[i]);
			if (is_it)
				place->dirfd = l->fd[i];
		}
		if (is_over)
			fj_layers_move_up(&l->work_fd);
		place->layers = l;
		return 0;
	}
	for (uint32_t i = 0; i < l->count; i++)
		if (l->fd[i] == w->fd)
			l->fd[i] = -1;
	place->owned_fd = w->fd;
	fj_layers_close(l);
	return 0;
}
