/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * certain.h - which sites are certain to be instructions. Called by patch/sites.c. */
#ifndef FJ_DOOR_CERTAIN_H
#define FJ_DOOR_CERTAIN_H

#include <stdint.h>

struct fj_site;

/* The text in which sites were found: a part of an ELF file. The file may hold anything. */
struct fj_certain_text {
	const uint8_t *file;
	uint64_t file_len;
	uint64_t offset, len; /* of the text in the file */
};

/* Keep those sites of `site` (sorted) whose bytes are certain to be whole instructions, reached from the
 * beginning of a function. `work` is FJ_FLOW_WORK(t->len) bytes of zeros. Returns how many are kept.
 * Pure. */
uint32_t fj_certain_keep(
	const struct fj_certain_text *t, struct fj_site *site, uint32_t count, void *work);

/* The offset of the first byte that is moved for the site, or of the call itself. */
uint64_t fj_certain_first(const struct fj_site *s);

#endif
