/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * in_upper.c - in a jail whose root is a union: names that are made, removed or linked in the upper layer, found by
 * facts. Called by run.c before it walks. If the call fails then, run.c makes it again by walks. */
#include "call/call.h"
#include "call/replaced.h"
#include "call/row.h"
#include "call/translate.h"
#include "fast-path/fast.h"
#include "mount-table/mounts.h"
#include "path/path.h"
#include "walk/walk.h"

/* In a union: may a name be made or removed in the upper layer alone, if no lower layer has it? Not moved: a whiteout that
 * another process has just put there would be moved in place of the file, which would be lost (tests/stress/moves). A
 * device may be a whiteout, too (hook_entries.c). */
static bool goes_by_upper(const struct fj_call *c, const struct fj_replaced *first)
{
	if (first) /* both files of a link are there: in one mount */
		return c->nr == __NR_linkat && first->place.is_upper;
	return !c->only_walks &&
	       (c->nr == __NR_mkdirat || c->nr == __NR_symlinkat || c->nr == __NR_unlinkat);
}

bool fj_find_dir_in_upper(struct fj_call *c, const char *jail_path, unsigned how,
	const struct fj_replaced *first, struct fj_replaced *with)
{
	return goes_by_upper(c, first) && fj_fast_hold_upper(c->thread, with->dirfd, jail_path,
						  c->path_len, how & FJ_REMOVES, &with->place);
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
