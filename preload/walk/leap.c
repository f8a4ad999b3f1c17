/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * leap.c - walks many directories with one openat2(2), if no symlink, mount or `..` is among them. Called
 * by walk.c. */
#include "bytes/str.h"
#include "facts/facts.h"
#include "jail/epoch.h"
#include "jail/kernel_lacks.h"
#include "jail/search.h"
#include "mount-table/mount_flags.h"
#include "path/path.h"
#include "sys/scratch.h"
#include "sys/scratch_mark.h"
#include "walk/steps.h"
#include "walk/walk.h"

#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/openat2.h>

/* Is it remembered that everybody, or the caller, may search all directories in the next `len` bytes of the
 * rest? Returns a set of FJ_FACT_LETS, or 0. */
static unsigned is_way_open(struct fj_walk *w, size_t len)
{
	const uint32_t mark = fj_scratch_mark(w->t);
	const uint64_t epoch = fj_facts_epoch();
	struct fj_str key, value;
	unsigned flags = 0, lets = 0;

	fj_str_init(&key, fj_scratch(w->t, FJ_REST_SIZE), FJ_REST_SIZE);
	fj_str_init(&value, fj_scratch(w->t, FJ_REST_SIZE), FJ_REST_SIZE);
	if (epoch && fj_walk_learn_pos(w) && fj_path_seen(w->pos.at, &key)) {
		if (key.len > 1)
			fj_str_put(&key, "/");
		fj_str_add(&key, w->rest, len);
		if (!key.overflowed &&
			fj_facts_find(w->t, w->root, key.at, key.len, &value, &flags, epoch))
			lets = flags & FJ_FACT_LETS;
	}
	fj_scratch_release(w->t, mark);
	return lets;
}

/* Returns how many of the next `len` bytes may be walked by one call, without asking each directory for
 * permission. If facts say that all these directories may be searched, that is `len`. It is also `len` if this
 * is said of all but the last one, and then `*is_asked` is false: the caller must ask that one. So a last
 * directory that does not exist costs one system call, as in a compiler's search for headers. Otherwise it is
 * the length of the beginning that may be searched. */
static size_t open_len(struct fj_walk *w, size_t len, unsigned *lets, bool *is_asked)
{
	unsigned unknown = 0;
	size_t n = len;

	while (n && !(*lets = is_way_open(w, n))) {
		unknown++;
		while (n && w->rest[n - 1] != '/')
			n--;
		while (n && w->rest[n - 1] == '/')
			n--;
	}
	*is_asked = unknown != 1;
	return n && unknown == 1 ? len : n;
}

long fj_walk_leap(struct fj_walk *w)
{
	char *last = NULL, *c = w->rest;
	unsigned lets = 0;
	bool is_asked = false;
	long fd;

	if (!w->can_leap || w->layers || fj_lacks()->openat2)
		return 0;
	w->can_leap = false;
	for (char *start = c; *c; start = c) {
		while (*c && *c != '/')
			c++;

		const size_t len = (size_t)(c - start);

		char *const end = c;

		/* Other components are walked one at a time. */
		if (*c != '/' || !fj_walk_is_plain(start, len))
			break;
		while (*c == '/')
			c++;
		if (!*c)
			break; /* a trailing slash belongs to the last component */
		fj_facts_saw_name(start, len);
		last = end;
	}
	if (last && fj_search(w->t)->asks)
		last = w->rest + open_len(w, (size_t)(last - w->rest), &lets, &is_asked);
	if (!last || last == w->rest)
		return 0;
	if (fj_mount_flags()
			->has_aliases) /* only the walk's beginning has a note of its position */
		fj_walk_learn_pos(w);
	*last = 0;
	fd = fj_openat2(w->fd, w->rest, O_PATH | O_CLOEXEC | O_DIRECTORY, 0,
		RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS |
			(w->how & FJ_NO_XDEV ? RESOLVE_NO_XDEV : 0));
	if (fd < 0) {
		*last = '/';
		/* ENOTDIR: the last one may be a symlink to a directory. */
		return fd == -ENOENT || fd == -EACCES ? fd : 0;
	}
	fj_walk_go(w, (int)fd, true);
	w->is_asked = is_asked;
	w->is_open = w->is_open && (lets & FJ_FACT_OPEN);
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
