/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * counts.c - counts WHAT [PROGRAM]: how many page faults a child costs itself, as a median: `fork` and _exit(2), `stat` before that,
 * `exec` of PROGRAM in a forked child, `spawn` of it. And `maps`: how many mappings there are. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define WARM 60 /* from the first hundred programs on they start alike */
#define ROUNDS 21

extern char **environ;

static void run(const char *what, char **program)
{
	pid_t pid;

	if (!strcmp(what, "spawn")) {
		if (posix_spawn(&pid, program[0], NULL, NULL, program, environ))
			exit(2);
		return;
	}
	pid = fork();
	if (pid)
		return;
	if (!strcmp(what, "stat"))
		_exit(access("/etc/passwd", F_OK));
	if (!strcmp(what, "exec"))
		execve(program[0], program, environ);
	_exit(!!strcmp(what, "fork"));
}

static int by_size(const void *a, const void *b)
{
	const long x = *(const long *)a, y = *(const long *)b;

	return (x > y) - (x < y);
}

static int maps(void)
{
	FILE *f = fopen("/proc/self/maps", "r");
	char line[4096];
	int n = 0;

	while (f && fgets(line, sizeof(line), f))
		n++;
	printf("%d\n", n);
	return !n;
}

int main(int argc, char **argv)
{
	long faults[ROUNDS];

	if (argc < 2)
		return 0;
	if (!strcmp(argv[1], "maps"))
		return maps();
	for (int i = -WARM; i < ROUNDS; i++) {
		struct rusage usage;
		int status;

		run(argv[1], argv + 2);
		if (wait4(-1, &status, 0, &usage) < 0 || status) {
			fprintf(stderr, "counts: a child ended with %#x\n", status);
			return 1;
		}
		if (i >= 0)
			faults[i] = usage.ru_minflt;
	}
	qsort(faults, ROUNDS, sizeof(faults[0]), by_size);
	printf("%ld\n", faults[ROUNDS / 2]);
	return 0;
}
