/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * shared.h - the section of the jail's memory that belongs to the doors. Written when the jail starts, read
 * by door.c and the room patch. */
#ifndef FJ_DOOR_SHARED_H
#define FJ_DOOR_SHARED_H

#include <stdint.h>

#define FJ_DOORS_AT 0x420u
struct fj_doors {
	uint32_t no_sites; /* syscall instructions of libraries are not changed: patch/sites.c */
	uint64_t bits[8];  /* one bit per call that door.c wants to see */
	/* patch/recalled.c: the directory with the texts of earlier jails, or ""; and a hash of everything
	 * that a cached text depends on, other than the text itself. */
	char recalled[256];
	uint64_t recalled_build;
};
/* door.c: the section, in the jail's memory. */
struct fj_doors *fj_doors(void);

#endif
