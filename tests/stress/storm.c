/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * storm.c - many processes make, move and remove names in the same directories of an overlay. Each
 * process has its own names: so no call may fail, though the others copy up, hide and make files at
 * the same time. storm.sh runs it in a jail. Prints each call that failed, and "the end" if none
 * did.
 *
 * Usage: storm make NUMBER          makes the lower layer in the current directory
 *        storm run NUMBER ROUNDS    runs so many processes there */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define FAILURES 5 /* printed for each process */

static int who, round_now, failures;

static int tell(const char *call)
{
	printf("process %d, round %d: %s: %s\n", who, round_now, call, strerror(errno));
	fflush(stdout);
	if (++failures == FAILURES)
		_exit(1);
	return -1;
}

#define OK(call) ((call) < 0 ? tell(#call) : 0)
/* All processes use this one name: so these errors may come. */
#define OK_OR(call, one, other) ((call) < 0 && errno != (one) && errno != (other) ? tell(#call) : 0)

struct names {
	char dir[32], file[32], in[32], made[32], free[32];
};

static void name_all(struct names *n, int number)
{
	snprintf(n->dir, sizeof(n->dir), "dir%d", number);    /* it is in the lower layer */
	snprintf(n->file, sizeof(n->file), "file%d", number); /* this, too */
	snprintf(n->in, sizeof(n->in), "sub/in%d", number);
	snprintf(n->made, sizeof(n->made), "sub/made%d", number);
	snprintf(n->free, sizeof(n->free), "free%d", number);
}

static int put(const char *name, int flags)
{
	const int fd = open(name, flags | O_WRONLY, 0600);
	const int r = fd < 0 || write(fd, "x", 1) != 1 ? -1 : 0;

	if (fd >= 0)
		close(fd);
	return r;
}

static int is_regular(const char *name)
{
	struct stat st;

	if (stat(name, &st))
		return -1;
	errno = EBADF;
	return S_ISREG(st.st_mode) ? 0 : -1;
}

static void one_round(const struct names *n)
{
	OK(put(n->file, O_APPEND));
	OK(rename(n->file, n->in));
	OK(link(n->in, n->file));
	OK(unlink(n->in));
	OK(rename(n->file, n->free));
	OK(mkdir(n->file, 0755));
	OK(rmdir(n->file));
	OK(rename(n->free, n->file));
	OK(rmdir(n->dir));
	OK(mkdir(n->dir, 0700));
	OK(mkdir(n->made, 0700));
	OK(rmdir(n->made));
	OK(symlink("x", n->made));
	OK(unlink(n->made));
	OK(put(n->made, O_CREAT | O_EXCL));
	OK(unlink(n->made));
	OK(mkfifo(n->made, 0600));
	OK(rename(n->made, n->in));
	OK(unlink(n->in));
	OK(rename(n->dir, n->made));
	OK(rename(n->made, n->dir));
	OK_OR(mkdir("shared", 0755), EEXIST, EEXIST);
	OK_OR(rmdir("shared"), ENOENT, ENOTEMPTY);
	OK(is_regular(n->file));
}

static int run(int number, int rounds)
{
	int status, has_failed = 0;

	for (who = 0; who < number; who++)
		if (!fork()) {
			struct names n;

			name_all(&n, who);
			for (round_now = 0; round_now < rounds; round_now++)
				one_round(&n);
			_exit(failures != 0);
		}
	while (wait(&status) > 0)
		has_failed |= status;
	if (!has_failed)
		printf("the end\n");
	return has_failed != 0;
}

static int make(int number)
{
	struct names n;

	OK(mkdir("sub", 0755));
	OK(mkdir("shared", 0755));
	for (int i = 0; i < number; i++) {
		name_all(&n, i);
		OK(mkdir(n.dir, 0755));
		OK(put(n.file, O_CREAT));
	}
	return failures != 0;
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "make"))
		return make(atoi(argv[2]));
	return argc == 4 ? run(atoi(argv[2]), atoi(argv[3])) : 2;
}
