/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * mem.c - the four functions that compilers call by themselves.
 *
 * Not part of the hosted build, which has libc's. "rep movsb" is fast on every x86_64 of the last
 * ten years (CPUID ERMS) and needs no vector registers, which are the program's. */
#include "bytes/bytes.h"
#include "bytes/copy.h"

#include <stddef.h>
#include <stdint.h>

#undef memcpy
#undef memset
#undef memcmp

static uint64_t load_8_bytes(const void *p)
{
	uint64_t word;

	__builtin_memcpy(&word, p, sizeof(word));
	return word;
}
static void store_8_bytes(void *p, uint64_t word)
{
	__builtin_memcpy(p, &word, sizeof(word));
}
static uint32_t load_4_bytes(const void *p)
{
	uint32_t word;

	__builtin_memcpy(&word, p, sizeof(word));
	return word;
}
static void store_4_bytes(void *p, uint32_t word)
{
	__builtin_memcpy(p, &word, sizeof(word));
}

/* Most copies are names and results of stat(2): for these `rep movsb` takes longer to begin than
 * the loop to end. */
void *memcpy(void *dst, const void *src, size_t n)
{
	void *to = dst;

	if (n >= 8 && n <= 256) {
		const uint64_t last = load_8_bytes((const char *)src + n - 8);

		for (size_t i = 0; i + 8 < n; i += 8)
			store_8_bytes((char *)dst + i, load_8_bytes((const char *)src + i));
		store_8_bytes((char *)dst + n - 8, last);
		return dst;
	}
	if (n >= 4 && n < 8) {
		const uint32_t first = load_4_bytes(src),
			       last = load_4_bytes((const char *)src + n - 4);

		store_4_bytes(dst, first);
		store_4_bytes((char *)dst + n - 4, last);
		return dst;
	}
	if (n < 4) {
		for (size_t i = 0; i < n; i++)
			((volatile char *)dst)[i] = ((const char *)
					src)[i]; /* volatile, or the compiler calls memcpy for it */
		return dst;
	}
	__asm__ volatile("rep movsb" : "+D"(to), "+S"(src), "+c"(n) : : "memory");
	return dst;
}

void *memmove(void *dst, const void *src, size_t n)
{
	char *to = dst;
	const char *from = src;

	if (to <= from || to >= from + n)
		return memcpy(dst, src, n);
	while (n--)
		to[n] = from[n];
	return dst;
}

void *memset(void *dst, int byte, size_t n)
{
	void *to = dst;

	__asm__ volatile("rep stosb" : "+D"(to), "+c"(n) : "a"(byte) : "memory");
	return dst;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const unsigned char *x = a, *y = b;

	for (; n; n--, x++, y++)
		if (*x != *y)
			return *x - *y;
	return 0;
}
