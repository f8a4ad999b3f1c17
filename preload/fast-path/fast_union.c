/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * fast_union.c - the fast path in a jail with unions: names in the working directory, and facts about a
 * directory that was opened. Called by fast.c and by open/hook_open.c. */
#include "facts/facts.h"
#include "fast-path/fast.h"
#include "jail/root.h"
#include "jail/search.h"
#include "layers/union.h"
#include "mount-table/mount_flags.h"
#include "path/path.h"
#include "sys/scratch.h"
#include "sys/str.h"
#include "walk/walk.h"

#include <linux/fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static const struct fj_root own_root;

bool fj_fast_stands_in_one(struct fj_fast *q, struct fj_str *pos)
{
	const struct fj_fact *f;
	unsigned flags;
	uint32_t sequence;
	bool is_asked;

	/* (If layers share a device, the owner of a file is found by its path.) */
	if (q->dirfd != AT_FDCWD || !q->epoch || !q->takes_layers || !q->takes_cwd ||
		q->only_upper || fj_mount_flags()->dirs_share_device)
		return false;
	q->moves = fj_cwd_begin();
	if (!fj_cwd_where(q->t, q->epoch, q->moves, pos, &is_asked))
		return false;
	f = fj_facts_look(&own_root, pos->at + (pos->len != 0), pos->len ? pos->len - 1 : 0,
		q->epoch, &sequence);
	if (!f)
		return false;
	flags = fj_fact_flags(f, q->t);
	if ((flags & (FJ_FACT_UNION | FJ_FACT_MERGED)) != FJ_FACT_UNION ||
		(fj_search(q->t)->asks && !(flags & FJ_FACT_LETS)) || !fj_fact_held(f, sequence))
		return false;
	fj_dir_ask_noted(q->t);
	q->is_layered = q->stands = true;
	q->dir = pos->at;
	return true;
}

/* Where the last component of `path` begins. */
static const char *name_of(const char *path, size_t len)
{
	const char *name = path + len;

	while (name > path && name[-1] != '/')
		name--;
	return name;
}

void fj_dir_about_to_open(const struct fj_fast *q)
{
	const char *const name = name_of(q->path, q->len);

	fj_facts_saw_name(name, (size_t)(q->path + q->len - name));
}

/* A program that goes from directory to directory by descriptors needs no facts: this process remembers the
 * directory. */
static bool note_child(const struct fj_fast *q, const char key[FJ_DIR_KEY_SIZE], const char *name)
{
	const uint32_t mark = fj_scratch_mark(q->t);
	struct fj_str pos;
	bool is;

	if (!q->is_by_fd)
		return false;
	fj_str_init(&pos, fj_scratch(q->t, FJ_FACT_TEXT), FJ_FACT_TEXT);
	fj_str_put(&pos, q->dir);
	fj_str_put(&pos, "/");
	fj_str_add(&pos, name, (size_t)(q->path + q->len - name));
	is = !pos.overflowed &&
	     fj_dir_recent_add(key, pos.at, FJ_DIR_UNITED | FJ_DIR_ALONE, fj_facts_now(), q->epoch);
	fj_scratch_release(q->t, mark);
	return is;
}

void fj_dir_opened(const struct fj_fast *q, int fd)
{
	const uint32_t mark = fj_scratch_mark(q->t);
	const char *const name = name_of(q->path, q->len);
	const bool is_absolute = q->path[0] == '/';
	struct fj_str parent, child;
	char key[FJ_DIR_KEY_SIZE];
	uint32_t sequence;

	/* (A directory with several positions gets no fact: the next caller may have come by another
	 * one.) */
	if (fj_mount_flags()->has_aliases || !q->epoch ||
		(is_absolute ? fj_root()->len != 0 : !q->dir) || !fj_fast_held(q) ||
		!fj_dir_key(fd, key) || note_child(q, key, name) ||
		fj_facts_look(&own_root, key, FJ_DIR_KEY_SIZE, q->epoch, &sequence))
		return;
	fj_str_init(&parent, fj_scratch(q->t, FJ_FACT_TEXT), FJ_FACT_TEXT);
	fj_str_init(&child, fj_scratch(q->t, FJ_FACT_TEXT), FJ_FACT_TEXT);
	if (is_absolute)
		fj_str_add(&parent, q->path, (size_t)(name - q->path) - 1);
	else
		fj_str_put(&parent, q->dir);
	if (!parent.overflowed && fj_layers_remember_child(q->t, parent.at, name,
					  (size_t)(q->path + q->len - name), q->epoch, &child))
		fj_facts_add(&own_root, key, FJ_DIR_KEY_SIZE, child.at, FJ_FACT_UNION, 0, q->epoch);
	fj_scratch_release(q->t, mark);
}
