/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * frames.h - is a place in a text an instruction of a function? Uses the function list that an ELF file has
 * for unwinding. Called by certain.c, functions.c and patch/sites.c. */
#ifndef FJ_DOOR_FRAMES_H
#define FJ_DOOR_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A segment. File offset = address as linked + `to_offset`. */
struct fj_frames_load {
	uint64_t address, len, to_offset;
};
/* ld(1) makes four or five. If there are more, the headers are read each time. */
#define FJ_FRAMES_LOADS 8

struct fj_frames {
	const uint8_t *file;
	size_t len;
	struct fj_frames_load load[FJ_FRAMES_LOADS];
	uint32_t loads;	      /* if more than FJ_FRAMES_LOADS, not all are stored */
	const uint8_t *table; /* the table of .eh_frame_hdr: sorted pairs of 4 bytes; NULL: none */
	uint32_t count;
	uint64_t table_at; /* address of .eh_frame_hdr, as linked */
};

/* Find the function list of an ELF file. The whole file is at `file`; it may hold anything. */
void fj_frames_find(struct fj_frames *f, const uint8_t *file, size_t len);

/* Is there an instruction of a listed function at `offset` of the file? True if there is no list. */
bool fj_frames_cover(const struct fj_frames *f, uint64_t offset);

/* The listed function that contains `offset`: its beginning and end in the file. False: none. */
bool fj_frames_function(const struct fj_frames *f, uint64_t offset, uint64_t *from, uint64_t *end);

/* Copy `len` bytes of the file at `offset`. False: the file is too short. */
bool fj_frames_read(const struct fj_frames *f, uint64_t offset, void *to, size_t len);

/* The file offset of the address `address` as linked. False: no segment has it. */
bool fj_frames_offset_of(const struct fj_frames *f, uint64_t address, uint64_t *offset);

/* Does the CIE at offset `at` encode the beginning of functions as pcrel sdata4, as is usual on x86-64 (LSB
 * Core, 10.6.1)? */
bool fj_frames_is_known_cie(const struct fj_frames *f, uint64_t at);

#endif
