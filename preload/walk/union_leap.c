/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * union_leap.c - walks in a union over many directories at once: by facts (layers/union_facts.c), or with
 * one openat2(2) where only the lowest layer has the directories. The latter is usual when a jail begins.
 * It also stores the facts about directories reached.
 *
 * Called by union_walk.c and remember.c. */
#include "bytes/equal.h"
#include "bytes/hash.h"
#include "bytes/str.h"
#include "facts/facts.h"
#include "jail/fds.h"
#include "jail/jail.h"
#include "jail/kernel_lacks.h"
#include "jail/root.h"
#include "jail/search.h"
#include "layers/union.h"
#include "mount-table/layer_paths.h"
#include "mount-table/mounts.h"
#include "path/path.h"
#include "sys/scratch.h"
#include "sys/scratch_mark.h"
#include "syscall/stat.h"
#include "syscall/unistd_close.h"
#include "walk/steps.h"

#include <asm/stat.h>
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/openat2.h>

static const struct fj_root own_root;

/* Is the directory only in the lowest layer of the jail's own root, and its path there the key? `path`: its host path. */
static bool is_by_key(const char *key, size_t key_len, const struct fj_str *path, uint64_t flags)
{
	const size_t part = fj_lower_len();

	return (flags & (FJ_FACT_IN_LOWER | FJ_FACT_MERGED)) == FJ_FACT_IN_LOWER && key_len &&
	       key[0] == '/' && path->len == part + key_len &&
	       fj_same(path->at + part, key, key_len);
}

void fj_walk_keep_fact_of_union(struct fj_walk *w, const char *key)
{
	const uint32_t mark = fj_scratch_mark(w->t);
	struct fj_str paths;
	uint64_t flags;

	if (fj_layers_saw_names(w->pos.at)) /* some names were not yet marked: the next walk stores
					     * the fact */
		return;
	fj_str_init(&paths, fj_scratch(w->t, FJ_FACT_TEXT), FJ_FACT_TEXT);
	flags = fj_layers_describe_fact(w->t, w->layers, w->pos.at, &paths);
	if (flags) {
		const uint64_t open = w->is_open ? FJ_FACT_OPEN : 0;
		/* (The walk knows nothing of directories above its root.) */
		const bool is_whole = !w->root->len && !w->is_root_detached;

		fj_facts_add(&own_root, w->pos.at + (w->pos.len != 0),
			w->pos.len ? w->pos.len - 1 : 0, paths.at, flags | (is_whole ? open : 0), 0,
			w->epoch);
		flags |= open;
		/* (The root of a union may contain the jail's own directory.) */
		if (w->pos.len > w->layers->mount_len && !fj_mount_is_in(w->pos.at))
			flags |= FJ_FACT_PLAIN;
		if (key && is_by_key(key, w->fact_key_len, &paths, flags))
			flags |= FJ_FACT_BY_KEY;
		if (key && fj_path_has_prefix(w->pos.at, w->root->pos))
			fj_facts_add(w->root, key, w->fact_key_len, paths.at, flags,
				w->is_mine ? fj_search(w->t)->asker : 0, w->epoch);
	}
	fj_scratch_release(w->t, mark);
}

/* Returns how many bytes of the rest are directories with ordinary names. 0: the walk must go one component
 * at a time. */
static size_t plain_dirs(const struct fj_walk *w)
{
	const char *c = w->rest;
	size_t dirs = 0;

	for (const char *start = c; *c; start = c) {
		while (*c && *c != '/')
			c++;

		const size_t len = (size_t)(c - start);

		if (*c != '/')
			break;
		if (!fj_walk_is_plain(start, len))
			return 0;
		dirs = (size_t)(c - w->rest);
		while (*c == '/')
			c++;
		if (!*c)
			return 0; /* a trailing slash belongs to the last component */
	}
	return dirs;
}

/* The walk has reached the directory that the next `dirs` bytes of the rest name. */
static void pass_over(struct fj_walk *w, size_t dirs)
{
	const char *const all = w->rest + dirs;
	char *end;

	for (char *name = w->rest; name < all; name = end) {
		while (*name == '/')
			name++;
		for (end = name; *end != '/'; end++)
			;
		fj_walk_push_pos(w, name, (size_t)(end - name));
	}
	for (w->rest += dirs; *w->rest == '/'; w->rest++)
		;
}

static void mark_names(const struct fj_walk *w, size_t dirs)
{
	const char *end;

	for (const char *name = w->rest; name < w->rest + dirs; name = end) {
		while (*name == '/')
			name++;
		for (end = name; *end != '/'; end++)
			;
		fj_facts_saw_name(name, (size_t)(end - name));
	}
}

bool fj_walk_leap_in_union(struct fj_walk *w, struct fj_layers *l)
{
	const size_t before = w->pos.len, dirs = plain_dirs(w);
	char *const rest = w->rest;
	bool is;

	if (!dirs)
		return false;
	mark_names(w, dirs);
	pass_over(w, dirs);
	is = w->knows_pos &&
	     fj_layers_recall(w->t, w->pos.at, w->pos.len, fj_search(w->t)->asks, l);
	if (!is && w->knows_pos)
		fj_str_cut(&w->pos, before);
	if (!is)
		w->rest = rest;
	return is;
}

/* The descriptor of a layer of the jail's own root that the jail holds, or AT_FDCWD. `is_last`: it is the lowest layer. */
static int held_layer(const char *path, size_t len, bool is_last)
{
	if (is_last)
		return FJ_FD_LOWER(fj_jail);
	return fj_layers_root_part(path, len) == len ? FJ_FD_ROOT(fj_jail) : AT_FDCWD;
}

/* Make the path of `name` (`len` bytes) in the next layer: relative to its descriptor, at or after `*at`,
 * or below the first host path at `*paths`. `is_own`: these are the layers of the jail's own root, of which it holds the
 * lowest (FJ_FD_LOWER). Returns the descriptor or AT_FDCWD. */
static int put_name(const struct fj_layers *l, const char **paths, bool is_own, uint32_t *at,
	const char *name, size_t len, struct fj_str *out)
{
	const char *s;
	int dirfd = AT_FDCWD;

	fj_str_cut(out, 0);
	if (*paths) {
		s = fj_layers_end_first(*paths);
		if (is_own)
			dirfd = held_layer(*paths, (size_t)(s - *paths), !*s);
		if (dirfd == AT_FDCWD) {
			fj_str_add(out, *paths, (size_t)(s - *paths));
			fj_str_put(out, "/");
		}
		*paths = *s ? s + 1 : s;
	} else {
		while (l->fd[*at] < 0)
			++*at;
		dirfd = l->fd[(*at)++];
	}
	fj_str_add(out, name, len);
	return dirfd;
}

/* If only the lowest of `count` layers has the first of the next `dirs` bytes of the rest, it alone has all
 * of them: open the last one as `*fd`. Returns 1, 0 if this is not certain, or -ENOENT if it does not
 * exist. */
static long open_down(struct fj_walk *w, const struct fj_layers *l, const char *paths, bool is_own,
	uint32_t count, size_t dirs, int *fd)
{
	const uint32_t mark = fj_scratch_mark(w->t);
	const unsigned resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
	struct fj_str name;
	struct stat st;
	size_t first = 0;
	uint32_t at = 0;
	int dirfd;
	long r = -ENOENT;

	fj_str_init(&name, fj_scratch(w->t, FJ_REST_SIZE), FJ_REST_SIZE);
	while (w->rest[first] != '/')
		first++;
	for (uint32_t i = 0; i + 1 < count && r == -ENOENT; i++) {
		dirfd = put_name(l, &paths, is_own, &at, w->rest, first, &name);
		r = name.overflowed ? 0 :
				      fj_sys_newfstatat(dirfd, name.at, &st, AT_SYMLINK_NOFOLLOW);
	}
	if (r == -ENOENT)
		dirfd = put_name(l, &paths, is_own, &at, w->rest, dirs, &name);
	if (r == -ENOENT && !name.overflowed) {
		r = fj_openat2(dirfd, name.at, O_PATH | O_CLOEXEC | O_DIRECTORY, 0, resolve);
		*fd = (int)r;
		r = r >= 0 ? 1 : r == -ENOENT ? r : 0;
	} else {
		r = 0;
	}
	fj_scratch_release(w->t, mark);
	return r;
}

/* Only the lowest of `count` layers has the first name of the rest. If it is a symlink, follow it: nothing
 * needs to be opened for that. Returns FJ_LEAP_LINK, 0, or -errno. */
static long follow_first(struct fj_walk *w, const char *paths, uint32_t count)
{
	const uint32_t mark = fj_scratch_mark(w->t);
	struct fj_str path;
	size_t len = 0;
	uint32_t at = 0;
	long r;

	fj_str_init(&path, fj_scratch(w->t, FJ_REST_SIZE), FJ_REST_SIZE);
	while (w->rest[len] != '/')
		len++;
	for (uint32_t i = 0; i < count; i++)
		put_name(NULL, &paths, false, &at, w->rest, len, &path);
	r = path.overflowed ? 0 : fj_walk_follow_at(w, path.at, len);
	fj_scratch_release(w->t, mark);
	return r == 1 ? FJ_LEAP_LINK : r;
}

/* (If permissions are asked, each directory must be asked. FJ_NO_XDEV must not enter mounts of the
 * host.) */
static bool may_leap_down(const struct fj_walk *w)
{
	return w->knows_pos && !fj_search(w->t)->asks && !(w->how & FJ_NO_XDEV) &&
	       !fj_lacks()->openat2;
}

long fj_walk_leap_down(struct fj_walk *w, struct fj_layers *l)
{
	const uint32_t mark = fj_scratch_mark(w->t);
	const size_t dirs = plain_dirs(w);
	struct fj_mount_found m;
	struct fj_str layers, work;
	uint32_t count = 1;
	int fd = -1;
	long r = 0;

	if (!dirs || !may_leap_down(w))
		return 0;
	fj_str_init(&layers, fj_scratch(w->t, FJ_LAYERS_TEXT), FJ_LAYERS_TEXT);
	fj_str_init(&work, fj_scratch_path(w->t), PATH_MAX);
	if (fj_mount_union_of(w->pos.at, &m, &layers, &work) && w->pos.len == m.jail_len) {
		for (const char *s = layers.at; *s; s++)
			count += s[0] == '/' && s[1] == '/';
		fj_layers_saw_names(w->pos.at);
		mark_names(w, dirs);
		w->can_leap = false;
		r = open_down(w, NULL, layers.at, m.id == fj_jail->lower_mount && fj_lower_len(),
			count, dirs, &fd);
		if (!r && fd == -ELOOP)
			r = follow_first(w, layers.at, count);
	}
	if (r == 1) {
		*l = (struct fj_layers){.work_fd = -1,
			.found = -1,
			.count = count,
			.mount_len = m.jail_len,
			.mount_id = m.id,
			.has_upper = work.len,
			.is_nested = m.flags & FJ_MOUNT_NESTED,
			.is_read_only = !work.len || (m.flags & FJ_MOUNT_READ_ONLY)};
		for (uint32_t i = 0; i < count; i++)
			l->fd[i] = i + 1 == count ? fd : -1;
		pass_over(w, dirs);
	}
	fj_scratch_release(w->t, mark);
	return r;
}

long fj_walk_leap_on(struct fj_walk *w)
{
	struct fj_layers *const l = w->layers;
	const size_t dirs = w->can_leap ? plain_dirs(w) : 0;
	uint32_t last = 0;
	size_t first = 0;
	int fd = -1;
	long r;

	while (first < dirs && w->rest[first] != '/')
		first++;
	w->can_leap = false;
	if (first == dirs || !may_leap_down(w)) /* (one directory: nothing would be saved) */
		return 0;
	mark_names(w, dirs);
	r = open_down(w, l, NULL, false, fj_layers_having(l), dirs, &fd);
	if (r <= 0)
		return r;
	for (uint32_t i = 0; i < l->count; i++) {
		if (l->fd[i] < 0)
			continue;
		last = i;
		fj_sys_close(l->fd[i]);
		l->fd[i] = -1;
	}
	l->fd[last] = w->fd = fd;
	pass_over(w, dirs);
	return 0;
}
