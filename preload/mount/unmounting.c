/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * unmounting.c - removes mounts, with the errors of the kernel (fs/namespace.c): the jail's mounts, with
 * the directory of a tmpfs. A mount of the host below one of the jail's is only hidden. Called by
 * umount2(2). */
#include "bytes/equal.h"
#include "bytes/str.h"
#include "mount-table/mount_edit.h"
#include "mount-table/mount_flags.h"
#include "mount-table/mount_table.h"
#include "mount-table/mounts.h"
#include "mount/mounting.h"
#include "mountinfo/hostmounts.h"
#include "private/private.h"
#include "sys/races.h"
#include "sys/scratch_str.h"

#include <linux/errno.h>
#include <linux/limits.h>

/* Remove the directory of a tmpfs to which no mount leads any more. If there are other namespaces, it may
 * be mounted there: then it stays until the jail ends. */
static void remove_private(struct fj_thread *t, const char *host)
{
	const struct fj_mounts *v;
	bool is_used;
	struct fj_mounts_seen seen;

	do {
		is_used = __atomic_load_n(&fj_mount_flags()->last_namespace, __ATOMIC_RELAXED);
		v = fj_mounts_look(&seen);
		for (uint32_t i = fj_mounts_count(v); i--;)
			is_used = is_used ||
				  fj_path_has_prefix(fj_mounts_text(v, v->mount[i].host), host);
	} while (!fj_mounts_held(&seen));
	if (!is_used)
		fj_private_remove(t, host);
}

/* Hide a mount of the host below one of the jail's. -EINVAL: there is none. */
static long hide_host_mount(const struct fj_mount_point *at)
{
	struct fj_mount_found m;
	struct fj_edit e = {.times = 0};
	long r;

	if (!fj_hostmounts_has(at->host))
		return -EINVAL;
	if (!fj_mount_of(at->pos, &m, NULL))
		return -EPERM; /* in the host's own tree: the jail's root may not do that */
	if (!(m.flags & FJ_MOUNT_WITH_SUBMOUNTS) || fj_mounting_is_hidden(at->pos))
		return -EINVAL;
	do {
		if (!fj_edit_begin(&e))
			return -EBUSY;
		r = fj_edit_add(&e, at->host, at->pos, FJ_MOUNT_HIDDEN, "", "");
		r = fj_edit_end(&e, r);
	} while (r == FJ_EDIT_AGAIN);
	return r < 0 ? r : 0;
}

/* Remove the mount `m`, and all mounts below it, from `pos`. -EAGAIN: another one is on top by now. */
static long remove_from(
	struct fj_edit *e, const char *pos, const struct fj_mount_found *m, bool is_lazy)
{
	const struct fj_mount *top = fj_mounting_top(e, pos);
	bool in[FJ_MOUNTS_MAX];
	uint32_t size = 0;

	if (!top || top->id != m->id)
		return -EAGAIN;
	fj_mounting_mark_tree(e->v, top, in);
	for (uint32_t i = 0; i < e->v->count; i++)
		size += in[i] && !(e->v->mount[i].flags & (FJ_MOUNT_HIDDEN | FJ_MOUNT_ENTRY));
	if (size > 1 && !is_lazy)
		return -EBUSY;
	for (uint32_t i = e->v->count; i--;)
		if (in[i])
			fj_edit_remove(e, i);
	return 0;
}

static long remove_mounts(const char *pos, const struct fj_mount_found *m, bool is_lazy)
{
	struct fj_edit e = {.times = 0};
	long r;

	do
		if (!fj_edit_begin(&e))
			return -EBUSY;
	while ((r = fj_edit_end(&e, remove_from(&e, pos, m, is_lazy))) == FJ_EDIT_AGAIN);
	return r;
}

long fj_mounting_remove(struct fj_thread *t, const struct fj_mount_point *at, bool is_lazy)
{
	struct fj_mount_found m;
	struct fj_str host;
	unsigned tries = 0;
	long r;

	fj_scratch_str(t, &host, PATH_MAX);
	if (!*at->pos)
		return -EINVAL; /* an overlay there is the root itself */
	do {
		if (++tries > FJ_RACES)
			return -EBUSY; /* others mount and unmount there all the time */
		fj_str_cut(&host, 0);
		if (!fj_mount_at(at->pos, &m, &host))
			return hide_host_mount(at);
		if (m.flags & FJ_MOUNT_ENTRY)
			return -EINVAL;
		if (!is_lazy && fj_mounting_is_in_use(t, m.id, m.flags, host.at))
			return -EBUSY;
		r = remove_mounts(at->pos, &m, is_lazy);
	} while (r == -EAGAIN);
	if (!r && (m.flags & FJ_MOUNT_PRIVATE))
		remove_private(t, host.at);
	return r;
}
