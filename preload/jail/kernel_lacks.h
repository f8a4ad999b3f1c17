/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * kernel_lacks.h - system calls, or forms of one, that the kernel lacks or a policy of the host refuses. They are
 * found out when the jail is made, null_path and open_tree when they are first wanted. For rooms that have another way to do it. */
#ifndef FJ_KERNEL_LACKS_H
#define FJ_KERNEL_LACKS_H

#include "jail/memory.h"

#include <stdint.h>

#define FJ_LACKS_AT 0x78u
struct fj_lacks {	     /* 1: it is lacking */
	uint16_t openat2;    /* openat2(2), Linux 5.6 */
	uint16_t open_tree;  /* open_tree(2) without OPEN_TREE_CLONE, Linux 5.2 */
	uint16_t faccessat2; /* faccessat2(2), Linux 5.8 */
	uint16_t null_path;  /* statx(2) of a descriptor without a path, Linux 6.11 */
};
static inline struct fj_lacks *fj_lacks(void)
{
	return (struct fj_lacks *)fj_jail_at(FJ_LACKS_AT);
}

#endif
