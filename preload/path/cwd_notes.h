/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * cwd_notes.h - the section of the jail's memory in which a process notes its working directory for the
 * program that it execs. Used by cwd_notes.c and setup/layout.h. */
#ifndef FJ_CWD_NOTES_H
#define FJ_CWD_NOTES_H

#include <stdint.h>

#define FJ_CWDS 64u
#define FJ_CWD_TEXT 508u
#define FJ_CWDS_AT 0x5000u
struct fj_cwds {
	struct fj_cwd {
		uint32_t sequence; /* locking/seq.h */
		int32_t pid;	   /* 0: free */
		char pos[FJ_CWD_TEXT];
	} cwd[FJ_CWDS]; /* processes that are about to exec: fj_cwd_keep() */
};

#endif
