/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * mounts.c - looks up the mounts of a jail. Called through mounts.h, mount_table.h and paths.h. */
#include "mount-table/mounts.h"

#include "bytes/equal.h"
#include "bytes/hash.h"
#include "bytes/len.h"
#include "bytes/str.h"
#include "mount-table/mount_table.h"
#include "mount-table/paths.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

const struct fj_mounts *fj_mounts_look(struct fj_mounts_seen *seen)
{
	seen->in = fj_namespace();
	seen->current = __atomic_load_n(&seen->in->current, __ATOMIC_ACQUIRE);
	return &seen->in->version[seen->current % FJ_VERSIONS];
}

/* Mounts that are not covered and contain `pos` lie on one path down. Of those at the same mount point, the
 * last is on top. See "covered" in mounts_edit.c. */
const struct fj_mount *fj_mounts_of(const struct fj_mounts *v, const char *pos)
{
	const struct fj_mount *best = NULL;

	for (uint32_t i = fj_mounts_count(v); i--;) {
		const struct fj_mount *m = &v->mount[i];

		if (!(m->flags & (FJ_MOUNT_HIDDEN | FJ_MOUNT_COVERED)) &&
			(!best || m->jail_len > best->jail_len) &&
			fj_path_has_prefix(pos, fj_mounts_text(v, m->jail)))
			best = m;
	}
	return best;
}

const struct fj_mount *fj_mounts_at(const struct fj_mounts *v, const char *pos)
{
	const struct fj_mount *m = fj_mounts_of(v, pos);

	return m && fj_streq(fj_mounts_text(v, m->jail), pos) ? m : NULL;
}

const struct fj_mount *fj_mounts_private(const struct fj_mounts *v, const char *host)
{
	for (uint32_t i = fj_mounts_count(v); i--;)
		if ((v->mount[i].flags & FJ_MOUNT_PRIVATE) &&
			fj_path_has_prefix(host, fj_mounts_text(v, v->mount[i].host)))
			return &v->mount[i];
	return NULL;
}

static bool find_mount(
	const char *pos, bool exactly, struct fj_mount_found *found, struct fj_str *host)
{
	const size_t before = host ? host->len : 0;
	const struct fj_mounts *v;
	const struct fj_mount *m;
	struct fj_mounts_seen seen;

	do {
		v = fj_mounts_look(&seen);
		m = exactly ? fj_mounts_at(v, pos) : fj_mounts_of(v, pos);
		if (m)
			*found = (struct fj_mount_found){m->id, m->flags, m->jail_len};
		if (host)
			fj_str_cut(host, before);
		if (host && m)
			fj_str_put(host, fj_mounts_text(v, m->host));
	} while (!fj_mounts_held(&seen));
	return m;
}

bool fj_mount_at(const char *pos, struct fj_mount_found *found, struct fj_str *host)
{
	return find_mount(pos, true, found, host);
}

bool fj_mount_of(const char *pos, struct fj_mount_found *found, struct fj_str *host)
{
	return find_mount(pos, false, found, host);
}

/* `pos` NULL: find the mount `id`. */
static bool find_union(const char *pos, uint32_t id, struct fj_mount_found *found,
	struct fj_str *layers, struct fj_str *work)
{
	const struct fj_mounts *v;
	const struct fj_mount *m;
	struct fj_mounts_seen seen;

	do {
		v = fj_mounts_look(&seen);
		m = pos ? fj_mounts_of(v, pos) : NULL;
		for (uint32_t i = pos ? 0 : fj_mounts_count(v); i-- && !m;)
			m = v->mount[i].id == id ? &v->mount[i] : NULL;
		fj_str_cut(layers, 0);
		fj_str_cut(work, 0);
		layers->overflowed = work->overflowed = false;
		if (m && !(m->flags & FJ_MOUNT_UNION))
			m = NULL;
		if (m) {
			*found = (struct fj_mount_found){m->id, m->flags, m->jail_len};
			fj_str_put(layers, fj_mounts_text(v, m->layers));
			fj_str_put(work, fj_mounts_text(v, m->work));
		}
	} while (!fj_mounts_held(&seen));
	return m;
}

bool fj_mount_union_of(
	const char *pos, struct fj_mount_found *found, struct fj_str *layers, struct fj_str *work)
{
	return find_union(pos, 0, found, layers, work);
}

bool fj_mount_union_by_id(
	uint32_t id, struct fj_mount_found *found, struct fj_str *layers, struct fj_str *work)
{
	return find_union(NULL, id, found, layers, work);
}

bool fj_mount_around(const char *pos, struct fj_mount_found *found)
{
	const struct fj_mounts *v;
	const struct fj_mount *best;
	struct fj_mounts_seen seen;

	do {
		best = NULL;
		v = fj_mounts_look(&seen);
		for (uint32_t i = fj_mounts_count(v); i--;) {
			const struct fj_mount *m = &v->mount[i];
			const char *jail = fj_mounts_text(v, m->jail);

			if (!(m->flags & (FJ_MOUNT_HIDDEN | FJ_MOUNT_COVERED | FJ_MOUNT_ENTRY)) &&
				(!best || m->jail_len > best->jail_len) &&
				fj_path_has_prefix(pos, jail) && !fj_streq(pos, jail))
				best = m;
		}
		if (best)
			*found = (struct fj_mount_found){best->id, best->flags, best->jail_len};
	} while (!fj_mounts_held(&seen));
	return best;
}

static bool is_name_of_set(const uint64_t *set, const char *name, size_t len)
{
	const uint64_t hash = fj_hash_quick(name, len);

	return !(~set[(hash >> 6) & 3] & fj_mounts_name_bits(hash));
}

bool fj_mount_may_be_named(const char *name, size_t len)
{
	const struct fj_mounts *v;
	struct fj_mounts_seen seen;
	bool may;

	do {
		v = fj_mounts_look(&seen);
		may = v->count && is_name_of_set(v->leaves, name, len);
	} while (!fj_mounts_held(&seen));
	return may;
}

static bool is_name_in(const char *pos, const char *dir)
{
	const size_t len = fj_strlen(dir);

	if (!fj_path_has_prefix(pos, dir) || pos[len] != '/')
		return false;
	for (pos += len + 1; *pos; pos++)
		if (*pos == '/')
			return false;
	return true;
}

bool fj_mount_is_in(const char *pos)
{
	const struct fj_mounts *v;
	struct fj_mounts_seen seen;
	bool is;

	do {
		is = false;
		v = fj_mounts_look(&seen);
		for (uint32_t i = fj_mounts_count(v); i-- && !is;)
			is = is_name_in(fj_mounts_text(v, v->mount[i].jail), pos);
	} while (!fj_mounts_held(&seen));
	return is;
}

bool fj_mount_may_be_below(const char *name, size_t len)
{
	const struct fj_mounts *v;
	struct fj_mounts_seen seen;
	bool may;

	do {
		v = fj_mounts_look(&seen);
		may = v->count && is_name_of_set(v->on_the_way, name, len);
	} while (!fj_mounts_held(&seen));
	return may;
}

static uint32_t flags_at(const char *pos)
{
	const struct fj_mounts *v;
	const struct fj_mount *m;
	struct fj_mounts_seen seen;
	uint32_t flags;

	do {
		v = fj_mounts_look(&seen);
		m = fj_mounts_of(v, pos);
		flags = m ? m->flags : v->root_flags;
	} while (!fj_mounts_held(&seen));
	return flags;
}

bool fj_mount_is_read_only(const char *pos)
{
	return flags_at(pos) & FJ_MOUNT_READ_ONLY;
}

uint32_t fj_mount_limits(const char *pos)
{
	return flags_at(pos) & FJ_MOUNT_LIMITS;
}

/* On the host's own root every file is below the root. There a mount is foreign, unless it shows what a
 * jail around it has made. */
static bool is_foreign_mount(const struct fj_mount *m)
{
	return !(m->flags & (FJ_MOUNT_PRIVATE | FJ_MOUNT_OWN));
}

static bool is_in_own_tree(const char *host_path)
{
	return fj_jail_paths()->root[0] && fj_path_has_prefix(host_path, fj_root_path());
}

bool fj_path_is_foreign(const char *pos)
{
	const struct fj_mounts *v;
	const struct fj_mount *m;
	struct fj_mounts_seen seen;
	bool is;

	do {
		v = fj_mounts_look(&seen);
		m = fj_mounts_of(v, pos);
		is = m && is_foreign_mount(m) && !is_in_own_tree(fj_mounts_text(v, m->host));
	} while (!fj_mounts_held(&seen));
	return is;
}

static bool is_host_path_below(const char *host_path, const char *dir, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (host_path[i] != dir[i]) /* (or host_path ends) */
			return false;
	return !host_path[len] || host_path[len] == '/';
}

int fj_mounts_layer(const struct fj_mounts *v, const struct fj_mount *m, const char *host_path,
	const char **rest)
{
	const char *s = fj_mounts_text(v, m->layers), *const limit = v->text + FJ_MOUNT_TEXT;
	size_t best = 0;
	int layer = -1;

	for (int i = 0; s < limit && *s; i++) {
		const char *end = s;

		while (end + 1 < limit && *end && !(end[0] == '/' && end[1] == '/'))
			end++;

		const size_t len = (size_t)(end - s);

		if (len > best && is_host_path_below(host_path, s, len)) {
			best = len;
			layer = i;
			*rest = host_path + len;
		}
		s = *end ? end + 1 : limit;
	}
	return layer;
}

bool fj_path_host_is_foreign(const char *host_path)
{
	const struct fj_mounts *v;
	const struct fj_mount *best;
	const char *rest;
	struct fj_mounts_seen seen;
	bool is;

	if (is_in_own_tree(host_path))
		return false;
	do {
		best = NULL;
		v = fj_mounts_look(&seen);
		for (uint32_t i = fj_mounts_count(v); i--;) {
			const struct fj_mount *m = &v->mount[i];

			if (!(m->flags & FJ_MOUNT_HIDDEN) &&
				(!best || m->host_len > best->host_len) &&
				(fj_path_has_prefix(host_path, fj_mounts_text(v, m->host)) ||
					((m->flags & FJ_MOUNT_UNION) &&
						fj_mounts_layer(v, m, host_path, &rest) >= 0)))
				best = m;
		}
		is = best && is_foreign_mount(best);
	} while (!fj_mounts_held(&seen));
	return is;
}

size_t fj_path_layer_part(const char *host_path)
{
	const struct fj_mounts *v;
	const char *rest;
	struct fj_mounts_seen seen;
	size_t part;

	do {
		part = 0;
		v = fj_mounts_look(&seen);
		for (uint32_t i = fj_mounts_count(v); i--;) {
			const struct fj_mount *m = &v->mount[i];

			if ((m->flags & FJ_MOUNT_UNION) &&
				fj_mounts_layer(v, m, host_path, &rest) >= 0 &&
				(size_t)(rest - host_path) > part)
				part = (size_t)(rest - host_path);
		}
	} while (!fj_mounts_held(&seen));
	return part;
}

bool fj_mount_has_one_union(void)
{
	const struct fj_mounts *v;
	struct fj_mounts_seen seen;
	uint32_t unions;

	do {
		v = fj_mounts_look(&seen);
		unions = 0;
		for (uint32_t i = fj_mounts_count(v); i--;)
			unions += (v->mount[i].flags & FJ_MOUNT_UNION) != 0;
	} while (!fj_mounts_held(&seen));
	return unions == 1;
}
