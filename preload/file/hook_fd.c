/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hook_fd.c - the jail's own descriptors, which the program must not close, replace, mark or use.
 *
 * For the program they are numbers that are not open. Where one is an argument of its own row.c has
 * seen to that; here are those that lie in memory. */
#include "call/hooks.h"
#include "sys/guest.h"

#include <linux/kcmp.h>

#define CLOSE_RANGE_UNSHARE 2u /* linux/close_range.h */

long fj_hook_our_fd(struct fj_call *c)
{
	return fj_kernel(c); /* of a descriptor that is not open: row.c */
}

/* Is one of ours among the first `count` descriptors of the set at `at`? */
static bool set_has_ours(uint64_t at, uint32_t count)
{
	const uint32_t ours = (uint32_t)FJ_FD_ROOT(fj_jail);
	uint64_t word = 0;

	for (uint32_t fd = ours; fd < ours + FJ_FD_COUNT && fd < count; fd++) {
		if ((fd == ours || fd % 64 == 0) &&
			fj_guest_read(&word, at + fd / 64 * sizeof(word), sizeof(word)))
			return false; /* the kernel says EFAULT */
		if (word >> fd % 64 & 1)
			return true;
	}
	return false;
}

/* select, pselect6. The kernel asks only whether a descriptor is open, and would wait for ours. */
long fj_hook_select(struct fj_call *c)
{
	for (int i = 1; i <= 3 && (int)c->arg[0] > 0; i++)
		if (c->arg[i] && set_has_ours(c->arg[i], (uint32_t)c->arg[0]))
			return -EBADF;
	if (c->nr == __NR_pselect6 && c->arg[5])
		return fj_hook_pselect(c);
	if (!c->frame)
		return fj_kernel(c);
	c->leaves_by_tail = true;
	return 0;
}

long fj_hook_kcmp(struct fj_call *c)
{
	const int type = (int)c->arg[2];

	if (type == KCMP_FILE || type == KCMP_EPOLL_TFD)
		for (int i = 3; i <= (type == KCMP_FILE ? 4 : 3); i++)
			if (fj_is_our_fd(c->arg[i]))
				c->arg[i] = (uint32_t)FJ_CLOSED_FD;
	return fj_kernel(c);
}

long fj_hook_close_range(struct fj_call *c)
{
	const uint32_t first = (uint32_t)c->arg[0], last = (uint32_t)c->arg[1],
		       flags = (uint32_t)c->arg[2];
	const uint32_t ours = (uint32_t)FJ_FD_ROOT(fj_jail), after = ours + FJ_FD_COUNT;
	long r = 0;

	if (first > last || last < ours || first >= after || (flags & ~6u))
		return fj_kernel(c);
	if (first >= ours && last < after) /* nothing to be done, if there is such a call at all:
					      first above last is EINVAL */
		return fj_sys3(__NR_close_range, 1, 0, 0) == -EINVAL ? 0 : -ENOSYS;
	if (first < ours)
		r = fj_sys3(__NR_close_range, first, ours - 1, flags);
	else if (flags & CLOSE_RANGE_UNSHARE)
		r = fj_sys3(__NR_close_range, after, after,
			flags); /* only for its effect on the table */
	if (!r && last >= after)
		r = fj_sys3(__NR_close_range, after, last, flags & ~CLOSE_RANGE_UNSHARE);
	return r;
}
