/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * fast_links.c - follows a symlink that is the last component: reads its text, makes the path without the
 * symlink, and looks this path up by facts. Called by hooks that used fast.c and met a symlink, or know that
 * it was one before (links_seen.h). The text is read each time, since others may change it. */
#include "fast-path/fast.h"
#include "path/path.h"
#include "sys/scratch.h"
#include "sys/sys.h"

enum { LINKS_MAX = 4 }; /* symlinks that one call follows here: /bin/sh, /etc/alternatives/... */

/* Put the path without the symlink into `q->beyond`, and make it the path to look up. */
static bool go_past_link(struct fj_fast *q)
{
	const uint32_t mark = fj_scratch_mark(q->t);
	char *text = fj_scratch_path(q->t);
	size_t dir = q->len;
	bool done = false;
	long n;

	/* Without a fact the directory may be in procfs, whose links may lead elsewhere than their text. */
	n = q->epoch ? fj_sys4(__NR_readlinkat, q->place.dirfd, q->place.name, text, FJ_PATH_MAX) :
		       0;
	if (q->epoch && !q->is_layered)
		fj_link_see(fj_hash_quick(q->path, q->len), n > 0);
	/* If a directory was replaced meanwhile, this is the text of another symlink, perhaps the host's. */
	if (!fj_fast_held(q))
		n = 0;
	while (dir && q->path[dir - 1] != '/')
		dir--;
	if (n > 0 && text[0] == '/')
		dir = 0;
	if (n > 0 && dir + (size_t)n < FJ_PATH_MAX) {
		if (q->beyond != q->path)
			memcpy(q->beyond, q->path, dir);
		memcpy(q->beyond + dir, text, (size_t)n);
		q->len = dir + (size_t)n;
		q->beyond[q->len] = 0;
		q->path = q->beyond;
		done = true;
	}
	fj_scratch_release(q->t, mark);
	return done;
}

bool fj_fast_follow(struct fj_fast *q)
{
	if (q->links++ == LINKS_MAX)
		return fj_fast_end(q);
	if (!q->beyond) {
		q->beyond = fj_scratch_path(q->t);
		q->mark = fj_scratch_mark(q->t);
	}
	if (!go_past_link(q))
		return fj_fast_end(q);
	fj_scratch_release(q->t, q->mark);
	return fj_fast_find(q) || fj_fast_end(q);
}
