/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * format.h - a short text of a few parts, as snprintf(3) makes it. For all rooms. str.h is for texts that grow. */
#ifndef FJ_FORMAT_H
#define FJ_FORMAT_H

#include <stddef.h>

/* Writes a text and its NUL to `out` of `size` bytes, at least 1. The format knows %s, %.*s of as many bytes
 * as the argument says, and %u. A part that does not fit is left out. Returns the length of the text, or
 * `size` if a part was left out. Not for calls that programs make often: it reads the format byte by byte. */
size_t fj_format(char *out, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
