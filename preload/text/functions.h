/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * functions.h - the functions that an ELF file lists. */
#ifndef FJ_DOOR_FUNCTIONS_H
#define FJ_DOOR_FUNCTIONS_H

#include <stdbool.h>
#include <stdint.h>

struct fj_frames;

/* Is told of a function from the offset `from` of the file up to `end`. */
typedef void fj_function_told(void *data, uint64_t from, uint64_t end);

/* Tell of all in the tables of symbols and in Go's own table; and in .eh_frame, where that has no
 * sorted table, by which fj_frames_function() knows them. The file may hold anything: what is told
 * may lie outside it. */
void fj_functions_each(const struct fj_frames *f, fj_function_told *told, void *data);

/* Where a program begins to run: its entry, as an offset of the file. False: it has none. */
bool fj_functions_entry(const struct fj_frames *f, uint64_t *offset);

#endif
