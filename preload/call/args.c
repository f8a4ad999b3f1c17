/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * args.c - what hooks ask of the arguments of their call. */
#include "call/call.h"
#include "sys/guest.h"

FJ_HOT char *fj_arg_path(struct fj_call *c, int i, long *error)
{
	char *copy;
	long n;

	*error = 0;
	if (!c->arg[i])
		return NULL;
	copy = fj_scratch_path(c->thread);
	n = fj_guest_string(copy, c->arg[i], FJ_PATH_MAX);
	if (n > 0) {
		c->path_len = (size_t)n;
		fj_scratch_trim(c->thread, copy, (size_t)n + 1);
		return copy;
	}
	*error = n;
	return NULL;
}
