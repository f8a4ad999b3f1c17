/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * fast_dir.c - finds, by facts, the directory in which a name is made or removed, and opens it. A call that
 * changes something by a path alone could be led out of the jail. Called by call/run.c before it walks. */
#include "bytes/len.h"
#include "bytes/str.h"
#include "fast-path/fast.h"
#include "jail/jail.h"
#include "jail/root.h"
#include "layers/union.h"
#include "mount-table/mount_flags.h"
#include "mount-table/paths.h"
#include "path/path.h"
#include "sys/abi.h"
#include "sys/scratch.h"
#include "syscall/stat.h"
#include "walk/walk.h"

#include <asm/stat.h>
#include <linux/openat2.h>

/* Leave it to the walk if directories may have two positions, be read-only or have layers: it tells
 * more about them. */
static bool may_matter(const struct fj_mount_flags *f)
{
	return f->has_unions | f->has_aliases | f->has_read_only;
}

/* A fact has told the name: it has no `..`, and is relative to the root. So it can lead out of the root
 * only by a symlink. (RESOLVE_BENEATH would cost a tenth of the call more.) */
static long open_dir(const struct fj_fast *q, size_t dir_len)
{
	char *const slash = (char *)(uintptr_t)q->place.name + dir_len - 1;
	long fd;

	*slash = 0;
	fd = fj_openat2(q->place.dirfd, q->place.name, O_PATH | O_CLOEXEC | O_DIRECTORY, 0,
		RESOLVE_NO_SYMLINKS);
	*slash = '/';
	return fd;
}

/* Has a lower layer the name? */
static bool is_below(const struct fj_fast *q)
{
	const char *path = q->place.name;
	struct stat st;

	for (uint32_t i = 0; i < (q->is_merged ? q->below : 0); i++) {
		path += fj_strlen(path) + 1;
		if (fj_sys_newfstatat(path[0] == '/' ? AT_FDCWD : FJ_FD_ROOT(fj_jail), path, &st,
			    AT_SYMLINK_NOFOLLOW) != -ENOENT)
			return true;
	}
	return false;
}

/* Is there a file, and not a whiteout? */
static bool is_file(struct fj_thread *t, const struct fj_place *place)
{
	struct stat st;

	return !fj_sys_newfstatat(place->dirfd, place->name, &st, AT_SYMLINK_NOFOLLOW) &&
	       !fj_union_calls.is_whiteout(t, place->dirfd, place->name, &st);
}

bool fj_fast_hold_upper(struct fj_thread *t, int dirfd, const char *jail_path, size_t len,
	bool is_old, struct fj_place *place)
{
	const struct fj_mount_flags *const f = fj_mount_flags();
	struct fj_fast q;
	size_t dir_len;
	long fd;

	if (f->has_aliases || f->has_read_only || !fj_mount_has_one_union() ||
		!fj_fast_begin_in_upper(&q, t, dirfd, jail_path, len))
		return false;
	dir_len = q.is_layered ? fj_place_dir_len(q.place.name) : 0;
	if (!q.is_layered || q.is_by_fd || q.place.dirfd != FJ_FD_ROOT(fj_jail) || is_below(&q))
		return fj_fast_end(&q);
	fd = dir_len ? open_dir(&q, dir_len) : -1;
	if (dir_len && fd < 0)
		return fj_fast_end(&q);
	*place = (struct fj_place){.dirfd = dir_len ? (int)fd : q.place.dirfd,
		.owned_fd = (int)fd,
		.name = q.place.name + dir_len,
		.is_upper = true};
	if ((is_old && !is_file(t, place)) || !fj_fast_held(&q)) {
		fj_place_done(place);
		return fj_fast_end(&q);
	}
	return true;
}

/* The length of the last name of `path`, which is `len` bytes long. */
static size_t name_len_of(const char *path, size_t len)
{
	size_t first = len;

	while (first && path[first - 1] != '/')
		first--;
	return len - first;
}

bool fj_fast_hold_dir(struct fj_thread *t, int dirfd, const char *jail_path, size_t len,
	enum fj_fast_pos wish, struct fj_place *place)
{
	const bool is_relative = jail_path[0] != '/';
	const struct fj_root *const root = fj_root();
	const size_t name_len = name_len_of(jail_path, len);
	struct fj_fast q;
	struct fj_str pos;
	size_t dir_len, size;
	long fd = -1;

	if (may_matter(fj_mount_flags()) || (is_relative && (wish || name_len < len)) ||
		!fj_fast_begin(&q, t, dirfd, jail_path, len))
		return false;
	if (is_relative) { /* the program itself holds the directory */
		*place = q.place;
		return fj_fast_held(&q) || fj_fast_end(&q);
	}
	/* The place's path ends in the same name, and is often the program's without its first slash. */
	dir_len = (q.place.name == jail_path + 1 ? len - 1 : fj_text_len(q.place.name)) - name_len;
	if (!q.is_in_root || (dir_len && (fd = open_dir(&q, dir_len)) < 0))
		return fj_fast_end(&q);
	*place = (struct fj_place){.dirfd = dir_len ? (int)fd : q.place.dirfd,
		.owned_fd = (int)fd,
		.is_in_root = q.place.dirfd == FJ_FD_ROOT(fj_jail) && fj_jail_paths()->root[0],
		.name = q.place.name + dir_len};
	if (dir_len && fj_path_reached)
		fj_path_reached(t, (int)fd, jail_path, len - name_len - 1, q.epoch);
	if (!fj_fast_held(&q)) {
		fj_place_done(place);
		return fj_fast_end(&q);
	}
	if (wish == FJ_POS_WANTED || (wish && !place->is_in_root)) {
		size = root->len + 1 + dir_len + name_len + 1;
		fj_str_init(&pos, fj_scratch(t, size), size);
		fj_str_add(&pos, root->pos, root->len);
		fj_str_add(&pos, "/", 1);
		fj_str_add(&pos, q.place.name, dir_len + name_len);
		place->pos = pos.at;
	}
	return true;
}
