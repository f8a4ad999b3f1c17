/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * remember.c - stores facts (facts/facts.c) for later walks: about the directory that the caller's text
 * names, and about who may search it. Called by walk.c and fast-path/fast.c. */
#include "bytes/bytes.h"
#include "bytes/equal.h"
#include "bytes/hash.h"
#include "bytes/str.h"
#include "facts/facts.h"
#include "jail/epoch.h"
#include "jail/root.h"
#include "jail/search.h"
#include "layers/place.h"
#include "mount-table/mounts.h"
#include "path/path.h"
#include "sys/scratch.h"
#include "sys/scratch_mark.h"
#include "walk/steps.h"
#include "walk/walk.h"

#include <linux/fcntl.h>

/* The key of a relative path begins with the position of the working directory, so the fact depends on the
 * names in that position too. They must be marked before the kernel is asked for the position. If a mark
 * was new, ask again. */
static bool learn_marked_pos(struct fj_walk *w)
{
	bool is_new = false;

	if (!fj_cwd_is_told(fj_cwd_begin()))
		fj_walk_hold(w);
	if (!fj_walk_learn_pos(w))
		return false;
	if (w->is_recalled)
		return true;
	for (const char *name = w->pos.at, *end; *name; name = end) {
		for (end = ++name; *end && *end != '/'; end++)
			;
		is_new = fj_facts_saw_name(name, (size_t)(end - name)) || is_new;
	}
	if (!is_new)
		return true;

	const uint64_t before = fj_hash(w->pos.at, w->pos.len, FJ_HASH_SEED);

	w->knows_pos = false;
	return fj_walk_learn_pos(w) && fj_hash(w->pos.at, w->pos.len, FJ_HASH_SEED) == before;
}

/* May everybody, or the caller, search the directory whose path is `key` ("": the root) and all directories
 * above it? Returns the flags of its fact, or 0. */
static unsigned flags_of_dir(struct fj_thread *t, const struct fj_root *root, const char *key,
	size_t key_len, uint64_t epoch)
{
	const uint32_t mark = fj_scratch_mark(t);
	struct fj_str path, value;
	struct fj_place place;
	unsigned flags = 0;

	fj_str_init(&path, fj_scratch(t, FJ_REST_SIZE), FJ_REST_SIZE);
	fj_str_init(&value, fj_scratch(t, FJ_REST_SIZE), FJ_REST_SIZE);
	if (!(fj_facts_find(t, root, key, key_len, &value, &flags, epoch) &&
		    (flags & FJ_FACT_LETS))) {
		/* A walk by the absolute path stores the fact. The last name does not matter. */
		fj_str_add(&path, key, key_len);
		fj_str_put(&path, "/+");
		if (!fj_path_walk(t, AT_FDCWD, path.at, FJ_ENTRY, &place))
			fj_place_done(&place);
		fj_str_cut(&value, 0);
		flags = 0;
		fj_facts_find(t, root, key, key_len, &value, &flags, epoch);
	}
	fj_scratch_release(t, mark);
	return flags;
}

bool fj_path_is_let(struct fj_thread *t, const char *pos, uint64_t epoch, bool *is_in_root)
{
	const uint32_t mark = fj_scratch_mark(t);
	struct fj_str key;
	unsigned flags = 0;

	fj_str_init(&key, fj_scratch_path(t), PATH_MAX);
	if (epoch && fj_path_seen(pos, &key))
		flags = flags_of_dir(t, fj_root(), key.at, key.len > 1 ? key.len : 0, epoch);
	fj_scratch_release(t, mark);
	*is_in_root = (flags & FJ_FACT_LETS) && !(flags & (FJ_FACT_HOST | FJ_FACT_UNION));
	return *is_in_root;
}

/* May everybody, or the caller, search the working directory and all directories above it? The first `len`
 * bytes of `key` are its path. Returns a set of FJ_FACT_LETS. */
static unsigned is_cwd_open(struct fj_walk *w, const char *key, size_t len)
{
	/* (Without the slash at the end.) */
	return flags_of_dir(w->t, w->root, key, len > 1 ? len - 1 : 0, w->epoch) & FJ_FACT_LETS;
}

void fj_walk_plan_fact(struct fj_walk *w, const char *jail_path)
{
	const size_t len = fj_dir_len(jail_path);
	struct fj_str key;

	w->epoch = fj_facts_epoch();
	/* The root needs a fact only for who may search it. (After a trailing slash there is no name, and
	 * the directory part would be the parent of the last one.) */
	if (!w->epoch || (!len && !(fj_search(w->t)->asks && jail_path[0] == '/')) ||
		!jail_path[len + 1])
		return;
	if (jail_path[0] != '/' && (w->fd != AT_FDCWD || !learn_marked_pos(w)))
		return;
	fj_str_init(&key, fj_scratch(w->t, FJ_REST_SIZE), FJ_REST_SIZE);
	if (jail_path[0] != '/') {
		if (!fj_path_seen(w->pos.at, &key))
			return;
		if (key.len > 1)
			fj_str_put(&key, "/");
	}
	fj_str_add(&key, jail_path, len);
	if (key.len >= FJ_FACT_TEXT)
		return;
	w->fact_key = key.at;
	w->fact_key_len = key.len;
	if (fj_search(w->t)->asks) {
		const unsigned lets =
			jail_path[0] == '/' ? FJ_FACT_LETS : is_cwd_open(w, key.at, key.len - len);

		w->is_open = lets & FJ_FACT_OPEN;
		w->is_mine = lets;
	}
}

/* Is the value the key without its leading slash (FJ_FACT_LITERAL)? Not for the key "/": in "//name" the name
 * after it would begin with a slash. */
static bool is_literal(const char *key, size_t len, const struct fj_str *value)
{
	return key[0] == '/' && len > 1 && value->len == len - 1 &&
	       !memcmp(key + 1, value->at, len - 1);
}

/* Does the stored fact already say everything? */
static bool is_fact_kept(struct fj_walk *w, const char *key)
{
	uint32_t sequence;
	const struct fj_fact *f = fj_facts_look(w->root, key, w->fact_key_len, w->epoch, &sequence);
	unsigned flags;

	if (!f)
		return false;
	flags = fj_fact_flags(f, w->t);
	return fj_fact_held(f, sequence) &&
	       (!w->is_mine || (flags & FJ_FACT_OPEN) ||
		       (!w->is_open && (flags & FJ_FACT_MINE || !fj_search(w->t)->asker)));
}

/* Procfs has links that lead elsewhere than their text only in the directories of a process or thread (a
 * number), ns, fd and map_files. So few directories need a statfs(2). */
static bool has_magic_links(struct fj_walk *w)
{
	const char *name = w->pos.at + w->pos.len;

	while (name > w->pos.at && name[-1] != '/')
		name--;
	if (!(name[0] >= '0' && name[0] <= '9') && !fj_streq(name, "ns") && !fj_streq(name, "fd") &&
		!fj_streq(name, "map_files"))
		return false;
	return fj_walk_is_in_procfs(w);
}

void fj_walk_keep_fact(struct fj_walk *w)
{
	const char *key = w->fact_key;
	struct fj_mount_found m;
	struct fj_str value;
	bool is_mounted;

	w->fact_key = NULL; /* after a final symlink the directory is another one */
	if (!w->knows_pos || !w->epoch)
		return;
	if (__builtin_expect(w->layers != NULL, 0)) {
		fj_walk_keep_fact_of_union(w, key);
		return;
	}
	if (!key || is_fact_kept(w, key))
		return;

	const uint32_t mark = fj_scratch_mark(w->t);

	fj_str_init(&value, fj_scratch_path(w->t), PATH_MAX);
	is_mounted = fj_mount_of(w->pos.at, &m, &value);
	/* There are no facts about such directories: lookups by facts follow links by their text. */
	if ((is_mounted && fj_streq(value.at, "/proc")) || has_magic_links(w))
		goto out;
	fj_str_cut(&value, 0);
	if (is_mounted)
		fj_path_host(w->pos.at, &value);
	else if (w->pos.len > w->root->len)
		fj_str_put(&value, w->pos.at + w->root->len + 1);
	if (!value.overflowed && (is_mounted || fj_path_has_prefix(w->pos.at, w->root->pos)))
		fj_facts_add(w->root, key, w->fact_key_len, value.at,
			(is_mounted ? FJ_FACT_HOST : 0) | (w->is_open ? FJ_FACT_OPEN : 0) |
				(is_literal(key, w->fact_key_len, &value) && !is_mounted ?
						FJ_FACT_LITERAL :
						0) |
				(w->pos.len && !fj_mount_is_in(w->pos.at) ? FJ_FACT_PLAIN : 0),
			w->is_mine ? fj_search(w->t)->asker : 0, w->epoch);
out:
	fj_scratch_release(w->t, mark);
}

void fj_walk_keep_way(struct fj_walk *w)
{
	struct fj_str key;

	if (!w->fact_key || !w->knows_pos || w->links || w->layers)
		return;
	fj_str_init(&key, fj_scratch_path(w->t), PATH_MAX);
	if (!fj_path_seen(w->pos.at, &key) || key.len < 2 || key.len >= FJ_FACT_TEXT)
		return;
	w->fact_key = key.at;
	w->fact_key_len = key.len;
	fj_walk_keep_fact(w);
}
