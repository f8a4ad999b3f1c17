/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * bytes.h - moves, fills and compares memory. For all rooms. copy.h copies memory. */
#ifndef FJ_BYTES_H
#define FJ_BYTES_H

#include <stddef.h>

/* The compiler itself calls these, and memcpy(); freestanding code must have them (GCC manual,
 * Standards). */
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int byte, size_t n);
int memcmp(const void *a, const void *b, size_t n);
/* As for memcpy() in copy.h. */
#define memset(dst, byte, n) __builtin_memset(dst, byte, n)
#define memcmp(a, b, n) __builtin_memcmp(a, b, n)

#endif
