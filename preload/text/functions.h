/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * functions.h - the functions that an ELF file lists in its symbols and tables. Called by certain.c. */
#ifndef FJ_DOOR_FUNCTIONS_H
#define FJ_DOOR_FUNCTIONS_H

#include <stdbool.h>
#include <stdint.h>

struct fj_frames;

/* Called for each function: it lies in the file from offset `from` to `end`. */
typedef void fj_function_found(void *data, uint64_t from, uint64_t end);

/* Call `found` for each function in the symbol tables and in Go's own table. Also for those in .eh_frame, if
 * this has no sorted table for fj_frames_function(). The file may hold anything: a function may lie outside
 * it. */
void fj_functions_each(const struct fj_frames *f, fj_function_found *found, void *data);

/* The file offset of the program's entry point. False: it has none. */
bool fj_functions_entry(const struct fj_frames *f, uint64_t *offset);

#endif
