/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * umask.c - umask(2): the mask that the process has, which the kernel tells only who changes it. */
#include "call/hooks.h"

static uint32_t mask_of_process;
static uint64_t mask_of_vfork_child; /* with its process id in the upper half */

uint32_t fj_umask(void)
{
	const uint64_t child = __atomic_load_n(&mask_of_vfork_child, __ATOMIC_RELAXED);

	if (__builtin_expect(child != 0, 0) && child >> 32 == (uint64_t)fj_sys0(__NR_getpid))
		return (uint32_t)child;
	return mask_of_process;
}

void fj_umask_start(uint32_t mask)
{
	mask_of_process = mask;
}

long fj_hook_umask(struct fj_call *c)
{
	const uint32_t mask = (uint32_t)c->arg[0] & 0777;

	if (mask != mask_of_process && fj_is_borrowed_memory())
		mask_of_vfork_child = (uint64_t)fj_sys0(__NR_getpid) << 32 | mask;
	else
		mask_of_process = mask;
	return fj_kernel(c);
}
