/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * text_cache.h - what the jail's memory has of the texts that its processes map. */
#ifndef FJ_TEXT_CACHE_H
#define FJ_TEXT_CACHE_H

#include <asm/stat.h>
#include <stdbool.h>
#include <stdint.h>

struct fj_site;
struct fj_sited_text;

/* What a text is known by: its file as it is now, and which part of that. */
struct fj_text_key {
	struct stat st;
	uint64_t offset, len;
};

bool fj_text_cache_is_same(const struct fj_sited_text *t, const struct fj_text_key *k);
/* The text that is kept with its sites; NULL: none. */
struct fj_sited_text *fj_text_cache_find(const struct fj_text_key *k);
/* Which changes of memory are among these sites: FJ_SITES_UNMAP, FJ_SITES_PROTECT. */
uint32_t fj_sites_calls(const struct fj_site *site, uint32_t count);
/* How many of them change what is mapped, which the filter lets pass. */
uint32_t fj_sites_changes(const struct fj_site *site, uint32_t count);
/* Keep it. NULL: no room. */
struct fj_sited_text *fj_text_cache_add(
	const struct fj_text_key *k, const struct fj_site *site, uint32_t count);

/* It is mapped in this process from now on (trap_count.c). */
void fj_text_noted(uint64_t start, uint64_t len, struct fj_sited_text *text);

#endif
