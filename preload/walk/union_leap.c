/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * union_leap.c - a walk in a union that goes by what is remembered of its directories
 * (layers/union_facts.c), and that leaves such a fact of the directory it has come to.
 *
 * Called by union_walk.c and remember.c. */
#include "walk/steps.h"
#include "jail/facts.h"
#include "jail/root.h"
#include "jail/search.h"
#include "layers/union.h"
#include "sys/scratch.h"
#include "sys/sys.h"

static const struct fj_root own_root;

void fj_walk_keep_fact_of_union(struct fj_walk *w, const char *key)
{
	const uint32_t mark = fj_scratch_mark(w->t);
	struct fj_str paths;
	uint64_t flags;

	if (fj_layers_saw_names(w->pos.at)) /* they were looked at before: the next time, then */
		return;
	fj_str_init(&paths, fj_scratch(w->t, FJ_FACT_TEXT), FJ_FACT_TEXT);
	flags = fj_layers_describe_fact(w->t, w->layers, w->pos.at, &paths);
	if (flags) {
		flags |= w->is_open ? FJ_FACT_OPEN : 0;
		fj_facts_add(&own_root, w->pos.at + (w->pos.len != 0),
			w->pos.len ? w->pos.len - 1 : 0, paths.at, flags, 0, w->epoch);
		/* (In the root of a union the jail's own directory may lie.) */
		if (w->pos.len > w->layers->mount_len && !fj_mount_is_in(w->pos.at))
			flags |= FJ_FACT_PLAIN;
		if (key && fj_path_has_prefix(w->pos.at, w->root->pos))
			fj_facts_add(w->root, key, w->fact_key_len, paths.at, flags,
				w->is_mine ? fj_search(w->t)->asker : 0, w->epoch);
	}
	fj_scratch_release(w->t, mark);
}

/* How much of the rest names directories that are none but themselves; 0: step by step knows
 * better. */
static size_t plain_dirs(const struct fj_walk *w)
{
	const char *c = w->rest;
	size_t dirs = 0;

	for (const char *start = c; *c; start = c) {
		while (*c && *c != '/')
			c++;

		const size_t len = (size_t)(c - start);

		if (*c != '/')
			break;
		if (!fj_walk_is_plain(start, len))
			return 0;
		dirs = (size_t)(c - w->rest);
		while (*c == '/')
			c++;
		if (!*c)
			return 0; /* a trailing slash belongs to the last component */
	}
	return dirs;
}

bool fj_walk_leap_in_union(struct fj_walk *w, struct fj_layers *l)
{
	const size_t before = w->pos.len, dirs = plain_dirs(w);
	char *name = w->rest, *end;
	bool is;

	if (!dirs)
		return false;
	for (; name < w->rest + dirs; name = end) {
		while (*name == '/')
			name++;
		for (end = name; *end != '/'; end++)
			;
		fj_facts_saw_name(name, (size_t)(end - name));
		fj_walk_push_pos(w, name, (size_t)(end - name));
	}
	is = w->knows_pos &&
	     fj_layers_recall(w->t, w->pos.at, w->pos.len, fj_search(w->t)->asks, l);
	if (!is && w->knows_pos)
		fj_str_cut(&w->pos, before);
	if (is)
		for (w->rest += dirs; *w->rest == '/'; w->rest++)
			;
	return is;
}
