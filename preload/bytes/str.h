/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * str.h - a string in a buffer. For all rooms. */
#ifndef FJ_STR_H
#define FJ_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A string in a buffer of fixed size, always NUL terminated. What does not fit is not added, and
 * `overflowed` says so. */
struct fj_str {
	char *at;
	size_t len, size;
	bool overflowed;
};
/* Makes an empty string in `buf` of `size` bytes, at least 1. */
static inline void fj_str_init(struct fj_str *s, char *buf, size_t size)
{
	*s = (struct fj_str){.at = buf, .size = size};
	buf[0] = 0;
}
/* Appends `n` bytes. */
static inline void fj_str_add(struct fj_str *s, const char *text, size_t n)
{
	if (s->len + n >= s->size) {
		s->overflowed = true;
		return;
	}
	__builtin_memcpy(s->at + s->len, text, n);
	s->len += n;
	s->at[s->len] = 0;
}
static inline void fj_str_put(struct fj_str *s, const char *text)
{
	size_t n = 0;

	while (text[n])
		n++;
	fj_str_add(s, text, n);
}
/* Appends a number in base 8, 10 or 16, without prefix. */
void fj_str_num(struct fj_str *s, uint64_t value, unsigned base);
/* Shortens the string to `len` bytes. */
void fj_str_cut(struct fj_str *s, size_t len);

#endif
