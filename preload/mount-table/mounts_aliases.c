/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * mounts_aliases.c - can a directory of the host be reached by two positions? Then the position by which a
 * process reaches it is noted (path/from_host.c). Called by mounts_edit.c; the end of a layer's path and
 * fj_mounts_find_upper() also by other rooms.
 *
 * The layers of a union lead to one position, as one directory does: several layers alone are no alias. */
#include "bytes/bytes.h"
#include "bytes/equal.h"
#include "bytes/len.h"
#include "bytes/str.h"
#include "mount-table/layer_paths.h"
#include "mount-table/mount_edit.h"
#include "mount-table/mount_flags.h"
#include "mount-table/mount_table.h"
#include "mount-table/mounts.h"
#include "mount-table/paths.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A host path; "" is the host's root. */
struct path {
	const char *at;
	size_t len;
};

static struct path as_path(const char *text)
{
	return (struct path){text, fj_strlen(text)};
}

const char *fj_layers_end_first(const char *layers)
{
	while (*layers && !(layers[0] == '/' && layers[1] == '/'))
		layers++;
	return layers;
}

/* Put the next layer of a union, from `*at` on, into `layer`. False: there is none. */
static bool next_layer_path(const char **at, struct path *layer)
{
	const char *s = fj_layers_end_first(*at);

	if (!**at)
		return false;
	*layer = (struct path){*at, (size_t)(s - *at)};
	*at = *s ? s + 1 : s;
	return true;
}

/* Is one path the other, or below it? */
static bool are_related(struct path a, struct path b)
{
	const struct path longer = a.len > b.len ? a : b;
	const size_t len = a.len > b.len ? b.len : a.len;

	return !memcmp(a.at, b.at, len) && (longer.len == len || longer.at[len] == '/');
}

static const char *layers_of(const struct fj_mounts *v, const struct fj_mount *m)
{
	return m->flags & FJ_MOUNT_UNION ? v->text + m->layers : "";
}

/* Does mount `m` lead to `host`, to a directory above it, or to one below it? */
static bool is_reached_by(const struct fj_mounts *v, const struct fj_mount *m, struct path host)
{
	const char *layers = layers_of(v, m);
	bool is = are_related(host, as_path(v->text + m->host));
	struct path layer;

	while (!is && next_layer_path(&layers, &layer))
		is = are_related(host, layer);
	return is;
}

/* `but`: a mount to ignore, or NULL. */
static bool is_host_reached(const struct fj_mounts *v, const struct fj_mount *but, struct path host)
{
	bool is = false;

	for (uint32_t i = 0; i < v->count && !is; i++)
		is = &v->mount[i] != but && is_reached_by(v, &v->mount[i], host);
	return is;
}

static void note_alias(bool is)
{
	if (is)
		__atomic_store_n(&fj_mount_flags()->has_aliases, 1, __ATOMIC_RELAXED);
}

/* Does the jail's root lead there without the mount? */
static bool is_root(const char *pos, const char *host)
{
	return !*pos && fj_streq(host, fj_root_path());
}

void fj_mounts_note_aliases(const struct fj_mounts *v, const char *host, const char *pos)
{
	const struct path path = as_path(host);

	note_alias((!is_root(pos, host) && are_related(path, as_path(fj_root_path()))) ||
		   is_host_reached(v, NULL, path));
}

void fj_mounts_note_layers(const struct fj_mounts *v, const struct fj_mount *m)
{
	const char *rest = layers_of(v, m);
	const bool begins_at_root = is_root(v->text + m->jail, v->text + m->host);
	struct path layer;

	for (uint32_t n = 0; next_layer_path(&rest, &layer); n++) {
		const char *others = rest;
		struct path other;
		bool is = is_host_reached(v, m, layer);

		while (!is && next_layer_path(&others, &other))
			is = are_related(layer, other);
		/* (The mount itself leads to the first layer.) */
		note_alias(is ||
			   (are_related(layer, as_path(fj_root_path())) && (n || !begins_at_root)));
	}
}

/* Is the file at the host path seen through mount `m` (NULL: in the root's tree), and hidden by no other mount? Then
 * `*rest` is its path below what the mount leads to. */
static bool is_seen_in(const struct fj_mounts *v, const struct fj_mount *m, const char *host_path,
	struct fj_str *pos, const char **rest)
{
	const char *host = m ? fj_mounts_text(v, m->host) : fj_root_path();

	*rest = NULL;
	if (m && (m->flags & FJ_MOUNT_UNION))
		fj_mounts_layer(v, m, host_path, rest);
	else if (fj_path_has_prefix(host_path, host))
		*rest = host_path + fj_strlen(host);
	if (!*rest || (m && (m->flags & FJ_MOUNT_HIDDEN)))
		return false;
	fj_str_cut(pos, 0);
	fj_str_put(pos, m ? fj_mounts_text(v, m->jail) : "");
	fj_str_put(pos, *rest);
	return pos->overflowed || fj_mounts_of(v, pos->at) == m;
}

static bool find_upper_once(
	const struct fj_mounts *v, const char *host_path, struct fj_str *room, struct fj_str *upper)
{
	const char *rest, *layers;
	uint32_t seen = is_seen_in(v, NULL, host_path, room, &rest);

	fj_str_cut(upper, 0);
	for (uint32_t i = 0; i < fj_mounts_count(v) && seen < 2; i++) {
		const struct fj_mount *m = &v->mount[i];

		if (!is_seen_in(v, m, host_path, room, &rest))
			continue;
		seen++;
		if (!(m->flags & FJ_MOUNT_UNION) || !*fj_mounts_text(v, m->work))
			continue;
		layers = fj_mounts_text(v, m->layers);
		fj_str_add(upper, layers, (size_t)(fj_layers_end_first(layers) - layers));
		fj_str_put(upper, rest);
	}
	return seen == 1 && upper->len && !upper->overflowed;
}

bool fj_mounts_find_upper(const char *host_path, struct fj_str *room, struct fj_str *upper)
{
	struct fj_mounts_seen seen;
	bool found;

	do
		found = find_upper_once(fj_mounts_look(&seen), host_path, room, upper);
	while (!fj_mounts_held(&seen));
	return found;
}
