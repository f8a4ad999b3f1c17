/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * sites.h - system calls in the text of a library, and how to make jumps of them. */
#ifndef FJ_DOOR_SITES_H
#define FJ_DOOR_SITES_H

#include "path/path.h"

#define FJ_SITES_WORK 65536u

/* Find the syscall instructions in `code`. At most `max` are written to `site`; `work` is
 * room to work in. Returns how many. Pure. */
uint32_t fj_sites_find(const uint8_t *code, size_t len, struct fj_site *site, uint32_t max,
	uint8_t work[FJ_SITES_WORK]);

/* The same for those of the usual form and with a number that is wanted: much quicker, and not all.
 */
uint32_t fj_sites_find_plain(const uint8_t *code, size_t len, bool (*is_wanted)(long nr),
	struct fj_site *site, uint32_t max);

/* The text at `start` was mapped from `fd` at `offset`, executable: make jumps of those of its
 * system calls that the engine wants to see. What cannot be changed stays with the trap. */
void fj_sites_patch(uint64_t start, uint64_t len, int fd, uint64_t offset);

#endif
