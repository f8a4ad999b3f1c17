/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * fast.c - the fast path: finds a place from remembered facts (facts/facts.c), without a walk. Called by the
 * hooks of the most frequent calls. */
#include "fast-path/fast.h"

#include "bytes/bytes.h"
#include "bytes/equal.h"
#include "bytes/len.h"
#include "bytes/str.h"
#include "facts/fact_value.h"
#include "facts/facts.h"
#include "jail/epoch.h"
#include "jail/root.h"
#include "jail/search.h"
#include "layers/place.h"
#include "layers/union.h"
#include "mount-table/mount_flags.h"
#include "mount-table/mounts.h"
#include "path/fold.h"
#include "path/path.h"
#include "path/proc.h"
#include "sys/hot.h"
#include "sys/scratch.h"
#include "sys/scratch_mark.h"
#include "union-held/held.h"
#include "walk/steps.h"
#include "walk/walk.h"

/* For one name in the working directory: is it remembered that the caller may search this directory? */
__attribute__((noinline)) static bool may_search_cwd(struct fj_fast *q)
{
	const uint32_t mark = fj_scratch_mark(q->t);
	struct fj_str pos;
	bool is_asked, may;

	q->epoch = fj_facts_epoch();
	q->moves = fj_cwd_begin();
	fj_str_init(&pos, fj_scratch_path(q->t), PATH_MAX);
	may = q->takes_cwd && fj_cwd_where(q->t, q->epoch, q->moves, &pos, &is_asked) &&
	      !is_asked && fj_path_is_let(q->t, pos.at, q->epoch, &q->is_in_root);
	fj_scratch_release(q->t, mark);
	q->stands = may;
	if (!may)
		q->epoch = 0;
	return may;
}

/* May `name`, in any directory, be a mount point or a name that the jail hides? */
static bool may_be_special(const char *name, size_t len)
{
	return fj_mount_may_be_named(name, len) || fj_is_hidden_name(name, len);
}

/* Returns `value` with `name` appended: the name of the place. */
static const char *join_name(
	struct fj_thread *t, struct fj_str *value, const char *name, size_t len)
{
	if (value->len)
		fj_str_put(value, "/");
	fj_str_add(value, name, len);
	fj_scratch_trim(t, value->at, value->len + 1);
	return value->at;
}

/* `value` is the directory that a fact has told. Returns false if the caller cannot handle such a place. */
static inline bool use_fact(
	struct fj_fast *q, unsigned flags, struct fj_str *value, const char *name, size_t len)
{
	if (__builtin_expect(flags & FJ_FACT_UNION, 0)) {
		if (!q->takes_layers ||
			(q->only_upper && !(flags & (q->takes_merged ? FJ_FACT_UPPER_HAS :
								       FJ_FACT_IN_UPPER))))
			return false;
		fj_fast_name_layers(q, flags, value, name, len);
		if (q->only_upper && q->place.dirfd == AT_FDCWD)
			return false; /* the upper layer of another overlay */
		q->is_alone = !(flags & FJ_FACT_MERGED) && q->path[0] == '/';
		q->is_merged = q->only_upper && q->left;
		if (q->is_merged) {
			q->below = q->left;
			q->left = 0;
		}
	} else {
		q->place.name = join_name(q->t, value, name, len);
	}
	return true;
}

/* Facts say whether a directory is in a union. A single name in the caller's directory, or in the caller's
 * root, is looked up without a fact: may it be in a union? */
__attribute__((noinline)) static bool may_be_in_union(const char *path, size_t len)
{
	return !len && (path[0] != '/' || fj_union_holds(fj_root()->pos));
}

/* Look up a name in the caller's own directory, in a jail with unions. FJ_DIR_IN_UNION: the place is
 * found. */
__attribute__((noinline)) static enum fj_dir_kind recall_dir(
	struct fj_fast *q, const char *name, size_t len)
{
	struct fj_str pos, paths;
	struct fj_dir_seen seen;
	enum fj_dir_kind kind;
	unsigned flags;
	bool is_alone;

	q->epoch = fj_facts_epoch();
	fj_str_init(&pos, fj_scratch(q->t, FJ_FACT_TEXT), FJ_FACT_TEXT);
	if (!fj_is_hidden_name(name, len) &&
		((!fj_mount_may_be_named(name, len) && fj_fast_stands_in_one(q, &pos)) ||
			fj_fast_asks_later(q)))
		return FJ_DIR_IN_UNION;
	fj_str_cut(&pos, 0);
	kind = fj_dir_recall_on(q->dirfd, q->epoch, &pos, &is_alone, &seen);
	if (kind == FJ_DIR_IN_UNION && is_alone && fj_fast_goes_by_fd(q) &&
		!fj_is_hidden_name(name, len) && !fj_fast_meets_mount(pos.at, name, len)) {
		fj_dir_ask_noted(q->t);
		q->is_layered = q->is_by_fd = true;
		q->is_in_lower = seen.is_lower;
		fj_dir_expect(q->dirfd, true);
	} else if (kind == FJ_DIR_IN_UNION) {
		fj_str_init(&paths, fj_scratch(q->t, FJ_FACT_TEXT), FJ_FACT_TEXT);
		fj_layers_recall_paths(q->t, pos.at, q->epoch, &paths, &flags);
		if (!paths.len || may_be_special(name, len) ||
			(fj_search(q->t)->asks && !(flags & FJ_FACT_LETS)) ||
			!use_fact(q, flags, &paths, name, len))
			kind = FJ_DIR_UNKNOWN;
	}
	if (kind == FJ_DIR_OUTSIDE)
		q->epoch = 0;
	else
		q->dir = pos.at;
	if (kind != FJ_DIR_UNKNOWN && q->dirfd != AT_FDCWD) {
		const char *const noted = fj_dir_noted(q->dirfd);

		q->needs_no_note = !noted || !noted[0];
	}
	return kind;
}

/* Look up a name in the caller's root, which is in a union. */
__attribute__((noinline)) static bool find_in_root(struct fj_fast *q, const char *name, size_t len)
{
	const struct fj_root *const root = fj_root();
	struct fj_str paths;
	unsigned flags;

	q->epoch = fj_facts_epoch();
	if (!q->epoch || root->fd < 0 || may_be_special(name, len))
		return false;
	fj_str_init(&paths, fj_scratch(q->t, FJ_FACT_TEXT), FJ_FACT_TEXT);
	fj_layers_recall_paths(q->t, root->pos, q->epoch, &paths, &flags);
	return paths.len && (!fj_search(q->t)->asks || (flags & FJ_FACT_LETS)) &&
	       use_fact(q, flags, &paths, name, len);
}

/* An empty place. (A compiler without vector registers would make a loop of one assignment.) */
static inline void begin_place(struct fj_place *place, int dirfd, const char *name)
{
	place->dirfd = dirfd;
	place->owned_fd = -1;
	place->name = name;
	place->is_magic = place->is_exe = place->is_mount = place->is_in_root = place->is_direct =
		place->is_read_only = false;
	place->proc = 0;
	place->pos = NULL;
	place->is_merged = place->is_upper = place->is_lower = false;
	place->layers = NULL;
}

FJ_HOT bool fj_fast_find(struct fj_fast *q)
{
	struct fj_thread *const t = q->t;
	const char *const path = q->path, *name = path + q->len;
	const struct fj_fact *fact;
	const struct fj_root *root;
	struct fj_str value;
	enum fj_dir_kind kind;
	unsigned flags = 0;
	uint32_t sequence;

	while (name > path && name[-1] != '/')
		name--;

	const size_t name_len = q->len - (size_t)(name - path);
	const size_t len =
		name > path ? (size_t)(name - path) - 1 : 0; /* length of the directory part */

	q->epoch = 0;
	q->fact = NULL;
	q->dir = NULL;
	q->is_merged = q->is_layered = q->is_alone = q->stands = q->is_in_root = q->is_by_fd =
		q->needs_no_note = q->is_unproven = false;
	q->left = 0;
	begin_place(&q->place, q->dirfd, path);
	if (!name_len || fj_is_dots(name, name_len) ||
		fj_proc_named(name, name_len) != FJ_PROC_PLAIN)
		return false;
	if (__builtin_expect(fj_mount_flags()->has_unions, 0) && may_be_in_union(path, len)) {
		if (path[0] == '/')
			return find_in_root(q, name, name_len);
		kind = recall_dir(q, name, name_len);
		if (kind != FJ_DIR_OUTSIDE)
			return kind == FJ_DIR_IN_UNION;
	}
	if (!len && path[0] != '/') { /* one name in the caller's own directory */
		fj_dir_ask_noted(t);
		return !may_be_special(name, name_len) &&
		       (!fj_search(t)->asks || (q->dirfd == AT_FDCWD && may_search_cwd(q)) ||
			       fj_path_may_search(t, q->dirfd, "") >= 0);
	}

	q->epoch = fj_facts_epoch();
	root = fj_root();
	if (!q->epoch || root->fd < 0)
		return false;
	q->place.dirfd = root->fd;
	if (path[0] != '/') {
		fj_str_init(&value, fj_scratch(t, FJ_REST_SIZE), FJ_REST_SIZE);
		if (q->dirfd != AT_FDCWD || !fj_fast_find_below_cwd(q, len, &value, &flags))
			return false;
		if (!(q->stands && q->is_layered) && !use_fact(q, flags, &value, name, name_len))
			return false;
	} else if (!len && !fj_search(t)->asks) {
		q->place.name = name;
	} else {
		fact = fj_facts_look(root, path, len, q->epoch, &sequence);
		if (!fact)
			return false;
		q->fact = fact;
		flags = fj_fact_flags(fact, t);
		q->place.name = path + 1;
		if (__builtin_expect(flags & FJ_FACT_BY_KEY, 0) && fj_fast_may_aim_lower(q)) {
			q->place.dirfd = FJ_FD_LOWER(fj_jail);
			q->is_layered = q->is_alone = true;
		} else if (!(flags & FJ_FACT_LITERAL)) {
			fj_str_init(&value, fj_scratch(t, FJ_REST_SIZE), FJ_REST_SIZE);
			fj_fact_value(fact, len, &value);
			if (!use_fact(q, flags, &value, name, name_len))
				return false;
		}
		if (!fj_fact_held(fact, sequence))
			return false;
	}
	if (!(flags & FJ_FACT_PLAIN) && may_be_special(name, name_len))
		return false;
	if ((flags & FJ_FACT_HOST) && !q->is_layered)
		q->place.dirfd = AT_FDCWD;
	q->is_in_root = !(flags & FJ_FACT_HOST) && !q->is_layered;
	return !fj_search(t)->asks || (flags & FJ_FACT_LETS);
}

bool fj_fast_end(struct fj_fast *q)
{
	fj_scratch_release(q->t, q->outer);
	return false;
}

/* Facts tell nothing of a path with `..`, but perhaps of the same path without. Only then the kernel is asked
 * whether the directories that are left out are there. */
__attribute__((noinline)) static bool find_folded(struct fj_fast *q)
{
	const char *const path = q->path;
	struct fj_str folded, again;
	uint32_t mark;
	bool is;

	fj_scratch_release(q->t, q->outer);
	if (path[0] != '/' || path[q->len] || !fj_path_goes_up(path))
		return false;
	fj_str_init(&folded, fj_scratch(q->t, FJ_REST_SIZE), FJ_REST_SIZE);
	if (!fj_path_fold(q->t, path, false, &folded))
		return false;
	fj_scratch_trim(q->t, folded.at, folded.len + 1);
	q->path = folded.at;
	q->len = folded.len;
	if (!fj_fast_find(q))
		return false;
	mark = fj_scratch_mark(q->t);
	fj_str_init(&again, fj_scratch(q->t, FJ_REST_SIZE), FJ_REST_SIZE);
	is = fj_path_fold(q->t, path, true, &again) && fj_streq(again.at, folded.at);
	fj_scratch_release(q->t, mark);
	return is;
}

enum { LAYERS = 1, CWD = 2, UPPER = 4, MERGED = 8, LATER = 16 };
static inline bool begin_lookup(struct fj_fast *q, struct fj_thread *t, int dirfd,
	const char *jail_path, size_t len, unsigned takes)
{
	q->takes_layers = takes & LAYERS;
	q->takes_cwd = takes & CWD;
	q->only_upper = takes & UPPER;
	q->takes_merged = takes & MERGED;
	q->takes_unproven = takes & LATER;
	q->t = t;
	q->dirfd = dirfd;
	q->path = jail_path;
	q->len = len;
	q->beyond = NULL;
	q->links = 0;
	q->outer = fj_scratch_mark(t);
	return __builtin_expect(fj_fast_find(q), 1) || find_folded(q) || fj_fast_end(q);
}

FJ_HOT bool fj_fast_begin(
	struct fj_fast *q, struct fj_thread *t, int dirfd, const char *jail_path, size_t len)
{
	return begin_lookup(q, t, dirfd, jail_path, len, CWD);
}

bool fj_fast_begin_rooted(
	struct fj_fast *q, struct fj_thread *t, int dirfd, const char *jail_path, size_t len)
{
	return begin_lookup(q, t, dirfd, jail_path, len, LAYERS);
}

FJ_HOT bool fj_fast_begin_layered(
	struct fj_fast *q, struct fj_thread *t, int dirfd, const char *jail_path, size_t len)
{
	return begin_lookup(q, t, dirfd, jail_path, len, LAYERS | CWD);
}

bool fj_fast_begin_upper(
	struct fj_fast *q, struct fj_thread *t, int dirfd, const char *jail_path, size_t len)
{
	return begin_lookup(q, t, dirfd, jail_path, len, LAYERS | CWD | UPPER);
}

bool fj_fast_begin_in_upper(
	struct fj_fast *q, struct fj_thread *t, int dirfd, const char *jail_path, size_t len)
{
	return begin_lookup(q, t, dirfd, jail_path, len, LAYERS | CWD | UPPER | MERGED);
}

FJ_HOT bool fj_fast_begin_unproven(
	struct fj_fast *q, struct fj_thread *t, int dirfd, const char *jail_path, size_t len)
{
	return begin_lookup(q, t, dirfd, jail_path, len, LAYERS | CWD | LATER);
}
