/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * standard.h - the standard descriptors of fakejail-images and fakejail-owners-tool. */
#ifndef FJ_SCRIPTS_STANDARD_H
#define FJ_SCRIPTS_STANDARD_H

#include <stdbool.h>

/* Opens each of the descriptors 0, 1 and 2 that is closed. Otherwise a file that the program opens
 * would get this number, and what is printed would be written to that file. Call it first. A write
 * to descriptor 1 still fails with EBADF if it was closed. */
void open_standard(void);
/* Writes what was printed. Returns false, with errno, if standard output has not got all of it.
 * If it was closed, nobody wants what was printed: that is true. */
bool has_printed(void);

#endif
