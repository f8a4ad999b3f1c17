/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * fact_value.h - copies the value of a fact while others may write it. For code that has looked one up. */
#ifndef FJ_FACT_VALUE_H
#define FJ_FACT_VALUE_H

#include "bytes/str.h"
#include "facts/facts.h"

#include <stddef.h>

/* Appends the value of a fact whose key has `key_len` bytes. The length may have changed since
 * fj_facts_look(): never read beyond the text. */
static inline void fj_fact_value(const struct fj_fact *f, size_t key_len, struct fj_str *out)
{
	const size_t len = __atomic_load_n(&f->value_len, __ATOMIC_RELAXED);

	if (key_len + len < FJ_FACT_TEXT)
		fj_str_add(out, f->text + key_len, len);
}

#endif
