/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * umask.c - umask(2): the mask that the process has, which the kernel tells only who changes it. */
#include "sys/part.h"
#include "call/call.h"
#include "call/translate.h"
#include "call/hooks.h"

#include <linux/kcmp.h>

static FJ_OF_PROCESS struct fj_part part;
static FJ_OF_PROCESS uint32_t mask_of_process;

uint32_t fj_umask(void)
{
	return *fj_mine(&part, &mask_of_process);
}

void fj_umask_start(uint32_t mask)
{
	mask_of_process = mask;
}

long fj_hook_umask(struct fj_call *c)
{
	const uint32_t mask = (uint32_t)c->arg[0] & 0777;
	uint32_t *own;

	if (mask != fj_umask()) {
		own = fj_mine_to_change(&part, &mask_of_process, KCMP_FS);
		if (own) /* else it is the kernel's alone: umask(2) cannot fail */
			*own = mask;
	}
	return fj_kernel(c);
}
