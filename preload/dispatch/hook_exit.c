/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hook_exit.c - the end of a process, as far as the jail has to know of it. Called through the table. */
#include "call/call.h"
#include "call/condition.h"
#include "call/ending.h"
#include "call/hooks.h"
#include "private/private.h"

/* (The filter lets most ends pass: call/ending.c.) The last process removes the private directories. */
long fj_hook_exit(struct fj_call *c)
{
	if (__builtin_expect(fj_private()->base != 0, 0))
		fj_ending_leave(c->thread);
	return (uint32_t)c->arg[0] == FJ_MISSING ? fj_hook_exit_127(c) : fj_kernel(c);
}
