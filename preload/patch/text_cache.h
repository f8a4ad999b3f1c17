/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * text_cache.h - the sites of texts that the jail's processes map, in the jail's memory. Used by this
 * room. */
#ifndef FJ_TEXT_CACHE_H
#define FJ_TEXT_CACHE_H

#include <asm/stat.h>
#include <stdbool.h>
#include <stdint.h>

struct fj_site;
struct fj_sited_text;

/* What identifies a text: its file in its present state, and a part of that file. */
struct fj_text_key {
	struct stat st;
	uint64_t offset, len;
};

/* Is `t` the entry of the text that `k` identifies? */
bool fj_text_cache_is_same(const struct fj_sited_text *t, const struct fj_text_key *k);
/* The entry of that text, or NULL. */
struct fj_sited_text *fj_text_cache_find(const struct fj_text_key *k);
/* Which calls that change memory are among these sites: a set of FJ_SITES_UNMAP and FJ_SITES_PROTECT. */
uint32_t fj_sites_calls(const struct fj_site *site, uint32_t count);
/* How many of these sites change mappings without the engine seeing it (the filter lets such calls
 * pass). */
uint32_t fj_sites_changes(const struct fj_site *site, uint32_t count);
/* Add the text with its sites. Returns NULL if there is no room. */
struct fj_sited_text *fj_text_cache_add(
	const struct fj_text_key *k, const struct fj_site *site, uint32_t count);

/* trap_count.c: this process has mapped the text, at `start`. */
void fj_text_noted(uint64_t start, uint64_t len, struct fj_sited_text *text);

#endif
