/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * jail.h - a jail's description, which every process of it is told. */
#ifndef FJ_JAIL_H
#define FJ_JAIL_H

#include "jail/memory.h"

#include <stdbool.h>
#include <stdint.h>

#define FJ_MEMORY_NAME "fakejail" /* of the memory file, as /proc/PID/maps shows it */
#define FJ_NAMELESS 3u
#define FJ_JAIL_MAGIC 0x324c49414a4a46UL /* "FJJAIL2" */

/* At the beginning of the memory: jail/memory.h. */
struct fj_jail {
	uint64_t magic;
	uint32_t layout; /* FJ_JAIL_LAYOUT: two builds may meet in one jail */
	uint32_t unused;
	uint64_t gate; /* address of the gate page, or with FJ_GATE_APART added: sys/gate.h */
	uint64_t root_dev, root_ino;
	int32_t first_pid;
	uint32_t has_trap;
	uint32_t trace_fd_plus_1;
	uint32_t names_comm_by_file; /* execveat of a bare descriptor: since Linux 6.14 */
	uint32_t is_starting;	     /* until the first program runs */
	uint32_t has_hidden;  /* FJ_HIDDEN_NAME is in the root, which shows one directory less than
				  the disk has */
	uint32_t has_tracers; /* somebody in the jail traced, or was: exec/hook_ptrace.c */
	uint32_t traps_ends;  /* its first process traps its exit_group(2), or was told to:
				  call/ending.h */
	uint32_t has_shared_cwds; /* some process shares its working directory, but not its memory,
				     or did: path/cwd.c */
	uint32_t has_landlock;	  /* somebody gave up rights to files: landlock/hook_landlock.c */
	uint64_t nameless_dev[FJ_NAMELESS]; /* of pipes, sockets, and files of memory: they show as
					       whoever looks at them */
};

#endif
