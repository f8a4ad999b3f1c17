/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * fuzz_sites.c - the text of a library, which may be no code at all (text/find.c, text/decode.c).
 */
#include "text/sites.h"

#include "fuzz.h"

#include <string.h>

static bool any(long nr)
{
	return nr >= 0;
}

/* Is there a `mov $nr,%eax` right before the call at `at`? Then nothing else is to be known of it.
 */
static bool is_plain(const uint8_t *code, size_t at)
{
	return at > 5 && code[at] == 0x0f && code[at + 1] == 0x05 && code[at - 5] == 0xb8 &&
	       code[at - 4] < 0xb8 && code[at - 3] < 2 && !code[at - 2] && !code[at - 1] &&
	       (code[at - 6] & 0xf0) != 0x40;
}

/* None of these is passed over, wherever it lies among its neighbours. */
static void claim_all_found(
	const uint8_t *code, size_t size, const struct fj_site *site, uint32_t count)
{
	uint32_t i = 0;

	for (size_t at = 0; at + 2 <= size; at++) {
		if (!is_plain(code, at))
			continue;
		while (i < count && site[i].at < at)
			i++;
		fuzz_claim(i < count ? site[i].at == at : count == 64);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fj_site site[64];
	uint8_t *work = calloc(FJ_SITES_WORK(size), 1);
	uint8_t *code = malloc(size ? size : 1);
	uint32_t count;

	memcpy(code, data, size);
	count = fj_sites_find(code, size, site, 64, work);
	fuzz_claim(count <= 64);
	for (uint32_t i = 0; i < count; i++) {
		const struct fj_site *s = &site[i];

		fuzz_claim(s->at + 2 <= size);
		fuzz_claim(code[s->at] == 0x0f && code[s->at + 1] == 0x05);
		/* What a jump replaces lies within, and is long enough for one. */
		if (s->kind == FJ_SITE_BEFORE)
			fuzz_claim(s->moved >= 5 && s->moved <= s->at);
		if (s->kind == FJ_SITE_BEHIND)
			fuzz_claim((s->moved >= 5 && s->at + s->moved <= size) ||
				   (s->moved == 4 &&
					   s->at + 5 <= size)); /* ret, and a byte of padding */
		if (i)
			fuzz_claim(s->at > site[i - 1].at);
	}
	count = fj_sites_find_numbers(code, size, any, true, site, 64);
	fuzz_claim(count <= 64);
	for (uint32_t i = 0; i < count; i++) {
		const struct fj_site *s = &site[i];

		fuzz_claim(s->at + 2 <= size);
		fuzz_claim(code[s->at] == 0x0f && code[s->at + 1] == 0x05);
		if (s->kind != FJ_SITE_NUMBER) {
			fuzz_claim(s->kind == FJ_SITE_BEFORE && s->nr < 0 && s->moved >= 5 &&
				   s->moved <= 16 && s->at >= s->moved);
			continue;
		}
		fuzz_claim(s->moved >= 5 && s->moved <= FJ_SITE_MOVED_MAX && s->moved < s->at);
		fuzz_claim(code[s->at - s->moved] == 0xb8);
		fuzz_claim(code[s->at - s->moved + 1] == (uint8_t)s->nr);
	}
	claim_all_found(code, size, site, count);
	free(code);
	free(work);
	return 0;
}
