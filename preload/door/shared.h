/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * shared.h - what the jail's processes share of their doors. Written at the start of the jail. */
#ifndef FJ_DOOR_SHARED_H
#define FJ_DOOR_SHARED_H

#include "jail/memory.h"

#include <stdint.h>

#define FJ_DOORS_AT 0x420u
struct fj_doors {
	uint32_t no_sites; /* system calls of libraries stay as they are: patch/sites.c */
	uint64_t bits[8];  /* a bit for each call that door.c wants to see */
	/* patch/recalled.c: the folder of what earlier jails have found, or ""; and a hash of all that
	 * it hangs on but the text. */
	char recalled[256];
	uint64_t recalled_build;
};
static inline struct fj_doors *fj_doors(void)
{
	return (struct fj_doors *)fj_jail_at(FJ_DOORS_AT);
}

#endif
