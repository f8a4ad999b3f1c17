/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * certain.h - which sites are instructions for certain. */
#ifndef FJ_DOOR_CERTAIN_H
#define FJ_DOOR_CERTAIN_H

#include <stdint.h>

struct fj_site;

/* The text that its sites were found in: a part of an ELF file, which may hold anything. */
struct fj_certain_text {
	const uint8_t *file;
	uint64_t file_len;
	uint64_t offset, len; /* of the text in the file */
};

/* Keep those of `site`, sorted, whose bytes are known to be whole instructions from where a
 * function begins. `work` is FJ_FLOW_WORK(len) zeros. Returns how many. Pure. */
uint32_t fj_certain_keep(
	const struct fj_certain_text *t, struct fj_site *site, uint32_t count, void *work);

/* The first byte of it that is moved, or the call itself. */
uint64_t fj_certain_first(const struct fj_site *s);

#endif
