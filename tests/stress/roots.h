/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * roots.h - what the program of roots.sh is made of: who plays (roots.c), what must be seen
 * (roots_model.c), and the processes in jails, which do as they are told (roots_work.c). */
#ifndef ROOTS_H
#define ROOTS_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#define SLOTS 4
#define LINE 8192

/* -- roots_work.c: in a jail -- */

/* The files that a process has open. */
extern int slot[SLOTS];
/* Do what is read from descriptor 10 + 2 * number, and answer to the next one, to the end. */
void work(int number, char **argv);
/* Start `count` such processes, and wait for them. */
int workers(int count, char **argv);

/* -- roots_model.c: outside -- */

#define DIRS 10
#define FILES 2
#define JAILS 8
#define EACH 2

struct directory {
	int up; /* the directory that it lies in; of the first one -1 */
	char name[256];
	bool is_root;
	char owner[FILES][64], mode[FILES][16];
};
extern struct directory dir[DIRS];

struct a_jail {
	int root; /* a directory; -1: / */
	bool lives;
	pid_t pid;
	struct {
		int to;
		FILE *from;
		int cwd, at[SLOTS]; /* directories; -1 none. Of a file: DIRS * (1 + its number) more
				     */
	} process[EACH];
};
extern struct a_jail jail[JAILS];

extern char **fakejail, *tree;
#define TOLD 1000 /* lines of what was done last */
extern char told[TOLD][256];
extern unsigned told_count, step, seed;

/* A number below `n`, by random(3). */
int choose(int n);
/* Something else was seen than what must be: say so, with what was done before, and end. */
void end_badly(const char *what, const char *expected, const char *got);
/* The host's path of a directory, or its path from the directory `from` on. It holds for seven
 * more calls. */
const char *path_of(int d, int from, const char *file);
/* Is directory `d` the directory `in`, or below it? -1 is /. */
bool is_in(int d, int in);
/* Tell process `p` of jail `j` to do `line`; what it says goes to `answer`. */
void ask(int j, int p, char *answer, const char *line);
/* Start jail `j` on directory `root`, or on / (-1); end it. */
void enter(int j, int root);
void leave(int j);
/* A way to name file f (FILES: the directory itself) of directory d, as `AT TAB NAME`. */
void name_it(int j, int p, int d, int f, char *way);

#endif
