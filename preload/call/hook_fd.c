/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hook_fd.c - the jail's own descriptors, which the program must not close, replace or mark.
 *
 * For the program they are numbers that are not open. */
#include "call/hooks.h"

#define CLOSE_RANGE_UNSHARE 2u /* linux/close_range.h */

long fj_hook_our_fd(struct fj_call *c)
{
	(void)c;
	return -EBADF;
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
