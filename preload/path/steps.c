/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * steps.c - the steps of a walk from directory to directory: into one, into what is mounted on it,
 * up, back to the root, and over several at once.
 *
 * Why `..` cannot escape: it is answered by the position while that is known (and stops at the
 * root), else only after the directory was compared with the root. */
#include "path/walk.h"

#include <asm/stat.h>
#include <linux/openat2.h>

void fj_walk_go(struct fj_walk *w, int fd, bool is_owned)
{
	if (w->owned_fd >= 0)
		fj_close(w->owned_fd);
	w->fd = fd;
	w->owned_fd = is_owned ? fd : -1;
}

void fj_walk_to_root(struct fj_walk *w)
{
	fj_walk_go(w, w->root->fd, false);
	fj_str_cut(&w->pos, 0);
	fj_str_put(&w->pos, w->root->pos);
	w->knows_pos = true;
	w->is_detached = false;
}

bool fj_walk_learn_pos(struct fj_walk *w)
{
	if (w->knows_pos || w->is_detached)
		return w->knows_pos;
	fj_str_cut(&w->pos, 0);
	w->knows_pos = fj_path_of_dir(w->t, w->fd, &w->pos);
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

size_t fj_walk_parent_len(const struct fj_str *pos)
{
	size_t n = pos->len;

	while (n && pos->at[n - 1] != '/')
		n--;
	return n ? n - 1 : 0;
}

/* Without a position only the directory itself can tell whether it is the root. */
static bool is_root_dir(const struct fj_walk *w)
{
	struct stat st;
	const char *self = w->fd == AT_FDCWD ? "." : "";

	if (fj_sys4(__NR_newfstatat, w->fd, self, &st, AT_EMPTY_PATH))
		return false;
	return (st.st_ino == w->root->ino && st.st_dev == w->root->dev) ||
	       (st.st_ino == fj_jail->root_ino && st.st_dev == fj_jail->root_dev);
}

long fj_walk_up(struct fj_walk *w)
{
	long fd;

	if (fj_walk_learn_pos(w)) {
		if (w->pos.len == 0 ||
			(w->pos.len == w->root->len && fj_streq(w->pos.at, w->root->pos)))
			return 0;

		struct fj_mount_found m;
		const bool at_mount = fj_mount_at(w->pos.at, &m, NULL);

		if (at_mount) {
			fj_str_cut(&w->pos, fj_walk_parent_len(&w->pos));
			fd = fj_path_open_pos(w->t, w->pos.at, O_DIRECTORY);
		} else {
			fd = fj_open_path(w->fd, "..", O_DIRECTORY);
			fj_str_cut(&w->pos, fj_walk_parent_len(&w->pos));
		}
	} else {
		if (is_root_dir(w))
			return 0;
		fd = fj_open_path(w->fd, "..", O_DIRECTORY);
	}
	if (fj_is_err(fd))
		return fd;
	fj_walk_go(w, (int)fd, true);
	return 0;
}

static long enter_mount(struct fj_walk *w, const char *host)
{
	const long fd = fj_open_path(AT_FDCWD, host, O_DIRECTORY);

	if (fj_is_err(fd))
		return fd;
	fj_walk_go(w, (int)fd, true);
	return 0;
}

const char *fj_walk_mount_below(struct fj_walk *w, const char *name, size_t len)
{
	struct fj_mount_found m;
	struct fj_str host;
	size_t before;
	bool found;

	if (!fj_mount_may_be_named(name, len) || !fj_walk_learn_pos(w))
		return NULL;
	before = w->pos.len;
	fj_str_put(&w->pos, "/");
	fj_str_add(&w->pos, name, len);
	fj_str_init(&host, fj_scratch_path(w->t), FJ_PATH_MAX);
	found = !w->pos.overflowed && fj_mount_at(w->pos.at, &m, &host);
	w->pos.overflowed = false;
	fj_str_cut(&w->pos, before);
	return !found ? NULL : host.len ? host.at : "/";
}

long fj_walk_into(struct fj_walk *w, const char *name, size_t len, char *rest)
{
	const uint32_t mark = fj_scratch_mark(w->t);
	const char *m = fj_walk_mount_below(w, name, len);
	long r;

	fj_facts_saw_name(name, len);
	if (m) {
		r = enter_mount(w, m);
		fj_scratch_release(w->t, mark);
	} else {
		fj_scratch_release(w->t, mark);
		r = fj_open_path(w->fd, name, O_NOFOLLOW | O_DIRECTORY);
		if (r == -ENOTDIR || r == -ELOOP)
			return fj_walk_into_link(w, name, len, rest);
		if (!fj_is_err(r))
			fj_walk_go(w, (int)r, true);
	}
	if (fj_is_err(r))
		return r;
	fj_walk_push_pos(w, name, len);
	w->rest = rest;
	return 0;
}

long fj_walk_leap(struct fj_walk *w)
{
	char *last = NULL, *c = w->rest;
	long fd;

	if (!w->can_leap || fj_jail->no_openat2 || w->t->asks_search)
		return 0;
	w->can_leap = false;
	for (char *start = c; *c; start = c) {
		while (*c && *c != '/')
			c++;

		const size_t len = (size_t)(c - start);

		if (*c != '/')
			break;
		if (!len || fj_is_dots(start, len) || len > FJ_NAME_MAX ||
			fj_mount_may_be_named(start, len) || fj_is_hidden_name(start, len))
			return 0; /* step by step knows better */
		fj_facts_saw_name(start, len);
		last = c;
		while (*c == '/')
			c++;
		if (!*c)
			return 0; /* a trailing slash belongs to the last component */
	}
	if (!last)
		return 0;
	*last = 0;
	fd = fj_openat2(w->fd, w->rest, O_PATH | O_CLOEXEC | O_DIRECTORY, 0,
		RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
	if (fj_is_err(fd)) {
		*last = '/';
		/* ENOTDIR: perhaps the last one is a symlink to a directory. */
		return fd == -ENOENT || fd == -EACCES ? fd : 0;
	}
	fj_walk_go(w, (int)fd, true);
	for (char *name = w->rest, *end; *name; name = end) {
		while (*name == '/')
			name++;
		for (end = name; *end && *end != '/'; end++)
			;
		fj_walk_push_pos(w, name, (size_t)(end - name));
	}
	for (w->rest = last + 1; *w->rest == '/'; w->rest++)
		;
	return 1;
}
