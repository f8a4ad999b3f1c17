/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hash.h - hashes of names, and a quick comparison of names. For rooms that keep tables. */
#ifndef FJ_HASH_H
#define FJ_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A hash of `n` bytes, beginning with `seed`: similar to FNV-1a, eight bytes at a time. Not for
 * keys that somebody could choose to collide. Files contain it, so it must not change. */
#define FJ_HASH_SEED 0xcbf29ce484222325UL
uint64_t fj_hash(const char *s, size_t n, uint64_t seed);

/* The eight bytes at `s`. */
static inline uint64_t fj_load8(const char *s)
{
	uint64_t word;

	__builtin_memcpy(&word, s, sizeof(word));
	return word;
}
/* Zero if no byte of `word` is zero. Otherwise the lowest bit belongs to the first such byte, and is its
 * highest one (Warren, Hacker's Delight, 6-1). */
static inline uint64_t fj_zero_bytes(uint64_t word)
{
	const uint64_t ones = 0x0101010101010101UL;

	return (word - ones) & ~word & ones << 7;
}
/* The `n` bytes at `s`, fewer than eight: they are read as two overlapping halves, so that no loop is
 * needed. */
static inline uint64_t fj_load_tail(const char *s, size_t n)
{
	uint32_t first, last;

	if (n >= 4) {
		__builtin_memcpy(&first, s, sizeof(first));
		__builtin_memcpy(&last, s + n - sizeof(last), sizeof(last));
		return first | (uint64_t)last << 32;
	}
	return n ? (uint64_t)(unsigned char)s[0] | (uint64_t)(unsigned char)s[n / 2] << 8 |
			       (uint64_t)(unsigned char)s[n - 1] << 16 :
		   0;
}
/* A hash for tables in memory. Names are short, and each lookup makes some hashes. */
static inline uint64_t fj_hash_quick(const char *s, size_t n)
{
	uint64_t h = n;

	for (; n > 8; s += 8, n -= 8) {
		h = (h ^ fj_load8(s)) * 0x9e3779b97f4a7c15UL;
		h ^= h >> 32;
	}
	h = (h ^ (n == 8 ? fj_load8(s) : fj_load_tail(s, n))) * 0x9e3779b97f4a7c15UL;
	h = (h ^ h >> 32) * 0x9e3779b97f4a7c15UL; /* similar names differ in their last bytes */
	return h ^ h >> 32;
}
/* `hash` with one more number mixed in. */
static inline uint64_t fj_mix(uint64_t hash, uint64_t number)
{
	hash = (hash ^ hash >> 32 ^ number) * 0x9e3779b97f4a7c15UL;
	return hash ^ hash >> 32;
}
/* Are the `n` bytes at `a` those at `b`? */
static inline bool fj_same(const char *a, const char *b, size_t n)
{
	for (; n > 8; a += 8, b += 8, n -= 8)
		if (fj_load8(a) != fj_load8(b))
			return false;
	return n == 8 ? fj_load8(a) == fj_load8(b) : fj_load_tail(a, n) == fj_load_tail(b, n);
}

#endif
