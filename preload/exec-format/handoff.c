/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * handoff.c - the string that passes a process's state through execve(2). Called by exec/ and the
 * loader. */
#include "bytes/len.h"
#include "bytes/str.h"
#include "exec-format/exec.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void fj_handoff_write(struct fj_str *out, struct fj_handoff *h, const char *nested, const char *exe,
	const char *execfn, const char *ids)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *bytes = (const unsigned char *)h;
	char hex[2 * sizeof(*h)];

	h->version = FJ_HANDOFF_VERSION;
	h->nested_len = (uint32_t)fj_strlen(nested);
	h->exe_len = (uint32_t)fj_strlen(exe);
	h->execfn_len = (uint32_t)fj_strlen(execfn);
	h->ids_len = (uint32_t)fj_strlen(ids);
	fj_str_put(out, FJ_HANDOFF_PREFIX);
	for (size_t i = 0; i < sizeof(*h); i++) {
		hex[2 * i] = digits[bytes[i] >> 4];
		hex[2 * i + 1] = digits[bytes[i] & 15];
	}
	fj_str_add(out, hex, sizeof(hex));
	fj_str_put(out, nested);
	fj_str_put(out, exe);
	fj_str_put(out, ids);
	fj_str_put(out, execfn); /* last: the program reads it here, up to its NUL */
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool fj_handoff_read(const char *text, struct fj_handoff *h, const char **nested, const char **exe,
	const char **execfn)
{
	unsigned char *bytes = (unsigned char *)h;
	const size_t prefix_len = sizeof(FJ_HANDOFF_PREFIX) - 1;

	for (size_t i = 0; i < prefix_len; i++)
		if (text[i] != FJ_HANDOFF_PREFIX[i])
			return false;
	text += prefix_len;
	for (size_t i = 0; i < sizeof(*h); i++, text += 2) {
		const int high = hex_digit(text[0]), low = high < 0 ? -1 : hex_digit(text[1]);

		if (low < 0)
			return false;
		bytes[i] = (unsigned char)(high * 16 + low);
	}
	if (h->version != FJ_HANDOFF_VERSION ||
		fj_strlen(text) != (size_t)h->nested_len + h->exe_len + h->execfn_len + h->ids_len)
		return false;
	*nested = text;
	*exe = text + h->nested_len;
	*execfn = *exe + h->exe_len + h->ids_len;
	return true;
}
