/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * overlay_bind.c - places in an existing overlay: a bind of one, which is an overlay of the same layers,
 * and whether it can be written to. Called by mount(2) and by the mount calls that use descriptors. */
#include "bytes/str.h"
#include "layers/place.h"
#include "layers/union.h"
#include "mount-table/mount_flags.h"
#include "mount-table/mounts.h"
#include "mount/mounting.h"
#include "mount/overlay.h"
#include "path/path.h"
#include "sys/fd.h"
#include "sys/scratch_mark.h"
#include "sys/scratch_str.h"
#include "syscall/unistd_close.h"
#include "union-held/held.h"

/* A bound file is the file of one layer. */
static long bind_file(struct fj_thread *t, struct fj_mount_point *p)
{
	struct fj_place place;
	long fd, n, r = fj_union_bring_up(t, p->host, &place);

	if (r <= 0)
		return r == -EROFS ? -EOPNOTSUPP : r; /* a remount could make it writable */
	fd = fj_open_path(place.dirfd, place.name, O_NOFOLLOW);
	fj_place_done(&place);
	if (fd < 0)
		return fd;
	n = fj_fd_target((int)fd, p->host);
	fj_sys_close((int)fd);
	p->host[n > 0 ? n : 0] = 0;
	return n > 0 ? 0 : n ? n : -ENOENT;
}

bool fj_overlay_is_read_only(struct fj_thread *t, const char *pos)
{
	const uint32_t mark = fj_scratch_mark(t);
	struct fj_mount_found m;
	struct fj_str layers, work;
	bool is;

	if (!fj_mount_flags()->has_unions)
		return false;
	fj_scratch_str(t, &layers, FJ_LAYERS_TEXT);
	fj_scratch_str(t, &work, PATH_MAX);
	is = fj_mount_union_of(pos, &m, &layers, &work) && !work.len;
	fj_scratch_release(t, mark);
	return is;
}

long fj_overlay_bind_source(struct fj_thread *t, struct fj_mount_point *p)
{
	struct fj_mount_found m;
	struct fj_str layers, work;
	struct fj_layers l;
	long r;

	p->layers = p->work = NULL;
	if (!fj_mount_flags()->has_unions || !fj_union_holds(p->pos))
		return 0;
	if (!p->is_dir)
		return bind_file(t, p);
	fj_scratch_str(t, &layers, FJ_LAYERS_TEXT);
	fj_scratch_str(t, &work, PATH_MAX);
	if (!fj_mount_union_of(p->pos, &m, &layers, &work))
		return -ENOENT;
	fj_str_cut(&layers, 0);
	r = fj_layers_open(t, p->pos, &l);
	if (r <= 0)
		return r ? r : -ENOENT;
	r = l.has_upper && !l.is_read_only ? fj_layers_up(t, &l, p->pos) : 0;
	if (l.fd[0] < 0)
		fj_str_cut(&work, 0); /* without an upper directory nothing can be changed */
	if (!r)
		r = fj_overlay_add_layers(t, &l, &layers);
	fj_layers_close(&l);
	p->layers = layers.at;
	p->work = work.at;
	for (size_t i = 0; (p->host[i] = layers.at[i]); i++)
		if (layers.at[i] == '/' && layers.at[i + 1] == '/') {
			p->host[i] = 0;
			break;
		}
	return r;
}
