/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * moves.c - processes claim files by rename(2): of all that try to move one file, one succeeds, and has the file
 * then. For moves.sh, in a jail whose root is an overlay: some of the names have a file in the lower layer, so
 * whiteouts come and go, and some renames need the union's lock while others do not.
 *
 *	moves grow			make what will be the lower layer, in /q and /m
 *	moves run PROCESSES ROUNDS	move files. Prints what is wrong, and "done"
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define FILES 6
#define PROCESSES 8

static const char *name_of(char *buf, const char *dir, int process, int file)
{
	sprintf(buf, "/%s/%c%d", dir, 'a' + process, file);
	return buf;
}

static void put(const char *p, int number)
{
	const int fd = open(p, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (fd < 0 || write(fd, &number, sizeof(number)) != sizeof(number))
		printf("%s: %s\n", p, strerrorname_np(errno));
	close(fd);
}

static int number_in(const char *p)
{
	const int fd = open(p, O_RDONLY);
	int number = -1;

	if (fd < 0 || read(fd, &number, sizeof(number)) != sizeof(number))
		number = -1;
	close(fd);
	return number;
}

static void grow(void)
{
	char buf[40];

	mkdir("/q", 0755);
	mkdir("/m", 0755);
	for (int file = 0; file < FILES; file += 2)
		put(name_of(buf, "q", 0, file), 100 + file);
	for (int process = 0; process < PROCESSES; process++)
		for (int file = process % 3; file < FILES; file += 3)
			put(name_of(buf, "m", process, file), 100 + file);
}

/* Claim files, and give them back. Every second time the file replaces another one on its way. */
static int move(int process, int rounds)
{
	uint32_t random = (uint32_t)process * 77 + 5;
	char from[40], to[40], second[40];
	int claimed = 0;

	for (int round = 0; round < rounds; round++) {
		random = random * 1103515245 + 12345;
		const int file = (int)(random >> 16) % FILES;

		name_of(from, "q", 0, file);
		name_of(to, "m", process, file);
		if (rename(from, to)) {
			if (errno != ENOENT)
				printf("%s %s: %s\n", from, to, strerrorname_np(errno));
			continue;
		}
		claimed++;
		if (number_in(to) != file)
			printf("%s: has %d\n", to, number_in(to));
		if (random & 1 << 20) {
			name_of(second, "m", process, file + FILES);
			put(second, -1);
			if (rename(to, second))
				printf("%s %s: %s\n", to, second, strerrorname_np(errno));
			strcpy(to, second);
		}
		if (rename(to, from))
			printf("%s %s: %s\n", to, from, strerrorname_np(errno));
	}
	fflush(stdout);
	return claimed;
}

int main(int argc, char **argv)
{
	char buf[40];
	int status, bad = 0;

	if (argc < 4) {
		grow();
		return 0;
	}
	for (int file = 0; file < FILES; file++)
		put(name_of(buf, "q", 0, file), file);
	for (int process = 0; process < PROCESSES; process++)
		for (int file = 0; file < FILES; file++)
			unlink(name_of(buf, "m", process, file));
	for (int process = 0; process < atoi(argv[2]); process++)
		if (!fork())
			_exit(move(process, atoi(argv[3])) == 0);
	while (wait(&status) > 0)
		bad += status != 0;
	if (bad)
		printf("%d processes have claimed nothing\n", bad);
	for (int file = 0; file < FILES; file++)
		if (number_in(name_of(buf, "q", 0, file)) != file)
			printf("%s: has %d at the end\n", buf, number_in(buf));
	for (int process = 0; process < PROCESSES; process++)
		for (int file = 0; file < FILES; file++)
			if (!access(name_of(buf, "m", process, file), F_OK))
				printf("%s is there at the end\n", buf);
	printf("done\n");
	return 0;
}
