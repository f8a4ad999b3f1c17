/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * groups.c - the supplementary groups of an identity: up to FJ_GROUPS_FEW lie in it, more in pages
 * of their own. Called by ids.c, and by the calls that set groups (identity/). */
#include "bytes/bytes.h"
#include "bytes/copy.h"
#include "cred/ids.h"
#include "cred/ids_change.h"
#include "sys/memory.h"
#include "sys/page.h"
#include "syscall/mman.h"

#include <linux/errno.h>
#include <linux/mman.h>

bool fj_ids_in_group(const struct fj_ids *ids, uint32_t gid)
{
	const uint32_t *group = fj_ids_groups(ids);

	for (uint32_t i = 0; i < ids->group_count; i++)
		if (group[i] == gid)
			return true;
	return ids->fsgid == gid;
}

static size_t room_size(uint32_t count)
{
	return fj_page_up(count * sizeof(uint32_t));
}

uint32_t *fj_ids_group_room(struct fj_ids *next, uint32_t count)
{
	long at;

	if (count <= FJ_GROUPS_FEW) {
		next->many = NULL;
		next->group_count = count;
		memset(next->few, 0, sizeof(next->few));
		return next->few;
	}
	at = fj_sys_mmap(
		0, room_size(count), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (fj_is_err(at))
		return NULL;
	next->group_count = count;
	next->many = (uint32_t *)at;
	return next->many;
}

void fj_ids_drop_groups(struct fj_ids *next)
{
	if (next->many)
		fj_sys_munmap(next->many, room_size(next->group_count));
}

/* Another thread may be reading the replaced list, so it is freed only when the next one is
 * replaced. A child that shares its parent's memory frees nothing: the list may be its parent's. */
void fj_ids_give_up_groups(const struct fj_ids *old, const struct fj_ids *next)
{
	static struct fj_ids last;

	if (!old->many || old->many == next->many || fj_is_borrowed_memory())
		return;
	if (last.many)
		fj_sys_munmap(last.many, room_size(last.group_count));
	last = *old;
}

void fj_ids_sort_groups(struct fj_ids *next)
{
	uint32_t *group = (uint32_t *)fj_ids_groups(next);

	/* Shell sort: short, in place, and fast enough for 65536. */
	for (uint32_t gap = next->group_count / 2; gap; gap = gap == 2 ? 1 : gap * 5 / 11)
		for (uint32_t i = gap; i < next->group_count; i++) {
			const uint32_t gid = group[i];
			uint32_t at = i;

			for (; at >= gap && group[at - gap] > gid; at -= gap)
				group[at] = group[at - gap];
			group[at] = gid;
		}
}

long fj_ids_set_groups(struct fj_ids *next, const uint32_t *groups, uint32_t count)
{
	uint32_t *room = fj_ids_group_room(next, count);

	if (!room)
		return -ENOMEM;
	memcpy(room, groups, count * sizeof(*room));
	fj_ids_sort_groups(next);
	return 0;
}
