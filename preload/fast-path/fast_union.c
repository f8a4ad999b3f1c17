/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * fast_union.c - the fast path in a jail with unions: names in layers and in the working directory, and
 * facts about a directory that was opened. Called by fast.c, file/hook_stat.c and open/. */
#include "bytes/bytes.h"
#include "bytes/equal.h"
#include "bytes/hash.h"
#include "bytes/len.h"
#include "bytes/str.h"
#include "facts/facts.h"
#include "fast-path/fast.h"
#include "jail/fds.h"
#include "jail/root.h"
#include "jail/search.h"
#include "layers/union.h"
#include "mount-table/mount_flags.h"
#include "mount-table/paths.h"
#include "path/path.h"
#include "sys/hot.h"
#include "sys/scratch.h"
#include "sys/scratch_mark.h"
#include "union-held/held.h"
#include "walk/steps.h"
#include "walk/walk.h"

#include <linux/fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static const struct fj_root own_root;

/* A path in the root, or in its lowest layer, is shorter and so faster relative to this. But if layers share a device,
 * the owner of a file is found by its absolute path. */
void fj_fast_name_layers(
	struct fj_fast *q, unsigned flags, const struct fj_str *value, const char *name, size_t len)
{
	const bool is_whole = fj_mount_flags()->dirs_share_device;
	struct fj_str s;
	size_t paths = 1, size;

	q->ends_in_lower = (flags & FJ_FACT_IN_LOWER) && fj_fast_may_aim_lower(q);
	for (const char *c = value->at; (flags & FJ_FACT_MERGED) && *c; c++)
		paths += c[0] == '/' && c[1] == '/';
	size = value->len + paths * (len + 2);
	fj_str_init(&s, fj_scratch(q->t, size), size);
	q->left = (uint32_t)paths - 1;
	for (const char *c = value->at, *end; *c; c = *end ? end + 1 : end) {
		end = value->at + value->len;
		if (paths > 1)
			for (end = c; *end && !(end[0] == '/' && end[1] == '/'); end++)
				;
		paths--;

		const size_t path_len = (size_t)(end - c);
		const size_t part = !paths && q->ends_in_lower ? fj_lower_len() :
				    is_whole		       ? 0 :
								 fj_layers_root_part(c, path_len);
		const size_t skipped = part && path_len > part ? part + 1 : part;

		fj_str_add(&s, c + skipped, path_len - skipped);
		if (path_len > skipped)
			fj_str_put(&s, "/");
		fj_str_add(&s, name, len);
		fj_str_add(&s, "", 1);
	}
	q->is_layered = true;
	q->place.name = s.at;
	fj_fast_aim(q);
}

/* Ask the kernel: is the working directory still `pos`? The remembered position may be out of date, if
 * something outside the jail has moved the directory. */
static bool is_still_at(struct fj_thread *t, const struct fj_str *pos)
{
	const uint32_t mark = fj_scratch_mark(t);
	struct fj_str now;
	bool is;

	fj_str_init(&now, fj_scratch_path(t), PATH_MAX);
	is = fj_path_of_dir(t, AT_FDCWD, &now) && fj_streq(now.at, pos->at);
	fj_scratch_release(t, mark);
	return is;
}

/* `value` is a directory, relative to the root. If it is the working directory `pos`, or lies below it,
 * make it relative to the working directory: then the kernel starts there. */
static bool begin_where_one_stands(struct fj_fast *q, const struct fj_root *root,
	const struct fj_str *pos, struct fj_str *value)
{
	const char *const dir = pos->at + root->len + (pos->at[root->len] == '/');
	const size_t len = fj_strlen(dir);

	if (!q->takes_cwd || value->len < len || memcmp(value->at, dir, len) ||
		(len && value->len > len && value->at[len] != '/'))
		return false;

	const size_t skipped = len + (len && value->len > len);

	memmove(value->at, value->at + skipped, value->len - skipped + 1);
	value->len -= skipped;
	q->place.dirfd = AT_FDCWD;
	q->stands = q->is_in_root = true;
	return true;
}

/* Is it known that the directory at `pos` is in exactly one layer of a union, that its fact has the flags `wanted`, and
 * that the caller may search it? */
static bool is_in_one(const struct fj_fast *q, const struct fj_str *pos, unsigned wanted)
{
	const struct fj_fact *f;
	unsigned flags;
	uint32_t sequence;

	f = fj_facts_look(&own_root, pos->at + (pos->len != 0), pos->len ? pos->len - 1 : 0,
		q->epoch, &sequence);
	if (!f)
		return false;
	flags = fj_fact_flags(f, q->t);
	wanted |= FJ_FACT_UNION;
	return (flags & (wanted | FJ_FACT_MERGED)) == wanted &&
	       (!fj_search(q->t)->asks || (flags & FJ_FACT_LETS)) && fj_fact_held(f, sequence);
}

FJ_HOT bool fj_fast_find_below_cwd(
	struct fj_fast *q, size_t len, struct fj_str *value, unsigned *flags)
{
	const struct fj_root *const root = fj_root();
	struct fj_thread *const t = q->t;
	struct fj_str key, pos;
	bool is_asked;

	q->moves = fj_cwd_begin();
	fj_str_init(&pos, fj_scratch_path(t), PATH_MAX);
	fj_str_init(&key, fj_scratch(t, FJ_REST_SIZE), FJ_REST_SIZE);
	if (!fj_cwd_where(t, q->epoch, q->moves, &pos, &is_asked) || !fj_path_seen(pos.at, &key))
		return false;
	if (key.len > 1)
		fj_str_put(&key, "/");
	fj_str_add(&key, q->path, len);
	if (!fj_facts_find(t, root, key.at, key.len, value, flags, q->epoch))
		return false;
	if (*flags & FJ_FACT_LITERAL)
		fj_str_add(value, key.at + 1, key.len - 1);
	if (!(*flags & (FJ_FACT_HOST | FJ_FACT_UNION)) &&
		begin_where_one_stands(q, root, &pos, value))
		return true;
	/* (In the lowest layer, too, the directory lies below the working directory.) */
	if ((*flags & FJ_FACT_BY_KEY) && fj_fast_may_aim_lower(q) &&
		is_in_one(q, &pos, FJ_FACT_IN_LOWER)) {
		q->place.name = q->path;
		q->place.dirfd = AT_FDCWD;
		q->stands = q->is_layered = true;
		return true;
	}
	return is_asked || is_still_at(t, &pos);
}

bool fj_fast_stands_in_one(struct fj_fast *q, struct fj_str *pos)
{
	bool is_asked;

	/* (If layers share a device, the owner of a file is found by its path.) */
	if (q->dirfd != AT_FDCWD || !q->epoch || !q->takes_layers || !q->takes_cwd ||
		q->only_upper || fj_mount_flags()->dirs_share_device)
		return false;
	q->moves = fj_cwd_begin();
	if (!fj_cwd_where(q->t, q->epoch, q->moves, pos, &is_asked))
		return false;
	if (!is_in_one(q, pos, 0))
		return false;
	fj_dir_ask_noted(q->t);
	q->is_layered = q->stands = true;
	q->dir = pos->at;
	return true;
}

bool fj_fast_asks_later(struct fj_fast *q)
{
	const char *const noted = fj_dir_noted(q->dirfd);

	if (!q->takes_unproven || !q->epoch || !fj_dir_is_expected(q->dirfd) ||
		!fj_fast_goes_by_fd(q) || (noted && noted[0]) ||
		(fj_mount_flags()->has_unions & FJ_UNIONS_ON_DEVICES))
		return false;
	fj_dir_ask_noted(q->t);
	q->is_layered = q->is_by_fd = q->is_unproven = q->needs_no_note = true;
	return true;
}

bool fj_fast_prove(struct fj_fast *q, const char *key, bool is_partial)
{
	const unsigned both = FJ_DIR_UNITED | FJ_DIR_ALONE;
	struct fj_dir_seen seen;
	struct fj_str pos;
	unsigned flags;
	uint64_t token;
	bool is_alone;

	fj_str_init(&pos, fj_scratch(q->t, FJ_FACT_TEXT), FJ_FACT_TEXT);
	q->is_known = false;
	q->token = 0;
	if (key && !is_partial && fj_dir_recent(key, q->epoch, &pos, &flags, &token) &&
		(flags & both) == both) {
		const size_t above = fj_path_parent_len(&pos);

		q->is_known = fj_streq(pos.at + above + 1, q->path);
		fj_str_cut(&pos, q->is_known ? above : 0);
	}
	if (!q->is_known) {
		fj_str_cut(&pos, 0);
		q->is_in_lower = key && fj_dir_recent_has(q->dirfd, q->path, key, q->epoch, &pos);
	}
	if (!q->is_known && !q->is_in_lower) {
		if (fj_dir_recall_on(q->dirfd, q->epoch, &pos, &is_alone, &seen) !=
				FJ_DIR_IN_UNION ||
			!is_alone) {
			fj_dir_expect(q->dirfd, false);
			return false;
		}
		q->is_in_lower = seen.is_lower;
		q->token = seen.token;
		fj_dir_expect(q->dirfd, true);
	}
	if (fj_fast_meets_mount(pos.at, q->path, q->len))
		return false;
	q->dir = pos.at;
	q->is_unproven = false;
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

bool fj_fast_note_child(const struct fj_fast *q, const char *key)
{
	const char *const name = name_of(q->path, q->len);
	const uint32_t mark = fj_scratch_mark(q->t);
	struct fj_str pos;
	uint64_t token;
	bool is;

	if (!q->is_by_fd)
		return false;
	fj_str_init(&pos, fj_scratch(q->t, FJ_FACT_TEXT), FJ_FACT_TEXT);
	fj_str_put(&pos, q->dir);
	fj_str_put(&pos, "/");
	fj_str_add(&pos, name, (size_t)(q->path + q->len - name));
	is = !pos.overflowed &&
	     fj_dir_recent_add(key, pos.at,
		     FJ_DIR_UNITED | FJ_DIR_ALONE | (q->is_in_lower ? FJ_DIR_LOWER : 0),
		     fj_facts_now(), q->epoch, &token);
	fj_scratch_release(q->t, mark);
	return is;
}

bool fj_dir_opened(struct fj_fast *q, int fd)
{
	const uint32_t mark = fj_scratch_mark(q->t);
	const char *const name = name_of(q->path, q->len);
	const bool is_absolute = q->path[0] == '/';
	struct fj_str parent, child;
	char key[FJ_DIR_KEY_SIZE];
	uint32_t sequence;
	bool has_key = false;

	fj_dir_open_as_last(fd, false);
	if (__builtin_expect(q->is_unproven, 0)) {
		has_key = fj_dir_key(fd, key);
		if (!fj_fast_prove(q, has_key ? key : NULL, false))
			return false;
		if (q->is_known)
			fj_dir_open_as_last(fd, true);
		if (q->is_known || !has_key)
			return true;
	}
	/* (A directory with several positions gets no fact: the next caller may have come by another
	 * one.) */
	if (fj_mount_flags()->has_aliases || !q->epoch ||
		(is_absolute ? fj_root()->len != 0 : !q->dir) || !fj_fast_held(q) ||
		!(has_key || fj_dir_key(fd, key)))
		return true;
	if (fj_fast_note_child(q, key)) {
		fj_dir_open_as_last(fd, true);
		return true;
	}
	if (fj_facts_look(&own_root, key, FJ_DIR_KEY_SIZE, q->epoch, &sequence))
		return true;
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
	return true;
}

bool fj_fast_position(const struct fj_fast *q, struct fj_str *pos)
{
	if (q->dir) {
		fj_str_put(pos, q->dir);
		fj_str_put(pos, "/");
	} else if (q->path[0] != '/' || fj_root()->len) {
		return false;
	}
	fj_str_add(pos, q->path, q->len);
	return !pos->overflowed;
}

int fj_fast_is_merged(const struct fj_fast *q)
{
	const uint32_t mark = fj_scratch_mark(q->t);
	struct fj_str pos;
	int is;

	if (!q->left)
		return 0;
	fj_str_init(&pos, fj_scratch_path(q->t), PATH_MAX);
	is = fj_fast_position(q, &pos) ? fj_layers_know_merged(pos.at, pos.len, q->epoch) : -1;
	fj_scratch_release(q->t, mark);
	return is;
}
