/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * fold.c - takes each `..` with the directory before it out of an absolute path, if a fact tells what that
 * directory is. Compilers look for their files by such paths: /usr/lib/gcc/x86_64-linux-gnu/12/../../../crt1.o.
 * Called by walk/walk.c and fast-path/fast.c.
 *
 * A fact says that the directory is real, and lies in the root's own tree, so the name above it in the fact's
 * value is its parent. The kernel is asked in one call whether the directory is still there and may be searched:
 * what is removed does not make a fact invalid. From there on the path is as good as one that is followed from
 * a directory above: it is walked from the root. */
#include "path/fold.h"

#include "bytes/str.h"
#include "facts/facts.h"
#include "jail/epoch.h"
#include "jail/root.h"
#include "jail/search.h"
#include "mount-table/mount_flags.h"
#include "path/names.h"
#include "sys/scratch.h"
#include "sys/scratch_mark.h"
#include "syscall/unistd_names.h"

/* The directory `dir`, an absolute path without dots, is followed by `..`: replaces it by its real path. `asks`:
 * the kernel is asked whether it is there. */
static bool find_real(struct fj_thread *t, struct fj_str *dir, uint64_t epoch, bool asks)
{
	const uint32_t mark = fj_scratch_mark(t);
	const struct fj_root *const root = fj_root();
	struct fj_str real;
	unsigned flags = 0;
	size_t len;
	bool is;

	fj_str_init(&real, fj_scratch(t, FJ_REST_SIZE), FJ_REST_SIZE);
	is = fj_facts_find(t, root, dir->at, dir->len, &real, &flags, epoch) &&
	     !(flags & (FJ_FACT_HOST | FJ_FACT_UNION)) &&
	     (!fj_search(t)->asks || (flags & FJ_FACT_LETS));
	if (is && (flags & FJ_FACT_LITERAL))
		fj_str_put(&real, dir->at + 1);
	len = real.len;
	fj_str_put(&real, "/.");
	is = is && len && !real.overflowed;
	if (is && asks)
		is = !fj_sys_faccessat(root->fd, real.at, 0 /* F_OK */) && fj_facts_hold(epoch);
	if (is) {
		fj_str_cut(dir, 0);
		fj_str_put(dir, "/");
		fj_str_add(dir, real.at, len);
	}
	fj_scratch_release(t, mark);
	return is;
}

bool fj_path_fold(struct fj_thread *t, const char *jail_path, bool asks, struct fj_str *folded)
{
	const uint64_t epoch = fj_facts_epoch();
	bool is_real = true, has_folded = false;

	if (!epoch || fj_root()->fd < 0 || fj_mount_flags()->has_unions)
		return false;
	for (const char *name = jail_path, *end, *next; *name; name = end) {
		while (*name == '/')
			name++;
		for (end = name; *end && *end != '/'; end++)
			;
		for (next = end; *next == '/'; next++)
			;
		/* (A call on `..` itself is another one than on the directory by its name.) */
		if (!*next || end - name != 2 || name[0] != '.' || name[1] != '.') {
			fj_str_put(folded, "/");
			fj_str_add(folded, name, (size_t)(end - name));
			is_real = false;
			continue;
		}
		if (!is_real && !find_real(t, folded, epoch, asks))
			return false;
		while (folded->len && folded->at[folded->len - 1] != '/')
			folded->len--;
		fj_str_cut(folded, folded->len ? folded->len - 1 : 0);
		is_real = has_folded = true;
	}
	return has_folded && !folded->overflowed;
}
