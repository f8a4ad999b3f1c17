/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * page.h - what lies on the page behind the gate page, for libfakejail.so and for the stubs of
 * copied texts to read.
 *
 * The loader and the shared object may come from two builds, so the page has a version. Needs no
 * other header of ours. */
#ifndef FJ_DOOR_PAGE_H
#define FJ_DOOR_PAGE_H

#include <stdint.h>

#define FJ_DOOR_MAGIC 0x33524f4f444a46UL /* "FJDOOR3" */
#define FJ_DOOR_CALLS 512		 /* more than any system call number */

struct fj_door_page {
	uint64_t magic;
	uint64_t size; /* of this struct */
	/* Run a call through the engine; the kernel's result. */
	long (*call)(long nr, long a0, long a1, long a2, long a3, long a4, long a5);
	/* The LD_PRELOAD string of the program's own, whose place in the environment ours has
	 * taken; what it points to is NULL when there was none. */
	char *const *own_preload;
	/* A bit for each call that the engine wants to see; others are the kernel's own affair. */
	uint64_t wants[FJ_DOOR_CALLS / 64];
	/* Where the stubs of copied texts lead: patch/copies.c. */
	uint64_t door[3];
};

#endif
