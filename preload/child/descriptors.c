/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * descriptors.c - numbers for descriptors beyond the program's own limit, for the time of one call.
 *
 * Called by dispatch/in_child.c, by door/ around a handler and, after an exec, by the loader. */
#include "child/descriptors.h"

#include "sys/thread.h"
#include "syscall/resource.h"

#include <linux/resource.h>

static uint64_t raised_limit(uint64_t soft, uint64_t hard)
{
	return hard - soft > FJ_DESCRIPTORS_MORE ? soft + FJ_DESCRIPTORS_MORE : hard;
}

uint64_t fj_descriptors_raise(void)
{
	struct rlimit64 limit = {0};
	uint64_t before;

	if (fj_sys_prlimit64(0, RLIMIT_NOFILE, 0, &limit))
		return 0;
	before = limit.rlim_cur;
	limit.rlim_cur = raised_limit(before, limit.rlim_max);
	if (limit.rlim_cur == before || fj_sys_prlimit64(0, RLIMIT_NOFILE, &limit, 0))
		return 0;
	return before;
}

void fj_descriptors_lower(uint64_t limit)
{
	struct rlimit64 now = {0};

	if (fj_sys_prlimit64(0, RLIMIT_NOFILE, 0, &now) ||
		now.rlim_cur != raised_limit(limit, now.rlim_max))
		return;
	now.rlim_cur = limit;
	fj_sys_prlimit64(0, RLIMIT_NOFILE, &now, 0);
}

uint64_t fj_descriptors_suspend(struct fj_thread *t)
{
	const uint64_t limit = t->descriptors;

	if (__builtin_expect(limit != 0, 0))
		fj_descriptors_lower(limit);
	t->descriptors = 0;
	return limit;
}

void fj_descriptors_resume(struct fj_thread *t, uint64_t suspended)
{
	/* The handler may have set another limit: that is put back then. */
	if (__builtin_expect(suspended && t, 0))
		t->descriptors = fj_descriptors_raise();
}
