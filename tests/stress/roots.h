/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * roots.h - the parts of the program of roots.sh: the driver (roots.c), the expected state
 * (roots_model.c), and the processes in jails, which execute commands (roots_work.c). */
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
/* Executes the commands from descriptor 10 + 2 * `number`, and writes the answers to the next
 * descriptor, until the end of file. */
void work(int number, char **argv);
/* Starts `count` such processes, and waits until they end. */
int workers(int count, char **argv);

/* -- roots_model.c: outside -- */

#define DIRS 10
#define FILES 2
#define JAILS 8
#define EACH 2

struct directory {
	int up; /* the directory above it; -1 for the first one */
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
		int cwd, at[SLOTS]; /* directories; -1: none. For a file, DIRS * (1 + its number) is
				      * added */
	} process[EACH];
};
extern struct a_jail jail[JAILS];

extern char **fakejail, *tree;
#define TOLD 1000 /* the last lines of the history that are kept */
extern char told[TOLD][256];
extern unsigned told_count, step, seed;

/* A random number below `n`, by random(3). */
int choose(int n);
/* Prints a wrong answer with the history before it, and exits. */
void end_badly(const char *what, const char *expected, const char *got);
/* The host path of a directory, or its path relative to the directory `from`. Seven more calls do
 * not overwrite it. */
const char *path_of(int d, int from, const char *file);
/* Is directory `d` the directory `in`, or below it? -1 is /. */
bool is_in(int d, int in);
/* Sends the command `line` to process `p` of jail `j`. Its answer goes to `answer`. */
void ask(int j, int p, char *answer, const char *line);
/* enter() starts jail `j` on directory `root` (-1: on /). leave() ends it. */
void enter(int j, int root);
void leave(int j);
/* Chooses a way to name file `f` (FILES: the directory itself) of directory `d`: `AT TAB NAME`. */
void name_it(int j, int p, int d, int f, char *way);

#endif
