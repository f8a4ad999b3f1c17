/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * scratch.c - scratch memory: what is not in line. Called by all rooms. */
#include "sys/scratch.h"

#include "bytes/len.h"
#include "bytes/str.h"
#include "sys/assert.h"
#include "sys/scratch_mark.h"
#include "sys/scratch_str.h"

_Static_assert(FJ_SCRATCH_AT + offsetof(struct fj_scratch, used) == FJ_SCRATCH_USED_AT,
	"a mark is how much is used");

_Noreturn void fj_scratch_exhausted(void)
{
	fj_die(__FILE__, __LINE__, "there is scratch memory");
}

void fj_scratch_str(struct fj_thread *t, struct fj_str *s, size_t size)
{
	fj_str_init(s, fj_scratch(t, size + 8), size);
}

char *fj_scratch_text(struct fj_thread *t, const char *text, size_t len, const char *end)
{
	struct fj_str s;

	fj_scratch_str(t, &s, len + fj_strlen(end) + 1);
	fj_str_add(&s, text, len);
	fj_str_put(&s, end);
	return s.at;
}

char *fj_scratch_joined(struct fj_thread *t, const char *text, const char *end)
{
	return fj_scratch_text(t, text, fj_strlen(text), end);
}
