/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * recalled_files.h - the files of the state directory that recalled.c reads and writes, each at a place: a
 * number below FJ_COPY_FILES. Called by recalled.c. */
#ifndef FJ_PATCH_RECALLED_FILES_H
#define FJ_PATCH_RECALLED_FILES_H

#include <stdbool.h>
#include <stdint.h>

#define FJ_RECALLED_TEXT_MAX                                                                       \
	(2u << 20) /* bytes; the copy of a larger text would take too much of the disk */

/* Open the file at a place for reading. Returns a descriptor, or -errno (-ENOENT: there is none). */
long fj_recalled_file_open(uint32_t place);
/* Begin a new file for a place. Returns a descriptor to read and write it. -EEXIST: another process writes
 * one for this place. -EFBIG: the caller's RLIMIT_FSIZE would not let it become large enough. */
long fj_recalled_file_begin(uint32_t place);
/* Close the file that fj_recalled_file_begin() opened. With `is_good` it becomes the file of that place; else
 * it is removed. Returns whether it is the place's file now. */
bool fj_recalled_file_end(uint32_t place, int fd, bool is_good);
/* Remove the file at a place. */
void fj_recalled_file_remove(uint32_t place);

#endif
