/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * union_over.c - makes an entry where the upper layer has a whiteout: in the work directory, and then
 * exchanges it with the whiteout in one step. So no process ever sees what the whiteout hides. Called through
 * over.h. */
#include "bytes/copy.h"
#include "bytes/len.h"
#include "bytes/str.h"
#include "layers/over.h"
#include "layers/place.h"
#include "layers/union.h"
#include "sys/abi.h"
#include "sys/fd.h"
#include "sys/scratch.h"
#include "syscall/stat.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_ids.h"
#include "syscall/unistd_names.h"

#include <asm/stat.h>
#include <linux/errno.h>

void fj_layers_temp(struct fj_str *out)
{
	static uint32_t last;

	fj_str_put(out, FJ_LAYERS_TEMP_PREFIX);
	fj_str_num(out, (uint64_t)fj_sys_getpid(), 10);
	fj_str_put(out, ".o");
	fj_str_num(out, __atomic_add_fetch(&last, 1, __ATOMIC_RELAXED), 10);
}

long fj_place_begin_over(struct fj_thread *t, struct fj_place *place)
{
	const long work = fj_layers_work(t, place->layers);
	const size_t len = fj_strlen(place->name);
	struct fj_str temp;
	size_t name_len = len;
	char *name;

	if (work < 0)
		return work;
	while (name_len && place->name[name_len - 1] == '/')
		name_len--;
	name = fj_scratch(t, len + 1);
	memcpy(name, place->name, name_len);
	name[name_len] = 0;
	fj_str_init(&temp, fj_scratch(t, FJ_LAYERS_TEMP), FJ_LAYERS_TEMP);
	fj_layers_temp(&temp);
	if (name_len < len)
		fj_str_put(&temp, "/");
	place->layers->name = name;
	place->dirfd = (int)work;
	place->name = temp.at;
	return 0;
}

static void remove_made(const struct fj_place *place, bool is_dir)
{
	fj_sys_unlinkat(place->dirfd, place->name, is_dir ? AT_REMOVEDIR : 0);
}

/* Is `name` a whiteout for this union? */
static bool is_whiteout(struct fj_thread *t, const struct fj_layers *l, int dirfd, const char *name)
{
	struct stat st;

	return !fj_sys_newfstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) &&
	       fj_union_calls.hides(t, dirfd, name, &st, l->is_nested);
}

static bool is_there(int dirfd, const char *name)
{
	struct stat st;

	return !fj_sys_newfstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW);
}

static long put_over(struct fj_thread *t, const struct fj_place *place)
{
	const struct fj_layers *l = place->layers;
	const int from = place->dirfd, to = l->fd[0];
	long r = -EEXIST;

	/* Otherwise what another process has put there would be in the work directory for a moment. */
	if (!is_whiteout(t, l, to, l->name) && is_there(to, l->name))
		return r;
	r = fj_sys_renameat2(from, place->name, to, l->name, FJ_RENAME_EXCHANGE);

	if (r == -EINVAL || r == -ENOSYS) { /* the file system cannot exchange: two steps */
		if (!is_whiteout(t, l, to, l->name))
			return -EEXIST;
		r = fj_union_calls.discard(t, to, l->name);
		if (r == -ENOENT)
			r = 0;
		return r < 0 ? r :
			       fj_sys_renameat2(
				       from, place->name, to, l->name, FJ_RENAME_NOREPLACE);
	}
	if (r == -ENOENT) /* somebody has made and removed it meanwhile */
		return fj_sys_renameat2(from, place->name, to, l->name, FJ_RENAME_NOREPLACE);
	if (r < 0)
		return r;
	if (!is_whiteout(t, l, from, place->name)) { /* another process was faster */
		fj_sys_renameat2(from, place->name, to, l->name, FJ_RENAME_EXCHANGE);
		return -EEXIST;
	}
	fj_union_calls.discard(t, from, place->name);
	return 0;
}

long fj_place_end_over(struct fj_thread *t, struct fj_place *place, long r)
{
	struct stat st = {0};
	bool is_dir;
	long fd, done;
	int lock;

	if (r < 0)
		return r;
	for (char *c = (char *)place->name; *c; c++)
		if (*c == '/')
			*c = 0;
	done = fj_sys_newfstatat(place->dirfd, place->name, &st, AT_SYMLINK_NOFOLLOW);
	is_dir = (st.st_mode & FJ_S_IFMT) == FJ_S_IFDIR;
	if (!done && is_dir) {
		fd = fj_open_path(place->dirfd, place->name, O_DIRECTORY | O_NOFOLLOW);
		done = fd < 0 ? fd :
				fj_union_calls.set_opaque(t, (int)fd, place->layers->is_nested);
		if (fd >= 0)
			fj_sys_close((int)fd);
	}
	if (!done) {
		lock = fj_layers_lock(t, place->layers);
		done = put_over(t, place);
		fj_layers_unlock(place->layers, lock);
	}
	if (done < 0)
		remove_made(place, is_dir);
	return done < 0 ? done : r;
}
