/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * len.h - the length of a string. For all rooms. */
#ifndef FJ_LEN_H
#define FJ_LEN_H

#include <stddef.h>

static inline size_t fj_strlen(const char *s)
{
	size_t n = 0;

	while (s[n])
		n++;
	return n;
}
/* The length of a text, as fj_strlen(), eight bytes at a time: for longer ones. Reads the rest of the last
 * eight bytes at an aligned address, which lie in the same page. */
size_t fj_text_len(const char *s);

#endif
