/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * mounts_renamed.c - changes the mounts of a jail after renames: a directory with mount points in it has
 * another name, or the jail's root was moved, with which host paths of mounts begin. Called by call/run.c
 * after a rename, and by root_path.c when it sees that the root was moved. */
#include "bytes/copy.h"
#include "bytes/equal.h"
#include "bytes/len.h"
#include "mount-table/mount_edit.h"
#include "mount-table/mount_table.h"
#include "mount-table/mounts.h"

#include <linux/errno.h>
#include <stddef.h>
#include <stdint.h>

static long rename_all(struct fj_edit *e, const char *from, const char *to)
{
	const size_t from_len = fj_strlen(from);
	long r = -ENOENT; /* nothing must be changed */

	for (uint32_t i = 0; i < e->v->count; i++) {
		struct fj_mount *m = &e->v->mount[i];

		if (m->jail_len <= from_len || !fj_path_has_prefix(e->v->text + m->jail, from))
			continue;
		r = fj_mounts_keep_pos(e->v, to, e->v->text + m->jail + from_len, m);
		if (r < 0)
			return r;
	}
	return r;
}

static long move_all(struct fj_edit *e, const char *from, const char *to)
{
	const size_t from_len = fj_strlen(from), to_len = fj_strlen(to);
	long r = -ENOENT; /* nothing must be changed */

	for (uint32_t i = 0; i < e->v->count; i++) {
		struct fj_mount *m = &e->v->mount[i];
		const char *rest = e->v->text + m->host + from_len;
		const size_t rest_len = m->host_len - from_len;

		if (!fj_path_has_prefix(e->v->text + m->host, from) ||
			e->v->text_used + to_len + rest_len + 1 >= FJ_MOUNT_TEXT)
			continue;
		m->host = e->v->text_used;
		m->host_len = (uint32_t)(to_len + rest_len);
		memcpy(e->v->text + m->host, to, to_len);
		memcpy(e->v->text + m->host + to_len, rest, rest_len + 1);
		e->v->text_used += m->host_len + 1;
		r = 0;
	}
	return r;
}

static void edit_all(long (*change)(struct fj_edit *, const char *, const char *), const char *from,
	const char *to)
{
	struct fj_edit e = {.times = 0};

	do
		if (!fj_edit_begin(&e))
			return;
	while (fj_edit_end(&e, change(&e, from, to)) == FJ_EDIT_AGAIN);
}

void fj_mounts_renamed(const char *from, const char *to)
{
	edit_all(rename_all, from, to);
}

void fj_mounts_root_moved(const char *from, const char *to)
{
	if (!fj_edit_is_open(
		    fj_namespace())) /* this thread's open change uses offsets of the texts */
		edit_all(move_all, from, to);
}
