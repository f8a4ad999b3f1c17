/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * str.h - strings and bytes of memory. For all rooms. */
#ifndef FJ_STR_H
#define FJ_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The compiler itself calls these four; freestanding code must have them (GCC manual,
 * Standards). */
void *memcpy(void *dst, const void *src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int byte, size_t n);
int memcmp(const void *a, const void *b, size_t n);
/* With -ffreestanding the compiler does not know these functions. The built-in ones turn a small
 * copy of known size into a few moves. */
#define memcpy(dst, src, n) __builtin_memcpy(dst, src, n)
#define memset(dst, byte, n) __builtin_memset(dst, byte, n)
#define memcmp(a, b, n) __builtin_memcmp(a, b, n)

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
/* Are the two strings equal? */
bool fj_streq(const char *a, const char *b);
/* Does `s` begin with the string `with`? */
bool fj_begins(const char *s, const char *with);
/* Is `s` equal to, or a path below, `dir` ("" is the root: everything is below it)? */
bool fj_path_has_prefix(const char *s, const char *dir);

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
	memcpy(s->at + s->len, text, n);
	s->len += n;
	s->at[s->len] = 0;
}
static inline void fj_str_put(struct fj_str *s, const char *text)
{
	fj_str_add(s, text, fj_strlen(text));
}
/* Appends a number in base 8, 10 or 16, without prefix. */
void fj_str_num(struct fj_str *s, uint64_t value, unsigned base);
/* Shortens the string to `len` bytes. */
void fj_str_cut(struct fj_str *s, size_t len);

#endif
