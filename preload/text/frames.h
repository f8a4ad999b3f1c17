/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * frames.h - is this place in a text an instruction of a function? */
#ifndef FJ_DOOR_FRAMES_H
#define FJ_DOOR_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A segment: addresses as linked are `to_offset` away from offsets in the file. */
struct fj_frames_load {
	uint64_t address, len, to_offset;
};
/* ld(1) makes four or five. With more, the headers are read each time. */
#define FJ_FRAMES_LOADS 8

struct fj_frames {
	const uint8_t *file;
	size_t len;
	struct fj_frames_load load[FJ_FRAMES_LOADS];
	uint32_t loads;	      /* more than there is room for: not all are here */
	const uint8_t *table; /* of .eh_frame_hdr: pairs of 4 bytes, sorted; NULL: it has none */
	uint32_t count;
	uint64_t table_at; /* address of .eh_frame_hdr, as linked */
};

/* Find the list of functions in an ELF file, which lies at `file` whole and may hold anything. */
void fj_frames_find(struct fj_frames *f, const uint8_t *file, size_t len);

/* Is there an instruction at `offset` of the file, of a function that is in the list? Where there
 * is no list: true. */
bool fj_frames_cover(const struct fj_frames *f, uint64_t offset);

/* The function of that list in which `offset` lies: where it begins and ends in the file. */
bool fj_frames_function(const struct fj_frames *f, uint64_t offset, uint64_t *from, uint64_t *end);

/* Copy `len` bytes of the file. False: it has not so many. */
bool fj_frames_read(const struct fj_frames *f, uint64_t offset, void *to, size_t len);

/* Where in the file is what is linked at `address`? */
bool fj_frames_offset_of(const struct fj_frames *f, uint64_t address, uint64_t *offset);

/* Do the functions of the CIE at the offset `at` begin at pcrel sdata4, as those of x86-64 do? (LSB
 * Core, 10.6.1) */
bool fj_frames_is_known_cie(const struct fj_frames *f, uint64_t at);

#endif
