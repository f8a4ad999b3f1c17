/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * futex.h - futex(2).
 * Each function is the call of section 2 of the man-pages that has its name, and returns the result or -errno. */
#ifndef FJ_SYSCALL_FUTEX_H
#define FJ_SYSCALL_FUTEX_H

#include <stdint.h>

long fj_sys_futex(void *word, int operation, uint32_t value, const void *timeout, uint32_t *other,
	uint32_t other_value);

#endif
