/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * fast_ends.c - remembers which file a symlink leads to that is a path's last component: the end of the symlink. So a look at
 * the file is one call, by which the kernel follows the symlink. Called by the hooks of stat and access.
 *
 * The kernel follows it on the host, so its answer counts only if the file is the one, by device and number, that
 * the symlink led to when it was last followed in the jail. A symlink that leads elsewhere meanwhile, whoever has
 * changed it, thus finds another file, or none, and is followed name by name. This is so for each symlink with an absolute
 * text, too, so of those nothing is remembered.
 *
 * In a union this is done only if one layer alone has the directory of each symlink and of the file. A file that
 * another layer gets there makes the facts of the directory invalid, and with them this one.
 *
 * An end is a fact (facts/facts.c). The names of the symlinks and of the file have marks, so a process of the jail that changes one
 * of them makes the fact invalid. Its key is that of another root than any: no lookup of a directory finds it. */
#include "bytes/str.h"
#include "facts/fact_value.h"
#include "facts/facts.h"
#include "fast-path/fast.h"
#include "jail/root.h"
#include "jail/search.h"
#include "sys/scratch.h"
#include "sys/scratch_mark.h"

#include <linux/fcntl.h>

/* The number of a file that the kernel does not find by the symlink, although the symlink leads to it: a mount of the jail is
 * on the way, or a symlink to an absolute path. */
#define NOT_BY_KERNEL 0

/* Another root than the process's own, whatever number that has (fj_root.id). The number of the namespace begins at
 * bit 48. */
static struct fj_root root_of_ends(void)
{
	return (struct fj_root){.id = fj_root()->id ^ 1UL << 47};
}

bool fj_fast_recall_end(const struct fj_fast *q, struct fj_link_end *end)
{
	const struct fj_root ends = root_of_ends();
	const struct fj_fact *f;
	struct fj_str name;
	uint32_t sequence;

	if (q->links || q->path[0] != '/' || fj_search(q->t)->asks)
		return false;
	f = fj_facts_look(&ends, q->path, q->len, q->epoch, &sequence);
	if (!f)
		return false;
	end->ino = f->flags;
	end->dev = f->asker;
	fj_str_init(&name, fj_scratch(q->t, FJ_FACT_TEXT), FJ_FACT_TEXT);
	fj_fact_value(f, q->len, &name);
	end->name = name.at;
	end->dirfd = name.at[0] == '/' ? AT_FDCWD : q->place.dirfd;
	return name.len && end->ino != NOT_BY_KERNEL && fj_fact_held(f, sequence);
}

/* Is it known that the kernel does not find the file? */
static bool is_known_to_fail(const struct fj_fast *q, const struct fj_root *ends)
{
	uint32_t sequence;
	const struct fj_fact *const f =
		fj_facts_look(ends, q->start, q->start_len, q->epoch, &sequence);

	return f && f->flags == NOT_BY_KERNEL && fj_fact_held(f, sequence);
}

void fj_fast_keep_end(
	const struct fj_fast *q, uint64_t dev, uint64_t ino, const struct fj_link_end *found)
{
	const struct fj_root ends = root_of_ends();
	size_t name = q->len;

	if (q->is_end_loose || (q->is_layered && !q->is_alone) || q->stands || !q->epoch ||
		q->start[0] != '/' || fj_search(q->t)->asks ||
		(q->place.name[0] != '/' && q->place.dirfd != q->start_fd))
		return;
	while (name && q->path[name - 1] != '/')
		name--;
	/* A mark counts from the next lookup on. */
	if (fj_facts_saw_name(q->path + name, q->len - name) || is_known_to_fail(q, &ends))
		return;
	if (found->ino && (found->ino != ino || found->dev != dev))
		ino = NOT_BY_KERNEL;
	fj_facts_add(&ends, q->start, q->start_len, q->place.name, ino, dev, q->epoch);
}
