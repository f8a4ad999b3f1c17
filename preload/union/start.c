/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * start.c - gives the room layers its pointers to functions of this room, and lists directories in a union.
 * Called through change.h. */
#include "bytes/str.h"
#include "call/call.h"
#include "facts/facts.h"
#include "inode/owned.h"
#include "jail/epoch.h"
#include "ownership/ownership.h"
#include "records/records.h"
#include "signal/waiting.h"
#include "sys/scratch.h"
#include "sys/scratch_str.h"
#include "sys/thread.h"
#include "syscall/unistd_io.h"
#include "syscall/unistd_names.h"
#include "union-held/held.h"
#include "union/change.h"
#include "union/union.h"

#include <asm/unistd.h>
#include <linux/fs.h>

_Static_assert(
	sizeof(FJ_LAYERS_TEMP_PREFIX) == sizeof(FJ_UNION_TEMP), "fj_union_clean() knows both");

/* The call that the thread makes. At the start of a jail there is none. */
#define CALL_OF(t, none)                                                                           \
	(fj_calling(t)->call ? fj_calling(t)->call :                                               \
			       ((none) = (struct fj_call){.thread = (t)}, &(none)))

static long copy_up(struct fj_thread *t, int from_dirfd, const char *from, int to_dirfd,
	const char *to, int work_fd, bool with_data, bool is_nested)
{
	struct fj_call none;

	return fj_union_copy_up(CALL_OF(t, none), from_dirfd, from, to_dirfd, to, work_fd,
		(with_data ? FJ_UNION_DATA : 0) | (is_nested ? FJ_UNION_NESTED : 0));
}

static long set_opaque(struct fj_thread *t, int dirfd, bool is_nested)
{
	struct fj_call none;

	return fj_union_mark_opaque(CALL_OF(t, none), dirfd, is_nested);
}

/* Has the whiteout a record? (A device that the kernel has made has none: whiteout.c.) */
static bool has_record(struct fj_thread *t, int dirfd, const char *name, struct fj_file *file)
{
	struct fj_call none;

	return fj_owner_has_devices() &&
	       !fj_file_look(CALL_OF(t, none), dirfd, name, AT_SYMLINK_NOFOLLOW, file) &&
	       file->has_record;
}

long fj_union_discard(struct fj_thread *t, int dirfd, const char *name)
{
	struct fj_file file;
	const bool has = has_record(t, dirfd, name, &file);
	const long r = fj_sys_unlinkat(dirfd, name, 0);

	if (!r && has)
		fj_owner_gone(&file.key);
	return r;
}

long fj_union_replace(
	struct fj_thread *t, int from_dirfd, const char *from, int dirfd, const char *name)
{
	struct fj_file file;
	const bool has = has_record(t, dirfd, name, &file);
	const long r = fj_sys_renameat(from_dirfd, from, dirfd, name);

	if (!r && has)
		fj_owner_gone(&file.key);
	return r;
}

static bool origin_of(const struct fj_owner *record, uint64_t *dev, uint64_t *ino)
{
	struct fj_union_origin o;

	if (!fj_union_origin(record, *dev, &o))
		return false;
	*dev = o.dev;
	*ino = o.ino;
	return true;
}

void fj_union_start(void)
{
	fj_union_calls = (struct fj_union_calls){
		.is_whiteout = fj_union_is_whiteout,
		.hides = fj_union_hides,
		.is_opaque = fj_union_shows_opaque,
		.copy_up = copy_up,
		.discard = fj_union_discard,
		.origin = origin_of,
		.set_opaque = set_opaque,
	};
}

/* Make this room's description of the layers of a directory. */
static void describe_layers(const struct fj_layers *l, struct fj_union_layers *out)
{
	out->dir_device = 0;
	out->is_nested = l->is_nested;
	out->is_root = false;
	out->count = 0;
	for (uint32_t i = 0; i < l->count; i++)
		if (l->fd[i] >= 0) {
			out->layer[out->count].fd = l->fd[i];
			out->layer[out->count++].number = l->count - 1 - i;
		}
}

/* Returns -FJ_RESTART if the kernel lists it. (A separate function: its frame is large.) */
__attribute__((noinline)) static long list_union(struct fj_call *c, const struct fj_layers *l,
	bool is_root, uint64_t dir_device, uint64_t at)
{
	const int fd = (int)c->arg[0];
	struct fj_union_layers layers;

	describe_layers(l, &layers);
	layers.is_root = is_root;
	layers.dir_device = dir_device;
	if (fj_union_lists_alone(fd, &layers, at))
		return -FJ_RESTART;
	return fj_union_list(c->thread, fd, &layers, c->arg[1], c->arg[2], c->nr == __NR_getdents);
}

/* List a directory that several layers have, or may have. */
__attribute__((noinline)) static long list_merged(
	struct fj_call *c, const struct fj_str *pos, bool *is_alone, uint64_t dir_device)
{
	struct fj_layers l;
	const long at = fj_sys_lseek((int)c->arg[0], 0, SEEK_CUR);
	long r;

	if (at < 0)
		return at == -ESPIPE ? -FJ_RESTART : at; /* no directory, or an O_PATH descriptor */
	r = fj_layers_open(c->thread, pos->at, &l);
	if (r <= 0)
		return -FJ_RESTART; /* it does not exist any more: the kernel says so */
	r = list_union(c, &l, pos->len == l.mount_len, dir_device, (uint64_t)at);
	*is_alone = r == -FJ_RESTART;
	fj_layers_close(&l);
	return r;
}

long fj_union_getdents(
	struct fj_call *c, bool *is_alone, struct fj_union_alone *dir, long *listed_from)
{
	struct fj_thread *t = c->thread;
	struct fj_dir_seen seen;
	struct fj_str pos;
	bool is_known;

	fj_scratch_str(t, &pos, PATH_MAX);
	if ((int)c->arg[0] < 0 || !fj_dir_in_union(t, (int)c->arg[0], &pos, &is_known, &seen))
		return -FJ_RESTART;
	fj_scratch_trim(t, pos.at, pos.len + 1);
	dir->fd = (int)c->arg[0];
	dir->dev = seen.dev;
	dir->token = is_known ? seen.token : 0;
	dir->dir_device = fj_union_dir_device(t, pos.at);
	dir->pos = pos.at;
	if (!is_known && fj_layers_know_merged(pos.at, pos.len, fj_facts_epoch())) {
		if (*listed_from >= 0)
			fj_sys_lseek(dir->fd, *listed_from, SEEK_SET);
		*listed_from = -1;
		return list_merged(c, &pos, is_alone, dir->dir_device);
	}
	*is_alone = true;
	return -FJ_RESTART;
}

/* (A separate function: both descriptions of the layers are large.) */
__attribute__((noinline)) static long see_layers_empty(
	struct fj_thread *t, const struct fj_layers *in)
{
	struct fj_union_layers layers;
	long r;

	describe_layers(in, &layers);
	r = fj_union_is_empty(t, &layers);
	return r < 0 ? r : r ? 0 : -ENOTEMPTY;
}

long fj_union_see_empty(struct fj_thread *t, const struct fj_layers *parent, const char *name)
{
	struct fj_layers in = *parent;
	long r;

	in.work_fd = -1;
	r = fj_layers_into(t, &in, name, true);
	if (r)
		return r;
	r = see_layers_empty(t, &in);
	fj_layers_close(&in);
	return r;
}

long fj_union_put_whiteout(struct fj_thread *t, struct fj_layers *l, const char *name, bool is_free)
{
	const long work = fj_layers_work(t, l);
	struct fj_call none;

	return work < 0 ?
		       work :
		       fj_union_hide(CALL_OF(t, none), l->fd[0], name, (int)work,
			       (l->is_nested ? FJ_HIDE_NESTED : 0) | (is_free ? FJ_HIDE_FREE : 0));
}
