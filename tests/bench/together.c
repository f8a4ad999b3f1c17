/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * together.c - several processes that work at once in one root.
 *
 * `together PROCESSES ROUNDS DIRECTORY`, called by macro.sh. The processes share ROUNDS. Each of them
 * has a directory of its own below DIRECTORY, and in each round looks at files that all of them look
 * at, and makes, renames and removes a file of its own. In each 16th round it makes and removes a
 * directory. Prints `together PROCESSES` if all calls succeeded, and leaves nothing. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SHARED "/bench/d2/d3/d4/d5/d6/d7/file" /* prepare.sh makes it */

static int is_looked_at(void)
{
	struct stat st;
	int fd = open(SHARED, O_RDONLY);

	return fd >= 0 && !close(fd) && !stat(SHARED, &st) &&
	       !access("/bench/dirlink/file", R_OK) && stat("/bench/no-such-file", &st);
}

static int is_changed(const char *old, const char *new)
{
	int fd = open(old, O_WRONLY | O_CREAT | O_EXCL, 0644);

	return fd >= 0 && !close(fd) && !rename(old, new) && !unlink(new);
}

static int work(const char *top, long number, long rounds)
{
	char own[256], old[300], new[300], dir[300];
	int is_good;

	snprintf(own, sizeof(own), "%s/%ld", top, number);
	snprintf(old, sizeof(old), "%s/old", own);
	snprintf(new, sizeof(new), "%s/new", own);
	snprintf(dir, sizeof(dir), "%s/directory", own);
	is_good = !mkdir(own, 0755);
	for (long i = 0; is_good && i < rounds; i++)
		is_good = is_looked_at() && is_changed(old, new) &&
			  (i % 16 || (!mkdir(dir, 0755) && !rmdir(dir)));
	return is_good && !rmdir(own) ? 0 : 1;
}

int main(int argc, char **argv)
{
	long processes = argc == 4 ? atol(argv[1]) : 0, rounds = argc == 4 ? atol(argv[2]) : 0;
	int failed = 0, status;

	if (processes < 1 || rounds < processes) {
		fprintf(stderr, "usage: together PROCESSES ROUNDS DIRECTORY\n");
		return 2;
	}
	for (long i = 0; i < processes; i++) {
		pid_t pid = fork();

		if (pid < 0)
			return 1;
		if (!pid)
			_exit(work(argv[3], i, rounds / processes));
	}
	while (wait(&status) > 0)
		failed |= status;
	if (failed)
		return 1;
	printf("together %ld\n", processes);
	return 0;
}
