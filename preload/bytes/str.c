/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * str.c - strings: building in a buffer, comparing, hashing. Called by all rooms. */
#include "bytes/str.h"

#include "bytes/copy.h"
#include "bytes/equal.h"
#include "bytes/format.h"
#include "bytes/hash.h"
#include "bytes/len.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint64_t __attribute__((may_alias)) aligned_word;

/* Not instrumented: the sanitizers know only the text, not the whole of its last word. */
__attribute__((hot, noinline, no_sanitize("address"))) size_t fj_text_len(const char *s)
{
	const unsigned before = (uintptr_t)s % sizeof(aligned_word);
	const aligned_word *at = (const aligned_word *)((uintptr_t)s - before);
	uint64_t word = *at | ((1UL << 8 * before) - 1), zeros;

	while (!(zeros = fj_zero_bytes(word)))
		word = *++at;
	return (size_t)((const char *)at - s) + (unsigned)__builtin_ctzl(zeros) / 8;
}

bool fj_streq(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

bool fj_is_text(const char *s, size_t n, const char *text)
{
	for (; n && *text && *s == *text; n--)
		s++, text++;
	return !n && !*text;
}

const char *fj_after(const char *s, const char *with)
{
	while (*with)
		if (*s++ != *with++)
			return NULL;
	return s;
}

bool fj_begins(const char *s, const char *with)
{
	return fj_after(s, with);
}

bool fj_path_has_prefix(const char *s, const char *dir)
{
	while (*dir && *s == *dir)
		s++, dir++;
	return !*dir && (!*s || *s == '/');
}

uint64_t fj_hash(const char *s, size_t n, uint64_t seed)
{
	uint64_t word;

	for (; n >= sizeof(word); s += sizeof(word), n -= sizeof(word)) {
		memcpy(&word, s, sizeof(word));
		seed = (seed ^ word) * 0x9e3779b97f4a7c15UL;
		seed ^= seed >> 32;
	}
	for (; n; s++, n--)
		seed = (seed ^ (unsigned char)*s) * 0x100000001b3UL;
	return seed ^ seed >> 29;
}

void fj_str_num(struct fj_str *s, uint64_t value, unsigned base)
{
	char digits[22]; /* of 2^64 in base 8, the longest */
	size_t n = sizeof(digits);

	do {
		digits[--n] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	fj_str_add(s, digits + n, sizeof(digits) - n);
}

void fj_str_cut(struct fj_str *s, size_t len)
{
	s->len = len;
	s->at[len] = 0;
}

size_t fj_format(char *out, size_t size, const char *format, ...)
{
	struct fj_str s;
	va_list args;

	fj_str_init(&s, out, size);
	va_start(args, format);
	for (const char *f = format; *f; f++) {
		if (*f != '%') {
			fj_str_add(&s, f, 1);
		} else if (*++f == 's') {
			fj_str_put(&s, va_arg(args, const char *));
		} else if (*f == 'u') {
			fj_str_num(&s, va_arg(args, unsigned), 10);
		} else {
			const int n = va_arg(args, int);

			fj_str_add(&s, va_arg(args, const char *), (size_t)n);
			f += sizeof("*s") - 1;
		}
	}
	va_end(args);
	return s.overflowed ? size : s.len;
}
