/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * union_up.c - the work directory of a union, and copying up. Called by union.c for directories that must
 * exist in the upper layer, by walks that find a file to be changed, and by code that makes something where
 * a whiteout is.
 *
 * union.c has found by then which layer has the name. The room union knows how to copy a file. */
#include "bytes/len.h"
#include "bytes/str.h"
#include "facts/facts.h"
#include "layers/engine_dir.h"
#include "layers/union.h"
#include "sys/abi.h"
#include "sys/fd.h"
#include "sys/scratch.h"
#include "sys/scratch_mark.h"
#include "syscall/fcntl.h"

#include <linux/errno.h>

/* The work directory of the jail's own root is made when it is needed: many jails change nothing. */
static long open_work(struct fj_thread *t, const char *path, int how)
{
	const uint32_t mark = fj_scratch_mark(t);
	const int flags = how | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	long fd = fj_layers_open_host(path, flags);
	struct fj_str above;
	size_t len = fj_strlen(path);

	if (fd != -ENOENT)
		return fd;
	while (len && path[len - 1] != '/')
		len--;
	fj_str_init(&above, fj_scratch_path(t), PATH_MAX);
	fj_str_add(&above, path, len ? len - 1 : 0);
	fj_make_engine_dir(AT_FDCWD, above.at);
	fj_make_engine_dir(AT_FDCWD, path);
	fj_scratch_release(t, mark);
	return fj_sys_openat(AT_FDCWD, path, flags, 0);
}

long fj_layers_open_work(struct fj_thread *t, const char *path)
{
	return open_work(t, path, O_PATH);
}

long fj_layers_open_work_of(struct fj_thread *t, const struct fj_layers *l, int flags)
{
	const uint32_t mark = fj_scratch_mark(t);
	struct fj_mount_found m;
	struct fj_str layers, work;
	long fd = -ENOENT;

	fj_str_init(&layers, fj_scratch(t, FJ_LAYERS_TEXT), FJ_LAYERS_TEXT);
	fj_str_init(&work, fj_scratch_path(t), PATH_MAX);
	if (fj_mount_union_by_id(l->mount_id, &m, &layers, &work))
		fd = open_work(t, work.at, flags);
	fj_scratch_release(t, mark);
	return fd;
}

long fj_layers_work(struct fj_thread *t, struct fj_layers *l)
{
	long fd;

	if (l->work_fd >= 0)
		return l->work_fd;
	fd = fj_layers_open_work_of(t, l, O_PATH);
	if (fd < 0)
		return fd;
	l->work_fd = (int)fd;
	fj_layers_move_up(&l->work_fd);
	return l->work_fd;
}

long fj_layers_copy_up(
	struct fj_thread *t, struct fj_layers *l, const char *name, bool is_data_wanted)
{
	const long work = fj_layers_work(t, l);
	const bool is_dir = (l->mode & FJ_S_IFMT) == FJ_S_IFDIR;
	bool is_announced;
	long r;

	if (work < 0)
		return work;
	/* There may be a fact about which layers have the directory. */
	is_announced = is_dir && fj_facts_before_change(fj_facts_name_hash(name), false);
	r = fj_union_calls.copy_up(
		t, l->fd[l->found], name, l->fd[0], name, (int)work, is_data_wanted, l->is_nested);
	if (is_dir)
		fj_facts_after_change(fj_facts_name_hash(name), is_announced);
	return r == -EEXIST ? 0 : r;
}
