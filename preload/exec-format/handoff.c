/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * handoff.c - the string that passes a process's state through execve(2). Called by exec/ and the
 * loader. */
#include "bytes/copy.h"
#include "bytes/len.h"
#include "bytes/str.h"
#include "exec-format/exec.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Four bytes, and their eight hexadecimal digits, are converted at once, since each start reads hundreds of digits and
 * each exec writes them. The processor is little-endian: the first digit is the lowest byte. */
#define AT_ONCE 4u
#define EACH 0x0101010101010101UL
#define EACH_SECOND 0x0001000100010001UL
_Static_assert(sizeof(struct fj_handoff) % AT_ONCE == 0, "it is written in whole words");

/* Each half of the four bytes in a byte of its own, in the order of the digits. */
static inline uint64_t nibbles_of(uint32_t four)
{
	uint64_t t = four;

	t = (t | t << 16) & 0x0000ffff0000ffffUL;
	t = (t | t << 8) & 255 * EACH_SECOND;
	return (t >> 4 & 15 * EACH_SECOND) | (t & 15 * EACH_SECOND) << 8;
}

static inline uint32_t bytes_of(uint64_t nibbles)
{
	uint64_t t = (nibbles & 15 * EACH_SECOND) << 4 | (nibbles >> 8 & 15 * EACH_SECOND);

	t = (t | t >> 8) & 0x0000ffff0000ffffUL;
	return (uint32_t)(t | t >> 16);
}

static inline uint64_t digits_of(uint64_t nibbles)
{
	const uint64_t letters = (nibbles + 6 * EACH) >> 4 & EACH;

	return nibbles + '0' * EACH + ('a' - '0' - 10) * letters;
}

void fj_handoff_write(struct fj_str *out, struct fj_handoff *h, const char *nested, const char *exe,
	const char *execfn, const char *ids)
{
	const unsigned char *bytes = (const unsigned char *)h;
	char hex[2 * sizeof(*h)];

	h->version = FJ_HANDOFF_VERSION;
	h->nested_len = (uint32_t)fj_strlen(nested);
	h->exe_len = (uint32_t)fj_strlen(exe);
	h->execfn_len = (uint32_t)fj_strlen(execfn);
	h->ids_len = (uint32_t)fj_strlen(ids);
	fj_str_put(out, FJ_HANDOFF_PREFIX);
	for (size_t i = 0; i < sizeof(*h); i += AT_ONCE) {
		uint32_t four;
		uint64_t eight;

		memcpy(&four, bytes + i, sizeof(four));
		eight = digits_of(nibbles_of(four));
		memcpy(hex + 2 * i, &eight, sizeof(eight));
	}
	fj_str_add(out, hex, sizeof(hex));
	fj_str_put(out, nested);
	fj_str_put(out, exe);
	fj_str_put(out, ids);
	fj_str_put(out, execfn); /* last: the program reads it here, up to its NUL */
}

bool fj_handoff_read(const char *text, struct fj_handoff *h, const char **nested, const char **exe,
	const char **execfn)
{
	unsigned char *bytes = (unsigned char *)h;
	const size_t prefix_len = sizeof(FJ_HANDOFF_PREFIX) - 1;
	size_t len;

	for (size_t i = 0; i < prefix_len; i++)
		if (text[i] != FJ_HANDOFF_PREFIX[i])
			return false;
	text += prefix_len;
	len = fj_text_len(text);
	if (len < 2 * sizeof(*h))
		return false;
	for (size_t i = 0; i < sizeof(*h); i += AT_ONCE, text += 2 * AT_ONCE) {
		uint64_t eight, nibbles;
		uint32_t four;

		memcpy(&eight, text, sizeof(eight));
		/* Of a letter the low bits are 1 to 6, and bit 6 is set. */
		nibbles = ((eight & 15 * EACH) + 9 * (eight >> 6 & EACH)) & 15 * EACH;
		if (digits_of(nibbles) != eight)
			return false;
		four = bytes_of(nibbles);
		memcpy(bytes + i, &four, sizeof(four));
	}
	if (h->version != FJ_HANDOFF_VERSION ||
		len - 2 * sizeof(*h) !=
			(size_t)h->nested_len + h->exe_len + h->execfn_len + h->ids_len)
		return false;
	*nested = text;
	*exe = text + h->nested_len;
	*execfn = *exe + h->exe_len + h->ids_len;
	return true;
}
