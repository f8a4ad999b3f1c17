/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * jail.h - the description of a jail, shared by all its processes. Used by all rooms to the right. */
#ifndef FJ_JAIL_H
#define FJ_JAIL_H

#include <stdbool.h>
#include <stdint.h>

#define FJ_MEMORY_NAME "fakejail" /* of the memory file, as /proc/PID/maps shows it */
#define FJ_NAMELESS 3u
#define FJ_JAIL_MAGIC 0x344c49414a4a46UL /* "FJJAIL4" */

/* Which processes trap their exit_group(2), besides who asked for it (call/ending.c). In this order. */
enum fj_traps_ends {
	FJ_ENDS_PASS,	 /* none */
	FJ_ENDS_ASKED,	 /* the jail's first process was asked, and has not answered */
	FJ_ENDS_TOLD,	 /* all others were asked, since the first process ends or is gone */
	FJ_ENDS_FIRST,	 /* the first process */
	FJ_ENDS_TRAPPED, /* all, from the start of the jail */
};

/* The first section of the jail's memory: jail/memory.h. */
struct fj_jail {
	uint64_t magic;
	uint32_t layout;      /* FJ_JAIL_LAYOUT, since two builds may meet in one jail */
	uint32_t lower_mount; /* id of the overlay whose lowest layer FJ_FD_LOWER is: jail/fds.h */
	uint64_t gate; /* address of the gate page, or with FJ_GATE_APART added: sys/gate.h */
	uint64_t root_dev, root_ino;
	int32_t first_pid;	     /* the jail's first process */
	uint32_t has_trap;	     /* calls that no door catches raise SIGSYS */
	uint32_t trace_fd_plus_1;    /* 1 + the descriptor that a trace is written to; 0: none */
	uint32_t names_comm_by_file; /* execveat of a bare descriptor sets comm from the file: since
				      * Linux 6.14 */
	uint32_t is_starting;	     /* until the first program runs */
	uint32_t has_hidden;  /* the root contains FJ_HIDDEN_NAME, so it shows one directory less
			       * than the disk has */
	uint32_t has_tracers; /* some process in the jail has traced another: exec/hook_ptrace.c */
	uint32_t traps_ends;  /* an enum fj_traps_ends: call/ending.h */
	uint32_t has_shared_cwds; /* some process has shared its working directory, but not its
				   * memory, with another: path/cwd.c */
	uint32_t has_landlock;	  /* some process has given up rights to files:
				   * landlock/hook_landlock.c */
	uint64_t nameless_dev[FJ_NAMELESS]; /* devices of pipes, sockets and memory files: their
					     * owner is shown as the caller */
};

extern struct fj_jail *fj_jail;

#endif
