/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * ops.h - the calls that micro.c times, by name; ops.c makes them. */
#ifndef FAKEJAIL_BENCH_OPS_H
#define FAKEJAIL_BENCH_OPS_H

#include <stddef.h>
#include <sys/types.h>

/* prepare.sh lays this directory out inside the root. */
#define DIR_BENCH "/bench"
#define MARKER DIR_BENCH "/marker"

/* What a child says about where it runs: see child.c. */
enum { CHILD_INSIDE = 0, CHILD_ESCAPED = 3 };

struct op {
	const char *name;
	int (*run)(void); /* makes the call once; 0 if its result was the expected one */
	char **child;	  /* the program that run() starts, if it starts one */
	int (*start)(char *const argv[]); /* starts argv[0] as run() does: its exit status, or -1 */
};

extern const struct op ops[];
extern const size_t op_count;

/* The arguments of the shell, of which a child is asked with a script. */
extern char *argv_sh[];

/* Opens what the ops need. `uid` owns all files in the root, and is their group. Returns 0, or -1
 * with errno. */
int ops_begin(uid_t uid);

#endif
