/* SPDX-FileCopyrightText: The fakejail authors SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * roots_work.c - the processes in the jails of roots.sh: read commands, one a line, execute them,
 * and write the results. The driver in roots.c sends the commands. Called by roots.c. */
#define _GNU_SOURCE
#include "roots.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

int slot[SLOTS] = {-1, -1, -1, -1};

static void look(int at, const char *name, FILE *out)
{
	struct stat st;

	if (fstatat(at, name, &st, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW))
		fprintf(out, "error %d\n", errno);
	else
		fprintf(out, "%u:%u %o\n", st.st_uid, st.st_gid, st.st_mode & 07777);
}

static int change_mode(int at, const char *name, mode_t mode)
{
	return *name ? fchmodat(at, name, mode, 0) : fchmod(at, mode);
}

static int make(int at, const char *name, mode_t mode)
{
	unlinkat(at, name, 0);
	umask(0);
	return mknodat(at, name, S_IFREG | mode, 0);
}

/* Executes the command VERB AT NAME X, separated by tabs. AT is a slot or -1, and X is a number or
 * another name. */
static void obey(char *line, FILE *out)
{
	char *word[4] = {"", "", "", ""};
	int r = 0, at, fd;

	for (int i = 0; i < 4 && line; i++)
		word[i] = strsep(&line, "\t");
	at = atoi(word[1]);
	fd = at < 0 ? AT_FDCWD : slot[at];
	if (!strcmp(word[0], "look")) {
		look(fd, word[2], out);
		fflush(out);
		return;
	}
	if (!strcmp(word[0], "own"))
		r = fchownat(fd, word[2], (uid_t)atoi(word[3]), (gid_t)atoi(word[3]),
			AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW);
	else if (!strcmp(word[0], "mode"))
		r = change_mode(fd, word[2], (mode_t)strtoul(word[3], NULL, 8));
	else if (!strcmp(word[0], "make"))
		r = make(fd, word[2], (mode_t)strtoul(word[3], NULL, 8));
	else if (!strcmp(word[0], "cd"))
		r = *word[2] ? chdir(word[2]) : fchdir(fd);
	else if (!strcmp(word[0], "move"))
		r = rename(word[2], word[3]);
	else if (!strcmp(word[0], "open")) {
		close(slot[at]);
		r = slot[at] = open(word[2], O_RDONLY | (*word[3] ? O_DIRECTORY : 0));
	} else if (!strcmp(word[0], "fork")) {
		const pid_t child = fork();

		if (child) {
			waitpid(child, NULL, 0);
			_exit(0);
		}
	} else {
		errno = ENOSYS;
		r = -1;
	}
	fprintf(out, r < 0 ? "error %d\n" : "done\n", errno);
	fflush(out);
}

void work(int number, char **argv)
{
	const int from = 10 + 2 * number, to = from + 1;
	FILE *out = fdopen(to, "w");
	char line[LINE], *self;
	size_t n = 0;

	/* (It reads byte by byte, since a program that is executed reads the next line.) */
	while (read(from, line + n, 1) == 1) {
		if (line[n] != '\n') {
			n += n + 1 < sizeof(line);
			continue;
		}
		line[n] = 0;
		n = 0;
		if (strncmp(line, "exec\t", 5)) {
			obey(line, out);
			continue;
		}
		self = line + 5;
		char words[2 + SLOTS][16];
		char *args[] = {
			argv[0], "again", words[0], words[1], words[2], words[3], words[4], NULL};

		sprintf(words[0], "%d", number);
		for (int i = 0; i < SLOTS; i++)
			sprintf(words[i + 1], "%d", slot[i]);
		execv(self, args);
		fprintf(out, "error %d\n", errno);
		fflush(out);
	}
	_exit(0);
}

int workers(int count, char **argv)
{
	for (int i = 0; i < count; i++)
		if (!fork()) {
			for (int k = 0; k < count; k++)
				if (k != i) {
					close(10 + 2 * k);
					close(11 + 2 * k);
				}
			work(i, argv);
		}
	for (int k = 0; k < count; k++) {
		close(10 + 2 * k);
		close(11 + 2 * k);
	}
	while (wait(NULL) > 0 || errno == EINTR)
		;
	return 0;
}
