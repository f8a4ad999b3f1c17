/* SPDX-FileCopyrightText: The fakejail authors SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * roots_model.c - the expected state of the tree and the jails of roots.sh: the owner and mode of
 * each file, the working directory and the open files of each process. Also sends commands to the
 * processes. Called by roots.c. */
#define _GNU_SOURCE
#include "roots.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct directory dir[DIRS];
struct a_jail jail[JAILS];
char **fakejail, *tree;
char told[TOLD][256];
unsigned told_count, step, seed;

int choose(int n)
{
	return (int)(((unsigned long)random() >> 3) % (unsigned long)n);
}

void end_badly(const char *what, const char *expected, const char *got)
{
	for (unsigned i = told_count > TOLD ? told_count - TOLD : 0; i < told_count; i++)
		printf("# %s\n", told[i % TOLD]);
	printf("seed %u, step %u: %s: expected %s, got %s\n", seed, step, what, expected, got);
	fflush(stdout);
	for (int j = 0; j < JAILS; j++)
		if (jail[j].lives)
			kill(jail[j].pid, SIGKILL);
	exit(1);
}

const char *path_of(int d, int from, const char *file)
{
	static char text[8][LINE];
	static unsigned turn;
	char *t = text[turn++ % 8], part[LINE];

	snprintf(t, LINE, "%s", file);
	for (; d >= 0 && d != from; d = dir[d].up) {
		snprintf(part, sizeof(part), "%s%s%s", dir[d].name, *t ? "/" : "", t);
		memcpy(t, part, LINE);
	}
	return t;
}

bool is_in(int d, int in)
{
	while (d >= 0 && d != in)
		d = dir[d].up;
	return d == in || in < 0;
}

void ask(int j, int p, char *answer, const char *line)
{
	snprintf(told[told_count++ % TOLD], sizeof(told[0]), "%u: jail %d on %s, process %d: %s",
		step, j, jail[j].root < 0 ? "/" : path_of(jail[j].root, -1, ""), p, line);
	if (dprintf(jail[j].process[p].to, "%s\n", line) < 0 ||
		!fgets(answer, LINE, jail[j].process[p].from))
		end_badly(line, "an answer", "none");
	answer[strcspn(answer, "\n")] = 0;
}

void enter(int j, int root)
{
	char *args[64], count[8];
	int pipes[EACH][4], n = 0;

	for (int p = 0; p < EACH; p++)
		if (pipe2(pipes[p], O_CLOEXEC) || pipe2(pipes[p] + 2, O_CLOEXEC))
			abort();
	sprintf(count, "%d", EACH);
	for (char **w = fakejail; *w; w++)
		args[n++] = *w;
	args[n++] = (char *)(root < 0 ? "/" : path_of(root, -1, ""));
	args[n++] = (char *)(root < 0 ? path_of(0, -1, "x") : "/x");
	args[n++] = "work";
	args[n++] = count;
	args[n] = NULL;
	jail[j].pid = fork();
	if (!jail[j].pid) {
		/* First moves the descriptors away from the numbers that are needed. */
		for (int p = 0; p < EACH; p++) {
			pipes[p][0] = fcntl(pipes[p][0], F_DUPFD_CLOEXEC, 200);
			pipes[p][3] = fcntl(pipes[p][3], F_DUPFD_CLOEXEC, 200);
		}
		for (int p = 0; p < EACH; p++) {
			dup2(pipes[p][0], 10 + 2 * p);
			dup2(pipes[p][3], 11 + 2 * p);
		}
		execv(args[0], args);
		_exit(125);
	}
	jail[j].root = root;
	jail[j].lives = true;
	if (root >= 0)
		dir[root].is_root = true;
	for (int p = 0; p < EACH; p++) {
		char answer[LINE];

		close(pipes[p][0]);
		close(pipes[p][3]);
		jail[j].process[p].to = pipes[p][1];
		jail[j].process[p].from = fdopen(pipes[p][2], "r");
		jail[j].process[p].cwd = root;
		for (int i = 0; i < SLOTS; i++)
			jail[j].process[p].at[i] = -1;
		ask(j, p, answer, "cd\t-1\t/");
		if (strcmp(answer, "done"))
			end_badly("a start", "done", answer);
	}
}

void leave(int j)
{
	snprintf(told[told_count++ % TOLD], sizeof(told[0]), "%u: jail %d ends", step, j);
	for (int p = 0; p < EACH; p++) {
		close(jail[j].process[p].to);
		fclose(jail[j].process[p].from);
	}
	waitpid(jail[j].pid, NULL, 0);
	jail[j].lives = false;
}

void name_it(int j, int p, int d, int f, char *way)
{
	const int cwd = jail[j].process[p].cwd;
	char file[16] = "";
	int ways[2 + SLOTS], n = 0, w;

	if (f < FILES)
		sprintf(file, "f%d", f);
	ways[n++] = -2; /* an absolute path */
	if (cwd >= 0 && is_in(d, cwd) && (d != cwd || f < FILES)) {
		ways[0] = -1;
		if (!choose(3))
			ways[n++] = -2;
	}
	for (int i = 0; i < SLOTS; i++) {
		const int at = jail[j].process[p].at[i];

		if ((at >= 0 && at < DIRS && is_in(d, at)) ||
			(f < FILES && at == DIRS * (1 + f) + d))
			ways[n++] = i;
	}
	w = ways[choose(n)];
	if (w == -2) {
		const char *below = path_of(d, jail[j].root, file);

		sprintf(way, "-1\t%s%s", *below == '/' ? "" : "/", below);
	} else if (w == -1) {
		sprintf(way, "-1\t%s", path_of(d, cwd, file));
	} else {
		const int at = jail[j].process[p].at[w];

		sprintf(way, "%d\t%s", w, at < DIRS ? path_of(d, at, file) : "");
	}
}
