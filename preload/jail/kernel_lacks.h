/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * kernel_lacks.h - system calls that a jail does without: the kernel lacks them, or a policy refuses
 * them. */
#ifndef FJ_KERNEL_LACKS_H
#define FJ_KERNEL_LACKS_H

#include "jail/memory.h"

#include <stdint.h>

#define FJ_LACKS_AT 0x78u
struct fj_lacks {
	uint32_t openat2, faccessat2;
};
static inline struct fj_lacks *fj_lacks(void)
{
	return (struct fj_lacks *)fj_jail_at(FJ_LACKS_AT);
}

#endif
