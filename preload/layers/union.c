/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * union.c - opens the directories of all layers that a position in a union leads to. union.h explains unions.
 *
 * A layer's directory is opened component by component from the layer's root, never through a symlink. A position
 * contains no symlink, and one that appears in a layer meanwhile is not followed. */
#include "layers/union.h"

#include "bytes/len.h"
#include "bytes/str.h"
#include "jail/fds.h"
#include "mount-table/layer_paths.h"
#include "mount-table/mount_table.h"
#include "mount-table/mounts.h"
#include "sys/abi.h"
#include "sys/fd.h"
#include "sys/scratch.h"
#include "sys/scratch_mark.h"
#include "syscall/fcntl.h"
#include "syscall/stat.h"
#include "syscall/unistd_close.h"

#include <asm/stat.h>

struct fj_union_calls fj_union_calls;

void fj_layers_move_up(int *fd)
{
	const long up = *fd < 0 ? -1 : fj_sys_fcntl(*fd, F_DUPFD_CLOEXEC, fj_high_fd());

	if (up < 0)
		return;
	fj_sys_close(*fd);
	*fd = (int)up;
}

void fj_layers_close(struct fj_layers *l)
{
	for (uint32_t i = 0; i < l->count && !l->is_borrowed; i++)
		if (l->fd[i] >= 0)
			fj_sys_close(l->fd[i]);
	if (l->work_fd >= 0)
		fj_sys_close(l->work_fd);
	l->work_fd = -1;
	l->count = 0;
}

/* Put the next host path of the layers, from `*at` on, into `path`. False: there is none. */
static bool next_layer(const char **at, struct fj_str *path)
{
	const char *s = fj_layers_end_first(*at);

	fj_str_cut(path, 0);
	if (!**at)
		return false;
	fj_str_add(path, *at, (size_t)(s - *at));
	*at = *s ? s + 1 : s;
	return true;
}

static long open_roots(struct fj_thread *t, uint32_t id, const char *text, struct fj_layers *l)
{
	const uint32_t mark = fj_scratch_mark(t);
	struct fj_str path;
	long fd = 0;

	fj_str_init(&path, fj_scratch_path(t), PATH_MAX);
	while (l->count < FJ_LAYERS_MAX && next_layer(&text, &path)) {
		fd = fj_layers_open_root(id, path.at, !*text);
		if (fd < 0)
			break;
		l->fd[l->count++] = (int)fd;
		fd = 0;
	}
	fj_scratch_release(t, mark);
	return fd;
}

/* What layer `i` has as `name`: 1 a file, 0 nothing, 2 a whiteout, or -errno. */
static long look_in_layer(struct fj_thread *t, const struct fj_layers *l, uint32_t i,
	const char *name, struct stat *st)
{
	const long r = fj_sys_newfstatat(l->fd[i], name, st, AT_SYMLINK_NOFOLLOW);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	return fj_union_calls.hides(t, l->fd[i], name, st, l->is_nested) ? 2 : 1;
}

long fj_layers_find(struct fj_thread *t, struct fj_layers *l, const char *name)
{
	struct stat st;
	long r = 0;

	l->found = -1;
	l->is_whiteout = false;
	l->mode = 0;
	for (uint32_t i = 0; i < l->count; i++) {
		r = l->fd[i] < 0 ? 0 : look_in_layer(t, l, i, name, &st);
		if (!r)
			continue;
		if (r < 0)
			return r;
		l->mode = st.st_mode;
		l->dev = st.st_dev;
		l->ino = st.st_ino;
		l->found = (int)i;
		l->is_whiteout = r == 2;
		break;
	}
	return 0;
}

bool fj_layers_have_below(struct fj_thread *t, struct fj_layers *l, const char *name)
{
	struct stat st;
	long r;

	for (uint32_t i = 1; i < l->count; i++) {
		if (l->fd[i] < 0)
			continue;
		r = look_in_layer(t, l, i, name, &st);
		if (r)
			return r != 2;
	}
	return false;
}

/* Open the directory `name` in each layer from the top, down to the first opaque one. `to` gets a descriptor
 * for each layer, or -1. Returns 0 or -errno. */
static long open_merged(struct fj_thread *t, struct fj_layers *l, const char *name, int *to)
{
	bool is_in_dir = false;
	struct stat st;
	uint32_t left = fj_layers_having(l);
	long r, fd;

	for (uint32_t i = 0; i < l->count; i++)
		to[i] = -1;
	l->found = -1;
	for (uint32_t i = 0; i < l->count; i++) {
		if (l->fd[i] < 0)
			continue;
		left--;
		/* Usually it is a directory or does not exist: then no stat is needed. */
		fd = fj_open_path(l->fd[i], name, O_DIRECTORY | O_NOFOLLOW);
		if (fd == -ENOENT)
			continue;
		r = 1;
		st.st_mode = FJ_S_IFDIR;
		if (fd < 0)
			r = look_in_layer(t, l, i, name, &st);
		if (r < 0 && is_in_dir)
			continue; /* a lower one that may not be searched */
		if (r < 0)
			return r;
		if (!r)
			continue;
		if (!is_in_dir) {
			l->found = (int)i;
			l->is_whiteout = r == 2;
			l->mode = st.st_mode;
		}
		if (r == 2)
			break;
		if ((st.st_mode & FJ_S_IFMT) != FJ_S_IFDIR) {
			if (is_in_dir)
				break;
			return -ENOTDIR;
		}
		if (fd == -ENOTDIR) /* it has become a directory meanwhile */
			fd = fj_open_path(l->fd[i], name, O_DIRECTORY | O_NOFOLLOW);
		if (fd < 0)
			return fd;
		to[i] = (int)fd;
		is_in_dir = true;
		if (left && fj_union_calls.is_opaque(t, (int)fd, l->is_nested))
			break;
	}
	return is_in_dir ? 0 : -ENOENT;
}

bool fj_layers_merge_below(struct fj_thread *t, const struct fj_layers *l, const char *name)
{
	struct stat st;
	bool is_opaque;
	long fd, r;

	if (l->found < 0 || l->is_whiteout || (l->mode & FJ_S_IFMT) != FJ_S_IFDIR)
		return false;
	fd = fj_open_path(l->fd[l->found], name, O_DIRECTORY | O_NOFOLLOW);
	if (fd < 0)
		return false;
	is_opaque = fj_union_calls.is_opaque(t, (int)fd, l->is_nested);
	fj_sys_close((int)fd);
	for (uint32_t i = (uint32_t)l->found + 1; i < l->count && !is_opaque; i++) {
		r = l->fd[i] < 0 ? 0 : look_in_layer(t, l, i, name, &st);
		if (r > 0)
			return r == 1 && (st.st_mode & FJ_S_IFMT) == FJ_S_IFDIR;
	}
	return false;
}

static void go_to(struct fj_layers *l, const int *to)
{
	for (uint32_t i = 0; i < l->count; i++) {
		if (l->fd[i] >= 0)
			fj_sys_close(l->fd[i]);
		l->fd[i] = to[i];
	}
}

static void close_opened(const struct fj_layers *l, const int *to)
{
	for (uint32_t i = 0; i < l->count; i++)
		if (to[i] >= 0)
			fj_sys_close(to[i]);
}

long fj_layers_into(struct fj_thread *t, struct fj_layers *l, const char *name, bool is_copy)
{
	int to[FJ_LAYERS_MAX];
	const long r = open_merged(t, l, name, to);

	if (r < 0)
		close_opened(l, to);
	else if (is_copy)
		__builtin_memcpy(l->fd, to, l->count * sizeof(to[0]));
	else
		go_to(l, to);
	return r;
}

/* Go into the directory `name`, as fj_layers_into() does. If the upper layer lacks it, make it there first. */
static long into_upper(struct fj_thread *t, struct fj_layers *l, const char *name)
{
	int to[FJ_LAYERS_MAX];
	long r = open_merged(t, l, name, to);

	if (!r && to[0] < 0) {
		r = fj_layers_copy_up(t, l, name, false);
		if (!r) {
			close_opened(l, to);
			r = open_merged(t, l, name, to);
		}
		if (!r && to[0] < 0)
			r = -EIO; /* it was copied and does not exist */
	}
	if (r < 0)
		close_opened(l, to);
	else
		go_to(l, to);
	return r;
}

static long descend_to(struct fj_thread *t, struct fj_layers *l, const char *pos, bool is_up)
{
	const uint32_t mark = fj_scratch_mark(t);
	char *name = fj_scratch(t, NAME_MAX + 1);
	long r = 0;

	while (*pos && !r) {
		size_t len = 0;

		for (pos++; *pos && *pos != '/'; pos++)
			if (len < NAME_MAX)
				name[len++] = *pos;
		name[len] = 0;
		r = is_up ? into_upper(t, l, name) : fj_layers_into(t, l, name, false);
	}
	fj_scratch_release(t, mark);
	return r;
}

/* Open the nearest directory above `pos` about which there is a fact. `*rest` is the path below it. */
static bool recall_above(struct fj_thread *t, const char *pos, size_t mount_len,
	struct fj_layers *l, const char **rest)
{
	for (size_t len = fj_strlen(pos); len > mount_len;) {
		for (len--; len > mount_len && pos[len] != '/'; len--)
			;
		*rest = pos + len;
		if (fj_layers_recall(t, pos, len, false, l))
			return true;
	}
	return false;
}

static long open_at(struct fj_thread *t, const char *pos, struct fj_layers *l, bool is_up)
{
	const uint32_t mark = fj_scratch_mark(t);
	struct fj_mount_found m;
	struct fj_str layers, work;
	const char *rest;
	uint64_t epoch;
	long r = 0;

	*l = (struct fj_layers){.work_fd = -1, .found = -1};
	fj_str_init(&layers, fj_scratch(t, FJ_LAYERS_TEXT), FJ_LAYERS_TEXT);
	fj_str_init(&work, fj_scratch_path(t), PATH_MAX);
	if (!fj_mount_union_of(pos, &m, &layers, &work)) {
		fj_scratch_release(t, mark);
		return 0;
	}
	epoch = is_up ? 0 : fj_layers_plan_fact(pos);
	if (!epoch || !recall_above(t, pos, m.jail_len, l, &rest)) {
		rest = pos + m.jail_len;
		r = open_roots(t, m.id, layers.at, l);
	}
	l->mount_len = m.jail_len;
	l->mount_id = m.id;
	l->has_upper = work.len;
	l->is_nested = m.flags & FJ_MOUNT_NESTED;
	l->is_read_only = !l->has_upper || (m.flags & FJ_MOUNT_READ_ONLY);
	if (!r)
		r = descend_to(t, l, rest, is_up);
	if (!r && !is_up)
		fj_layers_remember(t, l, pos, epoch, false);
	fj_scratch_release(t, mark);
	if (r < 0)
		fj_layers_close(l);
	return r < 0 ? r : 1;
}

long fj_layers_open(struct fj_thread *t, const char *pos, struct fj_layers *l)
{
	return fj_layers_recall(t, pos, fj_strlen(pos), false, l) ? 1 : open_at(t, pos, l, false);
}

long fj_layers_up(struct fj_thread *t, struct fj_layers *l, const char *pos)
{
	struct fj_layers up;
	long r;

	if (l->is_read_only)
		return -EROFS;
	if (l->fd[0] >= 0)
		return 0;
	r = open_at(t, pos, &up, true);
	if (r <= 0)
		return r ? r : -ENOENT; /* unmounted meanwhile */
	l->fd[0] = up.fd[0];
	up.fd[0] = -1;
	fj_layers_close(&up);
	return 0;
}

static bool is_in_layer(const char *host_path, bool of_upper)
{
	const struct fj_mounts *v;
	const char *rest;
	struct fj_mounts_seen seen;
	bool is;

	do {
		is = false;
		v = fj_mounts_look(&seen);
		for (uint32_t i = fj_mounts_count(v); i-- && !is;) {
			const struct fj_mount *m = &v->mount[i];
			int layer;

			if (!(m->flags & FJ_MOUNT_UNION))
				continue;
			layer = fj_mounts_layer(v, m, host_path, &rest);
			is = layer > 0 || (!layer && (of_upper || !*fj_mounts_text(v, m->work)));
		}
	} while (!fj_mounts_held(&seen));
	return is;
}

bool fj_union_is_lower(const char *host_path)
{
	return is_in_layer(host_path, false);
}

bool fj_union_has_host(const char *host_path)
{
	return is_in_layer(host_path, true);
}

bool fj_union_shows(const char *pos)
{
	const struct fj_mounts *v;
	const struct fj_mount *m;
	struct fj_mounts_seen seen;
	const char *r;
	bool is;

	do {
		v = fj_mounts_look(&seen);
		m = fj_mounts_of(v, pos);
		is = m && (m->flags & FJ_MOUNT_UNION);
		for (uint32_t i = fj_mounts_count(v);
			m && (m->flags & FJ_MOUNT_FILE) && i-- && !is;)
			is = (v->mount[i].flags & FJ_MOUNT_UNION) &&
			     fj_mounts_layer(v, &v->mount[i], fj_mounts_text(v, m->host), &r) >= 0;
	} while (!fj_mounts_held(&seen));
	return is;
}
