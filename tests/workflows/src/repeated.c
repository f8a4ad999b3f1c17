/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * repeated.c - repeated WHAT TIMES: makes one call, or a pair of calls, again and again, by absolute paths below /repeated, which it
 * makes. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define A "/repeated/a"
#define B "/repeated/b"
#define DIRECTORY "/repeated/directory"
#define OWNED "/repeated/owned" /* has an owner record */

static int do_rename(long i)
{
	return i & 1 ? rename(B, A) : rename(A, B);
}

static int do_renameat(long i)
{
	return i & 1 ? renameat(AT_FDCWD, B, AT_FDCWD, A) : renameat(AT_FDCWD, A, AT_FDCWD, B);
}

static int do_link(long i)
{
	(void)i;
	return link(A, B) || unlink(B);
}

static int do_symlink(long i)
{
	(void)i;
	return symlink("a", B) || unlink(B);
}

static int do_mkdir(long i)
{
	(void)i;
	return mkdir(B, 0755) || rmdir(B);
}

static int do_chmod(long i)
{
	return chmod(A, i & 1 ? 0600 : 0604);
}

static int do_chmod_owned(long i)
{
	return chmod(OWNED, i & 1 ? 0600 : 0604);
}

static int do_chdir(long i)
{
	(void)i;
	return chdir("/repeated");
}

static int do_stat(long i)
{
	struct stat st;

	(void)i;
	return stat(A, &st);
}

/* A compiler looks in many directories that are not there. */
static int do_stat_up(long i)
{
	struct stat st;

	return (!i && mkdir(DIRECTORY, 0755) && errno != EEXIST) || !stat(DIRECTORY "/none", &st) ||
	       !stat(DIRECTORY "/../none/a", &st);
}

/* With all signals blocked, as in posix_spawn(3): a bad pointer would end the process. */
static int do_sigaction(long i)
{
	const struct sigaction ignored = {.sa_handler = SIG_IGN};
	struct sigaction was;
	sigset_t all;

	if (!i && (sigfillset(&all) || sigprocmask(SIG_BLOCK, &all, NULL)))
		return -1;
	return sigaction(SIGUSR1, &ignored, NULL) || sigaction(SIGUSR1, NULL, &was);
}

/* A name that is that of no mount point, and has a hash like one. */
static int do_open_group(long i)
{
	const int fd = open("/etc/group", O_RDONLY);

	(void)i;
	return fd < 0 || close(fd);
}

static const char *self;

/* This program without arguments ends with status 2. */
static int do_exec(long i)
{
	const pid_t child = fork();
	int status;

	(void)i;
	if (!child) {
		execl(self, self, (char *)NULL);
		_exit(1);
	}
	return waitpid(child, &status, 0) != child || status != 2 << 8;
}

static const struct {
	const char *name;
	int (*make)(long i);
} calls[] = {{"rename", do_rename}, {"renameat", do_renameat}, {"link", do_link},
	{"symlink", do_symlink}, {"mkdir", do_mkdir}, {"chmod", do_chmod},
	{"chmod-owned", do_chmod_owned}, {"chdir", do_chdir}, {"stat", do_stat},
	{"stat-up", do_stat_up}, {"sigaction", do_sigaction}, {"exec", do_exec},
	{"open-group", do_open_group}};

int main(int argc, char **argv)
{
	const long times = argc == 3 ? atol(argv[2]) : 0;
	int fd;

	if (!times)
		return 2;
	self = argv[0];
	if ((mkdir("/repeated", 0755) && errno != EEXIST) || (unlink(B) && errno != ENOENT) ||
		(fd = open(A, O_CREAT | O_RDWR, 0600)) < 0)
		return 2;
	close(fd);
	if (!strcmp(argv[1], "chmod-owned") &&
		((mknod(OWNED, S_IFREG | 0600, 0) && errno != EEXIST) || chown(OWNED, 7, 7)))
		return 2;
	for (size_t n = 0; times && n < sizeof(calls) / sizeof(calls[0]); n++) {
		if (strcmp(calls[n].name, argv[1]) != 0)
			continue;
		for (long i = 0; i < times; i++)
			if (calls[n].make(i)) {
				perror(argv[1]);
				return 1;
			}
		return 0;
	}
	return 2;
}
