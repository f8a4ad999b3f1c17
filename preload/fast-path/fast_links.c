/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * fast_links.c - follows a symlink that is the last component: reads its text, makes the path without the
 * symlink, and looks this path up by facts. Called by hooks that used fast.c and met a symlink, or know that
 * it was one before (links_seen.h). The text is read each time, since others may change it: fast_ends.c says when a
 * symlink need not be read. */
#include "bytes/bytes.h"
#include "bytes/copy.h"
#include "bytes/hash.h"
#include "fast-path/fast.h"
#include "sys/scratch.h"
#include "sys/scratch_mark.h"
#include "syscall/unistd_names.h"

enum { LINKS_MAX = 4 }; /* symlinks that one call follows here: /bin/sh, /etc/alternatives/... */

/* Put the path without the symlink into `q->beyond`, and make it the path to look up. (The kernel has copied
 * the place's name, which may lie there, before it writes.) */
static bool go_past_link(struct fj_fast *q)
{
	const uint64_t hash = fj_hash_quick(q->path, q->len);
	const bool is_loose = q->is_layered && !q->is_alone;
	size_t dir = q->len;
	long n;

	while (dir && q->path[dir - 1] != '/')
		dir--;
	/* Without a fact the directory may be in procfs, whose links may lead elsewhere than their text. */
	if (!q->epoch || dir >= PATH_MAX)
		return false;
	/* Most symlinks are followed once. A mark is for those that are followed again, and counts
	 * from the next lookup on. */
	if (is_loose || !fj_link_was_seen(hash) || fj_facts_saw_name(q->path + dir, q->len - dir))
		q->is_end_loose = true;
	n = fj_sys_readlinkat(q->place.dirfd, q->place.name, q->beyond + dir, PATH_MAX - dir);
	if (!is_loose)
		fj_link_see(hash, n > 0);
	if (n > 0 && q->fact)
		fj_links_found_in(q->fact);
	/* If a directory was replaced meanwhile, this may be the text of another symlink, even of the host's. */
	if (n <= 0 || dir + (size_t)n >= PATH_MAX || !fj_fast_held(q))
		return false;
	if (q->beyond[dir] == '/') {
		memmove(q->beyond, q->beyond + dir, (size_t)n);
		dir = 0;
		q->is_end_loose = true;
	} else if (q->beyond != q->path) {
		memcpy(q->beyond, q->path, dir);
	}
	q->len = dir + (size_t)n;
	q->beyond[q->len] = 0;
	q->path = q->beyond;
	return true;
}

bool fj_fast_follow(struct fj_fast *q)
{
	if (!q->links) {
		q->start = q->path;
		q->start_len = q->len;
		q->start_fd = q->place.dirfd;
		q->is_end_loose = false;
	}
	if (q->links++ == LINKS_MAX)
		return fj_fast_end(q);
	if (!q->beyond)
		q->mark = fj_scratch_mark(q->t);
	fj_scratch_release(q->t, q->mark);
	q->beyond = fj_scratch_path(q->t); /* at the same address as before, with its content */
	if (!go_past_link(q))
		return fj_fast_end(q);
	fj_scratch_trim(q->t, q->beyond, q->len + 1);
	return fj_fast_find(q) || fj_fast_end(q);
}
