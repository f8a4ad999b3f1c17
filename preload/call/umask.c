/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * umask.c - umask(2): the mask of the process, which the kernel tells only to a caller that changes
 * it. Called through the table, and by rooms that make files. */
#include "call/umask.h"

#include "call/call.h"
#include "call/hooks.h"
#include "sys/process.h"

#include <linux/kcmp.h>

uint32_t fj_umask(void)
{
	return ((const struct fj_umask *)fj_process_at(FJ_UMASK_AT))->mask;
}

void fj_umask_start(uint32_t mask)
{
	((struct fj_umask *)fj_process_section(FJ_UMASK_AT))->mask = mask;
}

long fj_hook_umask(struct fj_call *c)
{
	const uint32_t mask = (uint32_t)c->arg[0] & 0777;
	struct fj_umask *own;

	if (mask != fj_umask()) {
		own = fj_process_to_change(fj_umask, FJ_UMASK_AT, KCMP_FS);
		if (own) /* else only the kernel has it: umask(2) cannot fail */
			own->mask = mask;
	}
	return fj_kernel(c);
}
