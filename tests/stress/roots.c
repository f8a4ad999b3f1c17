/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * roots.c - makes random changes in a tree whose directories become roots with owner records.
 * Processes of several jails have these directories as working directories and have them open. For
 * roots.sh. This file has the driver, which chooses the changes and the lookups. roots.h names the
 * other parts.
 *
 *   roots drive SEED STEPS TREE FAKEJAIL...   the driver, outside of any jail
 *   roots work COUNT                          in a jail: COUNT processes, of which number I reads
 *                                             commands from descriptor 10 + 2 * I
 *
 * The driver knows the owner and mode that each file must show. Each process, in each jail and by
 * each way, must see these. */
#define _GNU_SOURCE
#include "roots.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void choose_process(int *j, int *p)
{
	do
		*j = choose(JAILS);
	while (!jail[*j].lives);
	*p = choose(EACH);
}

static void look_at(int j, int p, int d, int f)
{
	char line[LINE + 8], way[LINE], answer[LINE], expected[128];

	name_it(j, p, d, f, way);
	snprintf(line, sizeof(line), "look\t%s", way);
	ask(j, p, answer, line);
	snprintf(expected, sizeof(expected), "%s %s", dir[d].owner[f], dir[d].mode[f]);
	if (strcmp(answer, expected))
		end_badly(path_of(d, -1, f ? "f1" : "f0"), expected, answer);
}

static void change(int j, int p, int d, int f)
{
	char line[LINE + 64], way[LINE], answer[LINE];
	static const char *const modes[] = {"644", "4755", "2751", "6700", "600"};
	const char *mode = modes[choose(5)];
	const int id = 1 + choose(60000), what = choose(3);

	do
		name_it(j, p, d, f, way);
	while (what == 2 && way[strlen(way) - 1] == '\t');
	if (!what) {
		snprintf(line, sizeof(line), "own\t%s\t%d", way, id);
		sprintf(dir[d].owner[f], "%d:%d", id, id);
		/* chown(2) by root clears the set-uid bit, and the set-gid bit if the group may
		 * execute the file. */
		unsigned bits = (unsigned)strtoul(dir[d].mode[f], NULL, 8);

		sprintf(dir[d].mode[f], "%o", bits & ~04000u & ~(bits & 010 ? 02000u : 0));
	} else {
		snprintf(line, sizeof(line), "%s\t%s\t%s", what == 1 ? "mode" : "make", way, mode);
		strcpy(dir[d].mode[f], mode);
		if (what == 2) {
			strcpy(dir[d].owner[f], "0:0");
			/* Open descriptors are of the old file. */
			for (int k = 0; k < JAILS; k++)
				for (int q = 0; q < EACH; q++)
					for (int i = 0; i < SLOTS; i++)
						if (jail[k].process[q].at[i] == DIRS * (1 + f) + d)
							jail[k].process[q].at[i] = -1;
		}
	}
	ask(j, p, answer, line);
	if (strcmp(answer, "done"))
		end_badly(line, "done", answer);
}

static void go_or_open(int j, int p, int d)
{
	char line[LINE + 64], way[LINE], answer[LINE], *name;
	int i = choose(SLOTS + 2), f = choose(FILES + 2);

	if (i >= SLOTS)
		f = FILES;
	if (f > FILES)
		f = FILES;
	name_it(j, p, d, f, way);
	name = strchr(way, '\t') + 1;
	if (i >= SLOTS) {
		snprintf(line, sizeof(line), "cd\t%s", way);
		if (*way != '-' && *name) /* a descriptor names the file itself */
			return;
		jail[j].process[p].cwd = d;
	} else {
		if (*way != '-')
			return;
		snprintf(line, sizeof(line), "open\t%d\t%s\t%s", i, name,
			f < FILES ? "" : "directory");
		jail[j].process[p].at[i] = f < FILES ? DIRS * (1 + f) + d : d;
	}
	ask(j, p, answer, line);
	if (strcmp(answer, "done"))
		end_badly(line, "done", answer);
}

static bool has_jail_in(int d)
{
	for (int j = 0; j < JAILS; j++)
		if (jail[j].lives && jail[j].root >= 0 && is_in(jail[j].root, d))
			return true;
	return false;
}

/* Renames a directory, perhaps into another directory. */
static void move(int j, int p, int d, int to)
{
	char line[3 * LINE], answer[LINE], name[32];
	static int count;

	if (d <= 0 || is_in(to, d) || has_jail_in(d) || d == jail[j].root ||
		!is_in(d, jail[j].root) || !is_in(to, jail[j].root))
		return;
	sprintf(name, "m%d", count++);
	snprintf(line, sizeof(line), "move\t-1\t/%s\t/%s",
		path_of(d, jail[j].root, "") + (jail[j].root < 0),
		path_of(to, jail[j].root, name) + (jail[j].root < 0));
	ask(j, p, answer, line);
	if (!strcmp(answer, "error 18")) /* EXDEV: from one root to another */
		return;
	if (strcmp(answer, "done"))
		end_badly(line, "done", answer);
	strcpy(dir[d].name, name);
	dir[d].up = to;
}

static void turn_into(int j, int p, const char *line)
{
	char answer[LINE], text[LINE];

	snprintf(text, sizeof(text), "%s", line);
	if (!strcmp(line, "exec")) {
		const char *below = path_of(jail[j].root < 0 ? 0 : jail[j].root, jail[j].root, "x");

		snprintf(text, sizeof(text), "exec\t%s%s", *below == '/' ? "" : "/", below);
	}
	ask(j, p, answer, text);
	if (strcmp(answer, "done"))
		end_badly(line, "done", answer);
}

/* Removes the records of a root whose jail has ended, and makes it a root again. Its new jail tells
 * what its files show then. All other processes must see the same. */
static void remove_records(int d)
{
	char command[LINE + 64];
	int j = 0;

	while (j < JAILS && jail[j].lives)
		j++;
	if (d <= 0 || !dir[d].is_root || j == JAILS)
		return;
	for (int k = 0; k < JAILS; k++)
		if (jail[k].lives && jail[k].root == d)
			return;
	snprintf(told[told_count++ % TOLD], sizeof(told[0]), "%u: the records of %s are removed",
		step, path_of(d, -1, ""));
	snprintf(command, sizeof(command), "rm -rf '%s/.fakejail'", path_of(d, -1, ""));
	if (system(command))
		abort();
	step++;
	enter(j, d);
	for (int e = 0; e < DIRS; e++)
		for (int f = 0; f < FILES && is_in(e, d); f++) {
			char line[LINE], answer[LINE];

			snprintf(line, sizeof(line), "look\t-1\t/%s",
				path_of(e, d, f ? "f1" : "f0"));
			ask(j, 0, answer, line);
			sscanf(answer, "%63s %15s", dir[e].owner[f], dir[e].mode[f]);
		}
}

static void play(void)
{
	const int what = choose(100), d = choose(DIRS), f = choose(FILES);
	int j, p;

	choose_process(&j, &p);
	if (what < 6) {
		int free = 0;

		while (free < JAILS && jail[free].lives)
			free++;
		if (free < JAILS)
			enter(free, choose(8) ? d : -1);
	} else if (what < 10) {
		if (j > 1)
			leave(j);
	} else if (what < 12) {
		remove_records(d);
	} else if (what < 16) {
		move(j, p, d, choose(DIRS));
	} else if (what < 20) {
		turn_into(j, p, choose(2) ? "fork" : "exec");
	} else if (is_in(d, jail[j].root)) {
		if (what < 45)
			go_or_open(j, p, d);
		else if (what < 60)
			change(j, p, d, f);
		else
			look_at(j, p, d, f);
	}
}

static int drive(unsigned steps)
{
	srandom(seed);
	for (int d = 0; d < DIRS; d++) {
		char command[LINE * 2];

		dir[d].up = d ? choose(d) : -1;
		snprintf(dir[d].name, sizeof(dir[d].name), "d%d", d);
		if (!d) {
			dir[d].up = -1;
			if (strlen(tree) >= sizeof(dir[d].name))
				abort();
			strcpy(dir[d].name, tree);
		} else if (mkdir(path_of(d, -1, ""), 0755)) {
			abort();
		}
		for (int f = 0; f < FILES; f++) {
			strcpy(dir[d].owner[f], "0:0");
			strcpy(dir[d].mode[f], "644");
			close(open(path_of(d, -1, f ? "f1" : "f0"), O_WRONLY | O_CREAT | O_EXCL,
				0644));
		}
		snprintf(command, sizeof(command), "cp /proc/%d/exe '%s'", getpid(),
			path_of(d, -1, "x"));
		if (system(command))
			abort();
	}
	enter(0, -1);
	enter(1, 0);
	for (step = 1; step < steps; step++)
		play();
	/* At the end, each process looks at all files. */
	for (int j = 0; j < JAILS; j++)
		for (int d = 0; d < DIRS && jail[j].lives; d++)
			for (int f = 0; f < FILES && is_in(d, jail[j].root); f++)
				for (int p = 0; p < EACH; p++)
					look_at(j, p, d, f);
	for (int j = 0; j < JAILS; j++)
		if (jail[j].lives)
			leave(j);
	printf("%u steps\n", steps);
	return 0;
}

int main(int argc, char **argv)
{
	umask(022);
	if (argc == 3 && !strcmp(argv[1], "work"))
		return workers(atoi(argv[2]), argv);
	if (argc == 3 + SLOTS && !strcmp(argv[1], "again")) {
		const int number = atoi(argv[2]);

		for (int i = 0; i < SLOTS; i++)
			slot[i] = atoi(argv[3 + i]);
		dprintf(11 + 2 * number, "done\n");
		work(number, argv);
	}
	if (argc > 5 && !strcmp(argv[1], "drive")) {
		signal(SIGPIPE, SIG_IGN);
		seed = (unsigned)atoi(argv[2]);
		tree = argv[4];
		fakejail = argv + 5;
		return drive((unsigned)atoi(argv[3]));
	}
	return 2;
}
