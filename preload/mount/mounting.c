/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * mounting.c - adds and changes a jail's mounts, with the errors of the kernel (fs/namespace.c).
 * unmounting.c removes them. Called through mounting.h. */
#include "mount/mounting.h"

#include "bytes/bytes.h"
#include "bytes/equal.h"
#include "bytes/str.h"
#include "cred/ids.h"
#include "jail/root.h"
#include "mount-table/mount_edit.h"
#include "mount-table/mount_table.h"
#include "mount-table/mounts.h"
#include "mount/tmpfs.h"
#include "sys/scratch_str.h"

#include <linux/errno.h>
#include <linux/mount.h>

long fj_mounting_allowed(void)
{
	return fj_ids_can(fj_ids(), FJ_CAP_SYS_ADMIN) ? 0 : -EPERM;
}

uint32_t fj_mounting_options(uint64_t ms_flags)
{
	return (ms_flags & MS_RDONLY ? FJ_MOUNT_READ_ONLY : 0) |
	       (ms_flags & MS_NOSUID ? FJ_MOUNT_NOSUID : 0) |
	       (ms_flags & MS_NODEV ? FJ_MOUNT_NODEV : 0) |
	       (ms_flags & MS_NOEXEC ? FJ_MOUNT_NOEXEC : 0) |
	       (ms_flags & MS_NOATIME ? FJ_MOUNT_NOATIME : 0) |
	       (ms_flags & MS_NODIRATIME ? FJ_MOUNT_NODIRATIME : 0) |
	       (ms_flags & MS_STRICTATIME ? FJ_MOUNT_STRICTATIME : 0);
}

uint32_t fj_mounting_attributes(uint64_t attr_flags)
{
	return (attr_flags & MOUNT_ATTR_RDONLY ? FJ_MOUNT_READ_ONLY : 0) |
	       (attr_flags & MOUNT_ATTR_NOSUID ? FJ_MOUNT_NOSUID : 0) |
	       (attr_flags & MOUNT_ATTR_NODEV ? FJ_MOUNT_NODEV : 0) |
	       (attr_flags & MOUNT_ATTR_NOEXEC ? FJ_MOUNT_NOEXEC : 0) |
	       (attr_flags & MOUNT_ATTR_NOATIME ? FJ_MOUNT_NOATIME : 0) |
	       (attr_flags & MOUNT_ATTR_NODIRATIME ? FJ_MOUNT_NODIRATIME : 0) |
	       (attr_flags & MOUNT_ATTR_STRICTATIME ? FJ_MOUNT_STRICTATIME : 0);
}

struct fj_mount *fj_mounting_top(struct fj_edit *e, const char *pos)
{
	return (struct fj_mount *)fj_mounts_at(e->v, pos);
}

/* Remove a default mount for the one that will be added. The mounts below it will be below that one. */
static void replace_default(struct fj_edit *e, const struct fj_mount *top)
{
	const uint32_t id = top->id;

	fj_edit_remove(e, (uint32_t)(top - e->v->mount));
	for (uint32_t i = 0; i < e->v->count; i++)
		if (e->v->mount[i].parent == id)
			e->v->mount[i].parent = e->v->last_id + 1;
}

static long add_mount(struct fj_edit *e, const struct fj_filesystem *fs, const char *pos)
{
	const struct fj_mount *top = fj_mounting_top(e, pos);
	long r, options = 0;

	if (top && fj_streq(e->v->text + top->host, fs->host)) {
		/* "already mounted": do_add_mount() of fs/namespace.c. A default mount does not count. */
		if (fs->is_single && !(top->flags & FJ_MOUNT_DEFAULT))
			return -EBUSY;
		if (top->flags & FJ_MOUNT_DEFAULT)
			replace_default(e, top);
	}
	r = fj_edit_add(e, fs->host, pos, fs->flags, fs->type, fs->source);
	if (r >= 0 && fs->options)
		options = fj_edit_options(e, (uint32_t)r, fs->options);
	if (r >= 0 && !options && fs->layers)
		options = fj_edit_layers(e, (uint32_t)r, fs->layers, fs->work);
	return options < 0 ? options : r;
}

static long add_at(const struct fj_filesystem *fs, const char *pos)
{
	struct fj_edit e = {.times = 0};
	long r;

	do
		if (!fj_edit_begin(&e))
			return -EBUSY;
	while ((r = fj_edit_end(&e, add_mount(&e, fs, pos))) == FJ_EDIT_AGAIN);
	return r < 0 ? r : 0;
}

long fj_mounting_add(const struct fj_filesystem *fs, bool is_dir, const struct fj_mount_point *at)
{
	if (!*at->pos)
		return -EBUSY; /* over the root: no process would see it */
	if (is_dir != at->is_dir)
		return -ENOTDIR;
	return add_at(fs, at->pos);
}

long fj_mounting_add_root(const struct fj_filesystem *fs)
{
	return add_at(fs, "");
}

/* Copy the entries [0, `count`) that are below `from` and not below `except`, to the same places below
 * `to`. */
static long repeat_below(
	struct fj_edit *e, uint32_t count, const char *from, const char *except, const char *to)
{
	long r = 0;

	for (uint32_t i = 0; i < count && r >= 0; i++) {
		const struct fj_mount m = e->v->mount[i];
		const char *jail = e->v->text + m.jail;

		if ((m.flags & (FJ_MOUNT_COVERED | FJ_MOUNT_UNBINDABLE)) ||
			!fj_path_has_prefix(jail, from) || fj_streq(jail, from) ||
			(except && fj_path_has_prefix(jail, except)))
			continue;
		r = fj_edit_copy(e, i, to, fj_after(jail, from));
	}
	return r < 0 ? r : 0;
}

/* `options`: those to clear, and those to set. */
static long add_bind_entry(struct fj_edit *e, const struct fj_mount_point *from,
	const struct fj_mount_point *to, bool is_recursive, const uint32_t options[2])
{
	const struct fj_mount *of = fj_mounts_of(e->v, from->pos);
	const uint32_t of_options = of ? of->options : 0;
	const uint32_t count = e->v->count;
	uint32_t flags = of ? of->flags : e->v->root_flags;
	long r;

	if (flags & FJ_MOUNT_UNBINDABLE)
		return -EINVAL;
	flags = (((flags & FJ_MOUNT_OPTIONS) & ~options[0]) | options[1]) |
		(is_recursive ? FJ_MOUNT_WITH_SUBMOUNTS : 0) |
		(of ? of->flags & FJ_MOUNT_NESTED : 0);
	if (of ? of->flags & (FJ_MOUNT_PRIVATE | FJ_MOUNT_OWN) :
		 fj_root()->pos[0] && fj_path_has_prefix(from->pos, fj_root()->pos))
		flags |= FJ_MOUNT_OWN;
	r = fj_edit_add(e, from->host, to->pos, flags, of ? e->v->text + of->type : "",
		of ? e->v->text + of->source : "");
	if (r >= 0 && from->layers) {
		const long set = fj_edit_layers(e, (uint32_t)r, from->layers, from->work);

		e->v->mount[e->v->count - 1].options = of_options;
		r = set < 0 ? set : r;
	}
	return r >= 0 && is_recursive ? repeat_below(e, count, from->pos, NULL, to->pos) : r;
}

long fj_mounting_bind(const struct fj_mount_point *from, const struct fj_mount_point *to,
	bool is_recursive, uint32_t clear, uint32_t set)
{
	const uint32_t options[] = {clear, set};
	struct fj_edit e = {.times = 0};
	long r;

	if (from->is_dir != to->is_dir)
		return -ENOTDIR;
	if (!*to->pos)
		return fj_streq(from->pos, to->pos) ? 0 : -EBUSY;
	do
		if (!fj_edit_begin(&e))
			return -EBUSY;
	while ((r = fj_edit_end(&e, add_bind_entry(&e, from, to, is_recursive, options))) ==
		FJ_EDIT_AGAIN);
	return r < 0 ? r : 0;
}

long fj_mounting_repeat(const char *from, const char *except, const struct fj_mount_point *to)
{
	struct fj_edit e = {.times = 0};
	uint32_t count;
	long r;

	do {
		if (!fj_edit_begin(&e))
			return -EBUSY;
		count = e.v->count;
		r = fj_edit_add(&e, to->host, to->pos, FJ_MOUNT_WITH_SUBMOUNTS, "", "");
		if (r >= 0 && except)
			r = repeat_below(&e, count, from, except, to->pos);
		r = fj_edit_end(&e, r);
	} while (r == FJ_EDIT_AGAIN);
	return r < 0 ? r : 0;
}

void fj_mounting_mark_tree(const struct fj_mounts *v, const struct fj_mount *top, bool *in)
{
	bool grew = true;

	memset(in, 0, FJ_MOUNTS_MAX);
	in[top - v->mount] = true;
	while (grew) {
		grew = false;
		for (uint32_t i = 0; i < v->count; i++)
			for (uint32_t k = 0; k < v->count && !in[i]; k++)
				if (in[k] && v->mount[i].parent == v->mount[k].id)
					in[i] = grew = true;
	}
}

long fj_mounting_move(const struct fj_mount_point *from, const struct fj_mount_point *to)
{
	bool in[FJ_MOUNTS_MAX];
	struct fj_edit e = {.times = 0};
	const struct fj_mount *top, *below;
	long r;

	if (!from->is_mount || !*from->pos)
		return -EINVAL;
	if (from->is_dir != to->is_dir)
		return -ENOTDIR;
	if (!*to->pos)
		return -EBUSY;
	if (fj_path_has_prefix(to->pos, from->pos))
		return -ELOOP;
	do {
		if (!fj_edit_begin(&e))
			return -EBUSY;
		r = -EINVAL;
		top = fj_mounting_top(&e, from->pos);
		if (top) {
			fj_mounting_mark_tree(e.v, top, in);
			below = fj_mounts_of(e.v, to->pos);
			r = fj_edit_move(&e, in, (uint32_t)(top - e.v->mount),
				below ? below->id : 0, to->pos);
		}
		r = fj_edit_end(&e, r);
	} while (r == FJ_EDIT_AGAIN);
	return r;
}

/* (An overlay without an upper layer stays read-only, whatever the flags are.) */
static void change_one(struct fj_edit *e, struct fj_mount *m, uint32_t clear, uint32_t set)
{
	m->flags = (m->flags & ~clear) | set;
	if ((m->flags & FJ_MOUNT_UNION) && !e->v->text[m->work])
		m->flags |= FJ_MOUNT_READ_ONLY;
}

static void change_options(
	struct fj_edit *e, const char *pos, uint32_t clear, uint32_t set, bool is_recursive)
{
	struct fj_mount *top = fj_mounting_top(e, pos);
	bool in[FJ_MOUNTS_MAX];

	if (!top)
		e->v->root_flags = (e->v->root_flags & ~clear) | set;
	else
		change_one(e, top, clear, set);
	if (!is_recursive)
		return;
	if (top)
		fj_mounting_mark_tree(e->v, top, in);
	else
		memset(in, true, sizeof(in));
	for (uint32_t i = 0; i < e->v->count; i++)
		if (in[i])
			change_one(e, &e->v->mount[i], clear, set);
}

long fj_mounting_change(
	const struct fj_mount_point *at, uint32_t clear, uint32_t set, bool is_recursive)
{
	struct fj_edit e = {.times = 0};

	/* unshare(1) makes such a change before its mounts. It has no effect here, and is allowed: without
	 * it unshare(1) would fail. */
	if (!at->is_mount ||
		(at->is_bare_root &&
			!(is_recursive && clear == (FJ_MOUNT_SHARED | FJ_MOUNT_UNBINDABLE) &&
				!set)))
		return -EINVAL;
	do {
		if (!fj_edit_begin(&e))
			return -EBUSY;
		change_options(&e, at->pos, clear, set, is_recursive);
	} while (fj_edit_end(&e, 0) == FJ_EDIT_AGAIN);
	return 0;
}

long fj_mounting_reconfigure(
	struct fj_thread *t, const struct fj_mount_point *at, const char *options)
{
	char was[FJ_TMPFS_TEXT], text[FJ_TMPFS_TEXT];
	const struct fj_mounts *v;
	const struct fj_mount *tmpfs;
	struct fj_edit e = {.times = 0};
	struct fj_str h, w, s;
	struct fj_mounts_seen seen;
	uint32_t id;
	long r;

	if (!at->is_mount || at->is_bare_root)
		return -EINVAL;
	fj_scratch_str(t, &h, PATH_MAX);
	do {
		v = fj_mounts_look(&seen);
		tmpfs = fj_mounts_private(v, at->host);
		id = tmpfs ? tmpfs->id : 0;
		fj_str_cut(&h, 0);
		fj_str_init(&w, was, sizeof(was));
		if (tmpfs) {
			fj_str_put(&h, fj_mounts_text(v, tmpfs->host));
			fj_str_put(&w, fj_mounts_options(v, tmpfs));
		}
	} while (!fj_mounts_held(&seen));
	if (!*options || !id)
		return 0;
	fj_str_init(&s, text, sizeof(text));
	r = fj_tmpfs_remount(t, was, options, h.at, &s);
	if (r < 0)
		return r;
	do
		if (!fj_edit_begin(&e))
			return -EBUSY;
	while ((r = fj_edit_end(&e, fj_edit_options(&e, id, text))) == FJ_EDIT_AGAIN);
	return r;
}
