/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * mounts_edit.c - changes a copy of the mounts of a jail. Called through mount_edit.h.
 *
 * A mount is covered if it can no longer be reached, since a later mount is on a directory above its mount
 * point. Each mount knows the mount that contains its mount point (`parent`). It is covered if a walk to
 * its mount point comes through another one.
 *
 * This file also notes in mount_flags.h if a new mount shares a device with another, or if it gives a
 * directory a second position. That must be noted before the change is published. */
#include "bytes/bytes.h"
#include "bytes/copy.h"
#include "bytes/equal.h"
#include "bytes/hash.h"
#include "bytes/len.h"
#include "jail/jail.h"
#include "jail/root.h"
#include "mount-table/mount_edit.h"
#include "mount-table/mount_flags.h"
#include "mount-table/mount_table.h"
#include "mount-table/mounts.h"
#include "mount-table/paths.h"
#include "sys/abi.h"
#include "sys/fd.h"
#include "syscall/stat.h"
#include "syscall/unistd_close.h"

#include <asm/stat.h>
#include <linux/errno.h>

uint32_t fj_mounts_keep(struct fj_mounts *v, const char *text, size_t len)
{
	const uint32_t at = v->text_used;

	memcpy(v->text + at, text, len);
	v->text[at + len] = 0;
	v->text_used += (uint32_t)len + 1;
	return at;
}

static void add_to_name_set(uint64_t *set, const char *name, size_t len)
{
	const uint64_t hash = fj_hash_quick(name, len);

	set[(hash >> 6) & 3] |= fj_mounts_name_bits(hash);
}

static void note_names(struct fj_mounts *v, const char *pos)
{
	while (*pos) {
		const char *name = ++pos; /* a position begins with a slash */

		while (*pos && *pos != '/')
			pos++;
		add_to_name_set(*pos ? v->on_the_way : v->leaves, name, (size_t)(pos - name));
	}
}

/* Walk to the mount point of entry `i`, from mount to mount: does the walk come through it? */
static bool is_entry_reached(const struct fj_mounts *v, uint32_t i)
{
	const char *pos = v->text + v->mount[i].jail;
	uint32_t here = 0;

	/* Each step comes to another mount, unless parents form a circle. */
	for (uint32_t steps = 0; steps < v->count; steps++) {
		const struct fj_mount *next = NULL;

		for (uint32_t k = 0; k < v->count; k++) {
			const struct fj_mount *m = &v->mount[k];

			if (m->parent == here && !(m->flags & FJ_MOUNT_HIDDEN) &&
				fj_path_has_prefix(pos, v->text + m->jail) &&
				(!next || m->jail_len < next->jail_len))
				next = m;
		}
		if (!next)
			return false;
		if (next == &v->mount[i])
			return true;
		here = next->id;
	}
	return false;
}

static void note_limits(uint32_t flags)
{
	if (flags & FJ_MOUNT_LIMITS)
		__atomic_fetch_or(&fj_mount_flags()->has_mount_limits, flags & FJ_MOUNT_LIMITS,
			__ATOMIC_RELAXED);
}

void fj_mounts_derive(struct fj_mounts *v)
{
	memset(v->leaves, 0, sizeof(v->leaves));
	memset(v->on_the_way, 0, sizeof(v->on_the_way));
	for (uint32_t i = 0; i < v->count; i++) {
		struct fj_mount *m = &v->mount[i];

		if (m->flags & FJ_MOUNT_HIDDEN)
			continue;
		note_names(v, v->text + m->jail);
		note_limits(m->flags);
		m->flags = is_entry_reached(v, i) ? m->flags & ~(uint32_t)FJ_MOUNT_COVERED :
						    m->flags | FJ_MOUNT_COVERED;
		/* A read-only file needs no flag: its name is that of a mount point, and such names are
		 * always walked. */
		if ((m->flags & FJ_MOUNT_READ_ONLY) && !(m->flags & FJ_MOUNT_FILE))
			__atomic_store_n(&fj_mount_flags()->has_read_only, 1, __ATOMIC_RELAXED);
	}
	note_limits(v->root_flags);
	if (v->root_flags & FJ_MOUNT_READ_ONLY)
		__atomic_store_n(&fj_mount_flags()->has_read_only, 1, __ATOMIC_RELAXED);
}

static uint64_t device_of_host_path(const char *host, bool *is_file)
{
	struct stat st = {0};

	fj_sys_newfstatat(AT_FDCWD, *host ? host : "/", &st, 0);
	*is_file = st.st_ino && (st.st_mode & FJ_S_IFMT) != FJ_S_IFDIR;
	return st.st_dev;
}

/* Is the directory `host` where its file system is mounted on the host? */
static bool is_whole_device(const char *host, uint64_t dev)
{
	const long fd = fj_open_path(AT_FDCWD, host, O_DIRECTORY);
	struct stat above = {0};
	bool is = false;

	if (fd >= 0) {
		is = !fj_sys_newfstatat(fd, "..", &above, 0) && above.st_dev != dev;
		fj_sys_close((int)fd);
	}
	return is;
}

/* Must the kernel be asked for the path of each file on the device of directory `host`, to find its owner?
 * Not if one mount shows the whole device, and nothing else that can be reached from the mounting process's
 * root does. This is so for the launcher's mounts of a jail inside a jail. */
static bool mixes_device(const struct fj_mounts *v, const char *host, uint64_t dev, uint32_t flags)
{
	const struct fj_root *root = fj_root();
	bool is_file,
		mixes = dev == fj_jail->root_dev || dev == root->dev ||
			(flags & FJ_MOUNT_PRIVATE) ||
			(!fj_jail_paths()->root[0] && (!root->id || !is_whole_device(host, dev)));

	for (uint32_t i = 0; i < v->count && !mixes; i++)
		mixes = fj_path_has_prefix(v->text + v->mount[i].jail, root->pos) &&
			device_of_host_path(v->text + v->mount[i].host, &is_file) == dev;
	return mixes;
}

/* Are the files of a mount of `host` the jail's own, as those on the root's device are otherwise? */
static bool is_like_root(const char *host, uint32_t flags, uint64_t dev)
{
	return dev == fj_jail->root_dev && fj_jail_paths()->root[0] &&
	       ((flags & FJ_MOUNT_OWN) || fj_path_has_prefix(host, fj_root_path()));
}

/* If two mounts are on one device of the host, only the jail knows that a rename between them must fail,
 * and which files are its own: note it. Returns whether `host` is not a directory. */
static bool note_device(const struct fj_mounts *v, const char *host, uint32_t flags)
{
	bool is_file, other_is_file;
	const uint64_t dev = device_of_host_path(host, &is_file);
	/* (On the host's own root, what is mounted can also be reached without the mount.) */
	bool shares =
		dev == fj_jail->root_dev || (flags & FJ_MOUNT_PRIVATE) || !fj_jail_paths()->root[0];

	for (uint32_t i = 0; i < v->count && !shares; i++)
		shares = device_of_host_path(v->text + v->mount[i].host, &other_is_file) == dev;
	if (shares && !is_file && !is_like_root(host, flags, dev) &&
		mixes_device(v, host, dev, flags))
		__atomic_store_n(&fj_mount_flags()->dirs_share_device, 1, __ATOMIC_RELAXED);
	if (shares)
		__atomic_store_n(&fj_mount_flags()->mounts_share_device, 1, __ATOMIC_RELAXED);
	return is_file;
}

long fj_edit_add(struct fj_edit *e, const char *host, const char *pos, uint32_t flags,
	const char *type, const char *source)
{
	struct fj_mounts *v = e->v;
	const size_t jail_len = fj_strlen(pos),
		     host_len = fj_streq(host, "/") ? 0 : fj_strlen(host);
	const size_t type_len = fj_strlen(type), source_len = fj_strlen(source);
	const struct fj_mount *parent;

	if (v->count == FJ_MOUNTS_MAX ||
		v->text_used + jail_len + host_len + type_len + source_len + 4 >= FJ_MOUNT_TEXT)
		return -ENOSPC;
	fj_mounts_derive(v);
	if (note_device(v, host_len ? host : "", flags))
		flags |= FJ_MOUNT_FILE;
	if (!(flags & (FJ_MOUNT_PRIVATE | FJ_MOUNT_HIDDEN)))
		fj_mounts_note_aliases(v, host_len ? host : "", pos);
	parent = fj_mounts_of(v, pos);
	v->mount[v->count] = (struct fj_mount){
		.id = ++v->last_id,
		.parent = parent ? parent->id : 0,
		.flags = flags,
		.jail = fj_mounts_keep(v, pos, jail_len),
		.jail_len = (uint32_t)jail_len,
		.host = fj_mounts_keep(v, host, host_len),
		.host_len = (uint32_t)host_len,
		.type = fj_mounts_keep(v, type, type_len),
		.source = fj_mounts_keep(v, source, source_len),
	};
	return v->mount[v->count++].id;
}

long fj_edit_options(struct fj_edit *e, uint32_t id, const char *text)
{
	struct fj_mounts *v = e->v;
	const size_t len = fj_strlen(text);

	if (v->text_used + len + 1 >= FJ_MOUNT_TEXT)
		return -ENOSPC;
	for (uint32_t i = 0; i < v->count; i++)
		if (v->mount[i].id == id) {
			v->mount[i].options = len ? fj_mounts_keep(v, text, len) : 0;
			return 0;
		}
	return -EINVAL;
}

/* Are all layers like the root? `layers` is the text of a mount that is not visible yet: it is cut for a moment.
 * `host` is the first layer. `*have_devices`: they are on several devices. */
static bool are_like_root(char *layers, const char *host, uint32_t flags, bool *have_devices)
{
	bool is_file, are = true;
	uint64_t dev, first = 0;

	*have_devices = false;
	while (*layers) {
		char *end = layers + 1;

		while (*end && !(end[0] == '/' && end[1] == '/'))
			end++;

		const char was = *end;

		*end = 0;
		dev = device_of_host_path(layers, &is_file);
		*end = was;
		first = first ? first : dev;
		*have_devices = *have_devices || dev != first;
		are = are && is_like_root(host, flags, dev);
		layers = was ? end + 1 : end;
	}
	return are;
}

long fj_edit_layers(struct fj_edit *e, uint32_t id, const char *layers, const char *work)
{
	struct fj_mounts *v = e->v;
	const size_t layers_len = fj_strlen(layers), work_len = fj_strlen(work);
	bool have_devices;

	if (v->text_used + layers_len + work_len + 2 >= FJ_MOUNT_TEXT)
		return -ENOSPC;
	for (uint32_t i = 0; i < v->count; i++)
		if (v->mount[i].id == id) {
			v->mount[i].layers = fj_mounts_keep(v, layers, layers_len);
			v->mount[i].work = fj_mounts_keep(v, work, work_len);
			v->mount[i].flags |= FJ_MOUNT_UNION;
			fj_mounts_note_layers(v, &v->mount[i]);
			if (!are_like_root(v->text + v->mount[i].layers, v->text + v->mount[i].host,
				    v->mount[i].flags, &have_devices))
				__atomic_store_n(
					&fj_mount_flags()->dirs_share_device, 1, __ATOMIC_RELAXED);
			__atomic_store_n(
				&fj_mount_flags()->mounts_share_device, 1, __ATOMIC_RELAXED);
			if (have_devices)
				v->mount[i].flags |= FJ_MOUNT_DEVICES;
			/* Set before the mount becomes visible. */
			__atomic_fetch_or(&fj_mount_flags()->has_unions,
				have_devices ? 1 | FJ_UNIONS_ON_DEVICES : 1, __ATOMIC_SEQ_CST);
			return 0;
		}
	return -EINVAL;
}

void fj_edit_remove(struct fj_edit *e, uint32_t i)
{
	memmove(&e->v->mount[i], &e->v->mount[i + 1],
		(e->v->count - i - 1) * sizeof(struct fj_mount));
	e->v->count--;
}

long fj_mounts_keep_pos(struct fj_mounts *v, const char *to, const char *rest, struct fj_mount *m)
{
	const size_t to_len = fj_strlen(to), rest_len = fj_strlen(rest);

	if (v->text_used + to_len + rest_len + 1 >= FJ_MOUNT_TEXT)
		return -ENOSPC;
	m->jail = v->text_used;
	m->jail_len = (uint32_t)(to_len + rest_len);
	memcpy(v->text + m->jail, to, to_len);
	memcpy(v->text + m->jail + to_len, rest, rest_len + 1);
	v->text_used += m->jail_len + 1;
	return 0;
}

long fj_edit_copy(struct fj_edit *e, uint32_t i, const char *to, const char *rest)
{
	struct fj_mounts *v = e->v;
	struct fj_mount m = v->mount[i];
	const struct fj_mount *parent;
	long r = v->count == FJ_MOUNTS_MAX ? -ENOSPC : fj_mounts_keep_pos(v, to, rest, &m);

	if (r < 0)
		return r;
	fj_mounts_derive(v);
	parent = fj_mounts_of(v, v->text + m.jail);
	m.id = ++v->last_id;
	m.parent = parent ? parent->id : 0;
	m.flags &= ~(uint32_t)(FJ_MOUNT_PRIVATE | FJ_MOUNT_DEFAULT);
	if (!(m.flags & FJ_MOUNT_UNION))
		m.options = 0; /* a second mount of a tmpfs has the options of the first */
	v->mount[v->count++] = m;
	return m.id;
}

long fj_edit_move(struct fj_edit *e, const bool *in, uint32_t top, uint32_t parent, const char *to)
{
	struct fj_mounts *v = e->v;
	const size_t from_len = v->mount[top].jail_len;
	const uint32_t count = v->count;
	uint32_t kept = 0;
	long r;

	v->mount[top].parent = parent;
	for (uint32_t i = 0; i < count; i++) {
		if (!in[i])
			continue;
		r = fj_mounts_keep_pos(v, to, v->text + v->mount[i].jail + from_len, &v->mount[i]);
		if (r < 0)
			return r;
		v->mount[i].flags &= ~(uint32_t)FJ_MOUNT_DEFAULT;
	}
	/* Move them to the end: of mounts at one mount point, the last is on top. */
	for (uint32_t i = 0; i < count; i++) {
		const struct fj_mount m = v->mount[kept];

		if (!in[i]) {
			kept++;
			continue;
		}
		memmove(&v->mount[kept], &v->mount[kept + 1], (count - kept - 1) * sizeof(m));
		v->mount[count - 1] = m;
	}
	return 0;
}

long fj_mount_add(const char *host, const char *pos, uint32_t flags, const char *type)
{
	struct fj_edit e = {.times = 0};
	long r;

	do {
		if (!fj_edit_begin(&e))
			return -EBUSY;
		r = fj_edit_add(&e, host, pos, flags, type, type);
		r = fj_edit_end(&e, r);
	} while (r == FJ_EDIT_AGAIN);
	return r < 0 ? r : 0;
}
