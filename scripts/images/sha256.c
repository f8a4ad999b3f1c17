/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * sha256.c - SHA-256 (FIPS 180-4), for blobs and layers. It uses the processor's own instructions
 * if there are any: a layer is hashed while it is unpacked, and the hash must not take most of the
 * time. Called by the other files of this tool. */
#include "images.h"

#include <immintrin.h>

static const uint32_t k[64] __attribute__((aligned(16))) = {0x428a2f98, 0x71374491, 0xb5c0fbcf,
	0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01,
	0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1,
	0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351,
	0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb,
	0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819,
	0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5,
	0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814,
	0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t turn(uint32_t x, unsigned n)
{
	return x >> n | x << (32 - n);
}

static void blocks_plain(uint32_t h[8], const unsigned char *p, size_t count)
{
	for (; count; count--, p += 64) {
		uint32_t w[64], s[8];

		for (unsigned i = 0; i < 16; i++)
			w[i] = (uint32_t)p[4 * i] << 24 | (uint32_t)p[4 * i + 1] << 16 |
			       (uint32_t)p[4 * i + 2] << 8 | p[4 * i + 3];
		for (unsigned i = 16; i < 64; i++)
			w[i] = w[i - 16] + w[i - 7] +
			       (turn(w[i - 15], 7) ^ turn(w[i - 15], 18) ^ w[i - 15] >> 3) +
			       (turn(w[i - 2], 17) ^ turn(w[i - 2], 19) ^ w[i - 2] >> 10);
		memcpy(s, h, sizeof(s));
		for (unsigned i = 0; i < 64; i++) {
			const uint32_t one = s[7] +
					     (turn(s[4], 6) ^ turn(s[4], 11) ^ turn(s[4], 25)) +
					     ((s[4] & s[5]) ^ (~s[4] & s[6])) + k[i] + w[i];
			const uint32_t two = (turn(s[0], 2) ^ turn(s[0], 13) ^ turn(s[0], 22)) +
					     ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));

			memmove(s + 1, s, 7 * sizeof(*s));
			s[4] += one;
			s[0] = one + two;
		}
		for (unsigned i = 0; i < 8; i++)
			h[i] += s[i];
	}
}

/* The registers hold ABEF and CDGH, as sha256rnds2 wants them. */
__attribute__((target("sha,sse4.1"))) static void blocks_fast(
	uint32_t h[8], const unsigned char *p, size_t count)
{
	const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0bll, 0x0405060700010203ll);
	__m128i low = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)h), 0xb1);
	__m128i high = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(h + 4)), 0x1b);
	__m128i abef = _mm_alignr_epi8(low, high, 8), cdgh = _mm_blend_epi16(high, low, 0xf0);

	for (; count; count--, p += 64) {
		const __m128i abef_before = abef, cdgh_before = cdgh;
		__m128i w[4];

		for (unsigned i = 0; i < 4; i++)
			w[i] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)p + i), swap);
		for (unsigned i = 0; i < 16; i++) {
			__m128i m;

			if (i >= 4) {
				__m128i *now = &w[i % 4];
				const __m128i last = w[(i + 3) % 4];

				m = _mm_add_epi32(_mm_sha256msg1_epu32(*now, w[(i + 1) % 4]),
					_mm_alignr_epi8(last, w[(i + 2) % 4], 4));
				*now = _mm_sha256msg2_epu32(m, last);
			}
			m = _mm_add_epi32(w[i % 4], _mm_load_si128((const __m128i *)(k + 4 * i)));
			cdgh = _mm_sha256rnds2_epu32(cdgh, abef, m);
			abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(m, 0x0e));
		}
		abef = _mm_add_epi32(abef, abef_before);
		cdgh = _mm_add_epi32(cdgh, cdgh_before);
	}
	low = _mm_shuffle_epi32(abef, 0x1b);
	high = _mm_shuffle_epi32(cdgh, 0xb1);
	_mm_storeu_si128((__m128i *)h, _mm_blend_epi16(low, high, 0xf0));
	_mm_storeu_si128((__m128i *)(h + 4), _mm_alignr_epi8(high, low, 8));
}

static bool is_fast(void)
{
	unsigned a = 7, b = 0, c = 0, d;

	__asm__("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	return (b >> 29 & 1) && __builtin_cpu_supports("sse4.1");
}

static void blocks(struct sha256 *s, const unsigned char *p, size_t count)
{
	static int fast = -1;

	if (fast < 0)
		fast = is_fast();
	(fast ? blocks_fast : blocks_plain)(s->h, p, count);
}

void sha256_begin(struct sha256 *s)
{
	static const uint32_t start[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
		0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

	memcpy(s->h, start, sizeof(start));
	s->size = 0;
}

void sha256_add(struct sha256 *s, const void *data, size_t size)
{
	const unsigned char *p = data;
	const size_t held = s->size % 64;

	s->size += size;
	if (held) {
		const size_t n = size < 64 - held ? size : 64 - held;

		memcpy(s->rest + held, p, n);
		p += n;
		size -= n;
		if (held + n < 64)
			return;
		blocks(s, s->rest, 1);
	}
	if (size >= 64)
		blocks(s, p, size / 64);
	memcpy(s->rest, p + size / 64 * 64, size % 64);
}

void sha256_end(struct sha256 *s, char text[DIGEST_MAX])
{
	const uint64_t bits = s->size * 8;
	unsigned char end[72] = {0x80};
	const size_t pad = (s->size % 64 < 56 ? 56 : 120) - s->size % 64;

	for (unsigned i = 0; i < 8; i++)
		end[pad + i] = (unsigned char)(bits >> (56 - 8 * i));
	sha256_add(s, end, pad + 8);
	strcpy(text, "sha256:");
	for (unsigned i = 0; i < 8; i++)
		sprintf(text + 7 + 8 * i, "%08x", s->h[i]);
}

bool is_digest(const char *text)
{
	return !strncmp(text, "sha256:", 7) && strspn(text + 7, "0123456789abcdef") == 64 &&
	       strlen(text) == 71;
}
