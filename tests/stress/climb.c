/* SPDX-FileCopyrightText: The fakejail authors SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * climb.c - tests that no name with `..` leads above the root. For climb.sh, which runs it in a
 * jail.
 *
 * One thread looks up such names from its working directory and from a descriptor. Another thread
 * replaces that directory meanwhile. The file "outside" is around the root, and not in it. Then
 * files are made in the same way, where one of the two directories, /ro, is mounted read-only: no
 * file may be made there. argv[1] is the number of lookups of each kind.
 *
 * At last, one thread looks up names from directories whose paths the kernel does not tell: they
 * are removed, or too deep. With enough `..`, the root is reached.
 *
 * argv[2] and the following name the places for those directories. If "-NAME" follows one, it is
 * itself removed, by that name. Instead of all that, the arguments may be "full" or "few": no
 * descriptor, or one, is free.
 *
 * Prints how many names were looked up, and how many of each kind led to a wrong place. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static atomic_int is_over;
static int dir, root, deep, writable, read_only;

static void *moves_cwd(void *unused)
{
	while (!is_over)
		if (chdir("/a/b/c") || chdir("/"))
			exit(3);
	return unused;
}

static void *moves_to_read_only(void *unused)
{
	while (!is_over)
		if (chdir("/rw") || chdir("/ro") || dup2(writable, dir) < 0 ||
			dup2(read_only, dir) < 0)
			exit(3);
	return unused;
}

static void *moves_fd(void *unused)
{
	while (!is_over)
		if (dup2(deep, dir) < 0 || dup2(root, dir) < 0)
			exit(3);
	return unused;
}

static const char *const name[] = {"../outside", "../../outside", "../../../outside",
	"d/../../outside", "d/../../../outside", "./../outside", "up/outside", "d/up/outside",
	"d/up/../outside", "gone/../outside"};
#define NAMES (sizeof(name) / sizeof(name[0]))

static long looks_out(int at, long count)
{
	struct stat st;
	long out = 0;
	int fd;

	for (long i = 0; i < count; i++) {
		out += !fstatat(at, name[i % NAMES], &st, 0);
		fd = openat(at, name[(i + 1) % NAMES], O_RDONLY);
		if (fd >= 0) {
			out++;
			close(fd);
		}
		out += !faccessat(at, name[(i + 2) % NAMES], F_OK, 0);
	}
	return out;
}

static long makes(int at, long count)
{
	char name[32];
	int fd;

	for (long i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "%d-%ld", at, i);
		fd = openat(at, name, O_WRONLY | O_CREAT, 0600);
		if (fd >= 0)
			close(fd);
		else
			mkdirat(at, name, 0700);
	}
	return 0;
}

static long beside(void *(*mover)(void *), long (*work)(int at, long count), int at, long count)
{
	pthread_t thread;
	long out;

	is_over = 0;
	if (pthread_create(&thread, NULL, mover, NULL))
		exit(3);
	out = work(at, count);
	is_over = 1;
	pthread_join(thread, NULL);
	return out;
}

#define DEEP 24 /* of names of 200 bytes, more than PATH_MAX */
#define UPS 40

/* Goes up from the working directory, and from a descriptor of it. Returns how many ways do not end
 * in the root. */
static long climbs(int at)
{
	struct stat top, st;
	char up[3 * UPS + 16] = "";
	long out = 0;

	if (stat("/", &top))
		exit(3);
	for (int i = 0; i < UPS; i++)
		strcat(up, "../");
	out += fstatat(at, up, &st, 0) || st.st_ino != top.st_ino || st.st_dev != top.st_dev;
	for (int i = 0; i < UPS; i++) {
		strcpy(up + 3 * i, "outside");
		out += !fstatat(at, up, &st, 0) || !faccessat(at, up, F_OK, 0);
		strcpy(up + 3 * i, "../");
	}
	return out;
}

static long climbs_here(void)
{
	const int at = open(".", O_PATH);
	const long out = climbs(AT_FDCWD) + climbs(at);

	close(at);
	return out;
}

/* The same for directories in `where`. */
static long climbs_from(const char *where)
{
	char name[201];
	long out;
	int above;

	if (chdir(where) || mkdir("gone", 0700) || chdir("gone") || mkdir("gone", 0700) ||
		(above = open(".", O_PATH)) < 0 || chdir("gone") ||
		unlinkat(above, "gone", AT_REMOVEDIR))
		exit(3);
	out = climbs_here();
	close(above);
	above = open(where, O_PATH);
	if (unlinkat(above, "gone", AT_REMOVEDIR))
		exit(3);
	out += climbs_here();
	memset(name, 'd', sizeof(name) - 1);
	name[sizeof(name) - 1] = 0;
	if (chdir(where))
		exit(3);
	for (int i = 0; i < DEEP; i++)
		if (mkdir(name, 0700) || chdir(name))
			exit(3);
	out += climbs_here();
	if (chdir(where))
		exit(3);
	for (int i = 0; i < DEEP; i++)
		if (chdir(name))
			exit(3);
	for (int i = 0; i < DEEP; i++)
		if (chdir("..") || rmdir(name))
			exit(3);
	close(above);
	return out;
}

/* The same for the directory that is mounted on `where`, and is removed by another name. */
static long climbs_from_gone_mount(const char *where, const char *other)
{
	if (chdir(where) || rmdir(other))
		exit(3);
	return climbs_here();
}

static void take_descriptors(int left)
{
	const struct rlimit limit = {64, 64};
	int last = -1, fd;

	if (setrlimit(RLIMIT_NOFILE, &limit))
		exit(3);
	while ((fd = dup(root)) >= 0)
		last = fd;
	if (left && (last < 0 || close(last)))
		exit(3);
}

int main(int argc, char **argv)
{
	const long count = argc > 1 ? atol(argv[1]) : 1000;

	root = open("/", O_PATH);
	deep = open("/a/b/c", O_PATH);
	writable = open("/rw", O_PATH);
	read_only = open("/ro", O_PATH);
	dir = open("/", O_PATH);
	if (root < 0 || deep < 0 || writable < 0 || read_only < 0 || dir < 0)
		return 3;
	if (argc > 2 && argv[2][0] == 'f') {
		take_descriptors(!strcmp(argv[2], "few"));
		argc = 2;
	}
	printf("%ld names, %ld by the working directory and ", count * 3,
		beside(moves_cwd, looks_out, AT_FDCWD, count));
	printf("%ld by a descriptor led out\n", beside(moves_fd, looks_out, dir, count));
	if (chdir("/rw") || dup2(writable, dir) < 0)
		return 3;
	beside(moves_to_read_only, makes, AT_FDCWD, count / 10);
	beside(moves_to_read_only, makes, dir, count / 10);
	for (int i = 2; i < argc; i++)
		if (argv[i + 1] && argv[i + 1][0] == '-')
			i++, printf("%s: %ld ways up led out\n", argv[i - 1],
				     climbs_from_gone_mount(argv[i - 1], argv[i] + 1));
		else
			printf("%s: %ld ways up led out\n", argv[i], climbs_from(argv[i]));
	return 0;
}
