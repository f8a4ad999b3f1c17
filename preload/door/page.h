/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * page.h - the layout of the door page, which libfakejail.so reads. Only a jail that uses that object has it.
 *
 * The loader and the shared object may come from two builds, so the page has a version. This header
 * includes no other header of the tree. */
#ifndef FJ_DOOR_PAGE_H
#define FJ_DOOR_PAGE_H

#include <stdint.h>

#define FJ_DOOR_PAGE_AT (2 * FJ_PAGE)	 /* counted from the gate page */
#define FJ_DOOR_MAGIC 0x34524f4f444a46UL /* "FJDOOR4" */
#define FJ_DOOR_CALLS 512		 /* more than any system call number */

struct fj_door_page {
	uint64_t magic;
	uint64_t size; /* of this struct */
	/* Make a call through the engine. Returns the kernel's result. */
	long (*call)(long nr, long a0, long a1, long a2, long a3, long a4, long a5);
	/* The LD_PRELOAD string that the program itself had. In the environment ours has replaced it. The
	 * pointer here points to NULL when the program had none. */
	char *const *own_preload;
	/* One bit per call number: set when the engine wants to see the call. The program makes all other
	 * calls directly. */
	uint64_t wants[FJ_DOOR_CALLS / 64];
};

#endif
