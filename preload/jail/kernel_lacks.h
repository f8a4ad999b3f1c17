/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * kernel_lacks.h - system calls, or forms of one, that the kernel lacks or a policy refuses. */
#ifndef FJ_KERNEL_LACKS_H
#define FJ_KERNEL_LACKS_H

#include "jail/memory.h"

#include <stdint.h>

#define FJ_LACKS_AT 0x78u
struct fj_lacks {
	uint32_t openat2;
	uint16_t faccessat2;
	uint16_t null_path; /* statx(2) of a descriptor without a path, Linux 6.11 */
};
static inline struct fj_lacks *fj_lacks(void)
{
	return (struct fj_lacks *)fj_jail_at(FJ_LACKS_AT);
}

#endif
