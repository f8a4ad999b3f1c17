/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * frames.h - is this place in a text an instruction of a function? */
#ifndef FJ_DOOR_FRAMES_H
#define FJ_DOOR_FRAMES_H

#include "sys/sys.h"

struct fj_frames {
	const uint8_t *file; /* NULL: nothing is known of its functions */
	size_t len;
	const uint8_t *table; /* of .eh_frame_hdr: pairs of 4 bytes, sorted */
	uint32_t count;
	uint64_t table_at; /* address of .eh_frame_hdr, as linked */
};

/* Find the list of functions in an ELF file, which lies at `file` whole and may hold anything. */
void fj_frames_find(struct fj_frames *f, const uint8_t *file, size_t len);

/* Is there an instruction at `offset` of the file, of a function that is in the list? Where there
 * is no list: true. */
bool fj_frames_cover(const struct fj_frames *f, uint64_t offset);

#endif
