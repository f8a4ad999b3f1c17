/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * copy.h - copies memory. For all rooms. bytes.h has what else compilers call. */
#ifndef FJ_COPY_H
#define FJ_COPY_H

#include <stddef.h>

void *memcpy(void *dst, const void *src, size_t n);
/* With -ffreestanding the compiler does not know this function. The built-in one turns a small copy of
 * known size into a few moves. */
#define memcpy(dst, src, n) __builtin_memcpy(dst, src, n)

#endif
