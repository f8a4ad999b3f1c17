/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * union_fd.c - from a descriptor of a file in a union to the file of the upper layer, which may be changed.
 * Called by walks and by hooks that change a file behind a descriptor. */
#include "bytes/str.h"
#include "facts/facts.h"
#include "jail/epoch.h"
#include "layers/follow.h"
#include "layers/place.h"
#include "layers/union.h"
#include "path/path.h"
#include "sys/abi.h"
#include "sys/fd.h"
#include "sys/scratch.h"
#include "sys/scratch_mark.h"
#include "syscall/fcntl.h"
#include "union-held/held.h"

#include <linux/errno.h>

/* Copy the object at `name` of the merged directory `l` up, if it is not in the upper layer. Returns 0 or
 * -errno. */
static long bring_up(struct fj_thread *t, struct fj_layers *l, const char *parent, const char *name)
{
	long r = fj_layers_find(t, l, name);

	if (r < 0)
		return r;
	if (l->found < 0 || l->is_whiteout)
		return -ENOENT; /* it was removed, and the upper layer has nothing of it */
	if (l->is_read_only)
		return -EROFS;
	r = fj_layers_up(t, l, parent);
	return r || !l->found ? r : fj_layers_copy_up(t, l, name, true);
}

long fj_union_bring_up(struct fj_thread *t, const char *host_path, struct fj_place *place)
{
	struct fj_str pos;
	struct fj_layers l;
	char *name;
	size_t above;
	long r;

	if (host_path[0] != '/' || !fj_union_is_lower(host_path))
		return 0;
	fj_str_init(&pos, fj_scratch_path(t), PATH_MAX);
	if (!fj_path_back_hinted(host_path, fj_cwd_noted(), &pos) || !fj_union_holds(pos.at))
		return 0;
	r = fj_layers_open(t, pos.at, &l);
	if (r > 0 && pos.len == l.mount_len) { /* the root of the union */
		r = l.is_read_only ? -EROFS : 1;
		above = pos.len;
		name = (char *)".";
	} else {
		if (r > 0)
			fj_layers_close(&l);
		above = fj_path_parent_len(&pos);
		name = pos.at + above + 1;
		pos.at[above] = 0;
		r = fj_layers_open(t, pos.at, &l);
		if (r <= 0)
			return r ? r : -ENOENT;
		r = bring_up(t, &l, pos.at, name);
		r = r < 0 ? r : 1;
	}
	if (r > 0) {
		*place = (struct fj_place){
			.dirfd = l.fd[0], .owned_fd = l.fd[0], .name = name, .pos = NULL};
		l.fd[0] = -1;
	}
	fj_layers_close(&l);
	return r;
}

long fj_union_bring_fd_up(struct fj_thread *t, int fd)
{
	const uint32_t mark = fj_scratch_mark(t);
	char *host_path;
	struct fj_place place;
	long n, flags, r;

	flags = fj_sys_fcntl(fd, F_GETFL, 0);
	/* A writable descriptor is one of the upper file, of a lower one opened outside the union, or of a
	 * fifo, which is not copied up when it is opened. */
	if (flags < 0 || (!(flags & O_PATH) && (flags & O_ACCMODE) != O_RDONLY && !fj_is_fifo(fd)))
		return 0;
	host_path = fj_scratch_path(t);
	n = fj_fd_target(fd, host_path);
	r = 0;
	if (n > 0) {
		host_path[n] = 0;
		r = fj_union_bring_up(t, host_path, &place);
	}
	if (r > 0) {
		r = fj_union_replace_fd(fd, &place);
		fj_place_done(&place);
	}
	fj_scratch_release(t, mark);
	return r;
}

bool fj_union_is_merged(struct fj_thread *t, int fd, uint64_t *dev)
{
	const uint32_t mark = fj_scratch_mark(t);
	struct fj_layers l;
	struct fj_str pos;
	struct fj_dir_seen seen;
	bool is = false, is_alone;

	*dev = 0;
	fj_str_init(&pos, fj_scratch_path(t), PATH_MAX);
	if (fj_dir_in_union(t, fd, &pos, &is_alone, &seen)) {
		const int known =
			is_alone ? 0 : fj_layers_know_merged(pos.at, pos.len, fj_facts_epoch());

		is = known > 0;
		if (known < 0 && fj_layers_open(t, pos.at, &l) > 0) {
			is = fj_layers_having(&l) > 1;
			fj_layers_close(&l);
		}
		*dev = fj_union_dir_device(t, pos.at);
	}
	fj_scratch_release(t, mark);
	return is;
}
