/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * replaced.c - replaced: finds files by a descriptor again and again, of which the number is given to another directory in
 * between, where a child has removed, made or changed them. In /x1, /x2 and /x3, a and b are files; all b are one file. Prints
 * what is wrong. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define HELD 30

static int wrong;

/* `mode`: its permissions, or 0: it is not there. */
static void look(const char *what, const char *name, unsigned mode)
{
	struct stat st = {0};
	const int r = fstatat(HELD, name, &st, 0);

	if ((r ? 0 : (st.st_mode & 07777)) == mode)
		return;
	printf("%s: %s is %o, not %o\n", what, name, r ? 0 : st.st_mode & 07777, mode);
	wrong = 1;
}

static void look_often(const char *what, int fd, const char *name, unsigned mode)
{
	dup2(fd, HELD);
	for (int i = 0; i < 4; i++)
		look(what, name, mode);
}

static void by_child(const char *command)
{
	fflush(stdout);
	if (system(command))
		wrong = 1;
}

int main(void)
{
	int x1, x2, x3, tmp;

	x1 = open("/x1", O_RDONLY | O_DIRECTORY);
	x2 = open("/x2", O_RDONLY | O_DIRECTORY);
	x3 = open("/x3", O_RDONLY | O_DIRECTORY);
	tmp = open("/tmp", O_RDONLY | O_DIRECTORY);
	look_often("first", x1, "a", 0644);
	look_often("first", x1, "b", 0644);
	by_child("rm /x2/b; chmod 600 /x3/b; echo made >/tmp/a");
	look_often("x1", x1, "b", 0644);
	look_often("x2, removed", x2, "b", 0);
	look_often("x1", x1, "b", 0644);
	look_often("x3, changed", x3, "b", 0600);
	look_often("x1", x1, "a", 0644);
	look_often("made", tmp, "a", 0644);
	look_often("x1", x1, "a", 0644);
	by_child("chmod 640 /x1/a");
	look_often("x1, changed", x1, "a", 0640);
	look_often("x1", x1, "b", 0644);
	by_child("mv /x1/a /x1/c");
	look_often("x1, renamed", x1, "a", 0);
	look_often("x1, renamed", x1, "c", 0640);
	look_often("x2", x2, "a", 0644);
	close(HELD);
	if (open("/x1", O_RDONLY | O_DIRECTORY) < 0)
		wrong = 1;
	return wrong;
}
