/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * in_upper.c - in a jail whose root is a union: names that are made, removed, moved or linked in the upper layer, found by
 * facts. Called by run.c before it walks. If the call fails then, run.c makes it again by walks. */
#include "call/call.h"
#include "call/replaced.h"
#include "call/row.h"
#include "call/translate.h"
#include "fast-path/fast.h"
#include "mount-table/mounts.h"
#include "path/path.h"
#include "walk/walk.h"

/* In a union: may a name be made, removed or moved in the upper layer alone, if no lower layer has it? A device may be
 * a whiteout (hook_entries.c). */
static bool goes_by_upper(const struct fj_call *c, const struct fj_replaced *first)
{
	if (first) /* both files of a link are there: in one mount */
		return c->nr == __NR_linkat && first->place.is_upper;
	if (fj_is_rename(c))
		return !c->only_walks && (c->nr == __NR_renameat || !c->arg[4]);
	return !c->only_walks &&
	       (c->nr == __NR_mkdirat || c->nr == __NR_symlinkat || c->nr == __NR_unlinkat);
}

bool fj_find_dir_in_upper(struct fj_call *c, const char *jail_path, unsigned how,
	const struct fj_replaced *first, struct fj_replaced *with)
{
	const enum fj_fast_upper what = !(how & FJ_REMOVES) ? FJ_UPPER_NEW :
					fj_is_rename(c)	    ? FJ_UPPER_MOVED :
							      FJ_UPPER_OLD;

	return goes_by_upper(c, first) && fj_fast_hold_upper(c->thread, with->dirfd, jail_path,
						  c->path_len, what, NULL, &with->place);
}

long fj_find_target_in_upper(
	struct fj_call *c, const struct fj_replaced *first, struct fj_replaced *with)
{
	const size_t len = fj_place_dir_len(first->path);
	const bool is_beside = len == fj_place_dir_len(with->path) &&
			       fj_same(first->path, with->path, len) &&
			       (first->dirfd == with->dirfd || first->path[0] == '/');

	return fj_fast_hold_upper(c->thread, with->dirfd, with->path, c->path_len, FJ_UPPER_TARGET,
		       is_beside ? &first->place : NULL, &with->place) ?
		       0 :
		       -EAGAIN;
}

bool fj_find_linked_in_upper(
	struct fj_call *c, int i, const char *jail_path, struct fj_replaced *with)
{
	if (c->only_walks || !fj_mount_has_one_union() ||
		!fj_find_upper_object(c, fj_arg_dirfd(c, i), jail_path,
			fj_follow_flags_of(c, c->row->kind[i]), &with->place))
		return false;
	c->arg[i] = (uint64_t)fj_place_path(c->thread, &with->place);
	c->arg[i - 1] = (uint64_t)AT_FDCWD;
	fj_follow_replacement(c);
	return true;
}
