/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * stack.c - reads and changes the initial stack (ABI 3.4.1): argc, argv, NULL, envp, NULL, auxv. Called by
 * main.c and continue.c. */
#include "bytes/bytes.h"
#include "launch/loader.h"

#include <linux/auxvec.h>
#include <stddef.h>
#include <stdint.h>

void fj_stack_read(struct fj_stack *s, uint64_t *base)
{
	s->base = base;
	s->argc = (long)base[0];
	s->argv = (char **)(base + 1);
	s->envp = s->argv + s->argc + 1;
	for (s->envc = 0; s->envp[s->envc]; s->envc++)
		;
	s->auxv = (uint64_t *)(s->envp + s->envc + 1);
	for (s->auxv_pairs = 0; s->auxv[2 * s->auxv_pairs]; s->auxv_pairs++)
		;
	s->auxv_pairs++;
}

char *fj_stack_pop_env(struct fj_stack *s)
{
	char *last;

	if (!s->envc)
		return NULL;
	last = s->envp[--s->envc];
	s->envp[s->envc] = NULL;
	/* The auxiliary vector must follow the NULL: libc looks for it there. */
	memmove(s->auxv - 1, s->auxv, s->auxv_pairs * 16);
	s->auxv--;
	return last;
}

uint64_t fj_stack_aux(const struct fj_stack *s, uint64_t type)
{
	for (size_t i = 0; i < s->auxv_pairs; i++)
		if (s->auxv[2 * i] == type)
			return s->auxv[2 * i + 1];
	return 0;
}

void fj_stack_set_aux(struct fj_stack *s, uint64_t type, uint64_t value)
{
	for (size_t i = 0; i < s->auxv_pairs; i++)
		if (s->auxv[2 * i] == type) {
			s->auxv[2 * i + 1] = value;
			return;
		}
}
