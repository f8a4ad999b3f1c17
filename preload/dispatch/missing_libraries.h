/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * missing_libraries.h - the first program's ELF interpreter gives up: name the libraries that are
 * not there. For the loader.
 */
#ifndef FJ_MISSING_LIBRARIES_H
#define FJ_MISSING_LIBRARIES_H

#include <linux/elf.h>
#include <stdint.h>

/* Called at the start of the jail's first program, not for others. The code of its ELF interpreter
 * begins at `interpreter_start` and ends before `interpreter_end`. `base` was added to the program's
 * own addresses; `ph` are its `phnum` program headers. */
void fj_missing_watch(uint64_t interpreter_start, uint64_t interpreter_end, uint64_t base,
	const Elf64_Phdr *ph, int phnum);

#endif
