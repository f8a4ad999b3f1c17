/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * full.c - makes one change in an overlay whose upper layer's file system is full, or is killed while it makes
 * the change. For full.sh.
 *
 *	full grow DIR			make the lower layer
 *	full calls			print how many changes there are
 *	full call N			make change N in /w
 *	full tree LINKS			print the tree, with the numbers of links if LINKS is 1
 *	full blocks|inodes FREE N	fill /small until so many pages or inodes are free, and make change N. Print
 *					"N ok" or the errno, and "changed" if the change failed, and the tree is another
 *	full kill NS N			make change N in a child that is killed after so many ns, and print the tree without
 *					the numbers of links
 */
#define _GNU_SOURCE
#include "unions.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096

static void put(const char *p, size_t size)
{
	const int fd = open(p, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	char byte = 'a';

	for (size_t i = 0; fd >= 0 && i < size; i += PAGE)
		if (pwrite(fd, &byte, 1, (off_t)i) != 1)
			perror(p);
	close(fd);
}

static int grow(const char *top)
{
	if (chdir(top))
		return 1;
	put("f", 3 * PAGE);
	put("g", 1);
	put("gone", 1);
	put("many", 1);
	mkdir("d", 0755);
	mkdir("d/e", 0750);
	put("d/e/f", 2 * PAGE);
	put("d/e/g", 1);
	mkdir("d/empty", 0755);
	mkdir("merged", 0755);
	put("merged/below", 1);
	return symlink("f", "link") || mkfifo("d/fifo", 0644) ||
	       setxattr("f", "user.of", "v", 1, 0);
}

/* What the upper layer has before the change: new files, whiteouts, a merged directory, and a record. */
static int prepare(void)
{
	put("w/upper", 1);
	mkdir("w/updir", 0755);
	put("w/updir/f", 1);
	put("w/merged/above", 1);
	return unlink("w/gone") || chown("w/upper", 7, 8);
}

static int opened(const char *p, int flags)
{
	const int fd = open(p, flags, 0644);

	return fd < 0 ? -1 : close(fd);
}

static int bound(const char *p)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	int r;

	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", p);
	r = bind(fd, (struct sockaddr *)&sun, sizeof(sun));
	close(fd);
	return r;
}

static int named(const char *dir, const char *p)
{
	const int fd = open(dir, O_TMPFILE | O_WRONLY, 0600);

	return fd < 0 ? -1 : linkat(fd, "", AT_FDCWD, p, AT_EMPTY_PATH);
}

static int by_fd(const char *p, int change)
{
	const int fd = open(p, O_RDONLY | O_NONBLOCK);
	const struct timespec times[2] = {{1000, 1}, {2000, 2}};

	if (fd < 0)
		return -1;
	switch (change) {
	case 0:
		return fchmod(fd, 0600);
	case 1:
		return fchown(fd, 5, 6);
	case 2:
		return futimens(fd, times);
	default:
		return fsetxattr(fd, "user.new", "v", 1, 0);
	}
}

static int moved(const char *from, const char *to, unsigned flags)
{
	return renameat2(AT_FDCWD, from, AT_FDCWD, to, flags);
}

/* Make change `n`. Returns -1 and errno if it fails, 1 if there is none with this number. */
static int change(int n)
{
	switch (n) {
	case 0:
		return opened("w/f", O_WRONLY);
	case 1:
		return opened("w/d/e/f", O_WRONLY | O_TRUNC);
	case 2:
		return opened("w/d/e/new", O_WRONLY | O_CREAT | O_EXCL);
	case 3:
		return opened("w/gone", O_WRONLY | O_CREAT);
	case 4:
		return truncate("w/d/e/f", PAGE);
	case 5:
		return chmod("w/f", 0600);
	case 6:
		return chmod("w/d/e", 0700);
	case 7:
		return chown("w/d/e/g", 3, 4);
	case 8:
		return lchown("w/link", 3, 4);
	case 9:
		return setxattr("w/f", "user.new", "v", 1, 0);
	case 10:
		return setxattr("w/d/e/g", "trusted.new", "v", 1, 0);
	case 11:
		return removexattr("w/f", "user.of");
	case 12:
		return link("w/d/e/f", "w/d/linked");
	case 13:
		return link("w/upper", "w/d/e/linked");
	case 14:
		return link("w/upper", "w/gone");
	case 15:
		return moved("w/d/e/f", "w/moved", 0);
	case 16:
		return moved("w/upper", "w/f", 0);
	case 17:
		return moved("w/f", "w/d/e/g", 0);
	case 18:
		return moved("w/f", "w/upper", RENAME_EXCHANGE);
	case 19:
		return moved("w/updir", "w/gone", 0);
	case 20:
		return moved("w/updir", "w/d/empty", 0);
	case 21:
		return unlink("w/d/e/f");
	case 22:
		return unlink("w/upper");
	case 23:
		return rmdir("w/d/empty");
	case 24:
		return mkdir("w/d/e/new", 0755);
	case 25:
		return mkdir("w/gone", 0755);
	case 26:
		return symlink("x", "w/gone");
	case 27:
		return mknod("w/d/new", S_IFIFO | 0644, 0);
	case 28:
		return mknod("w/gone", S_IFCHR | 0600, makedev(1, 3));
	case 29:
		return bound("w/d/e/socket");
	case 30:
		return named("w/d", "w/d/e/named");
	case 31:
		return chown("w/d", 1, 1);
	case 32:
	case 33:
	case 34:
	case 35:
		return by_fd("w/d/e/f", n - 32);
	case 36:
		return mkfifo("w/merged/fifo", 0640);
	case 37:
		return unlink("w/merged/below");
	case 38:
		return moved("w/link", "w/gone", 0);
	case 39:
		return chmod("w/d/fifo", 0600);
	default:
		return 1;
	}
}

#define CHANGES 40

/* What `show` prints, as a string. */
static char *tree(void)
{
	FILE *const out = stdout;
	char *text = NULL;
	size_t size;

	stdout = open_memstream(&text, &size);
	show("w", 1);
	fclose(stdout);
	stdout = out;
	return text;
}

/* Only so many pages or inodes stay free. */
static void fill(int pages, long left)
{
	static char page[PAGE];
	const int fd = open("/small/filler", O_WRONLY | O_CREAT, 0600);
	char name[40];
	long n = 0;

	mkdir("/small/i", 0755);
	if (pages) {
		while (write(fd, page, PAGE) == PAGE)
			n++;
		if (ftruncate(fd, (n - left) * PAGE))
			perror("filler");
		return;
	}
	do
		snprintf(name, sizeof(name), "/small/i/%ld", n++);
	while (!mknod(name, S_IFREG | 0600, 0));
	for (n--; left && n; left--) {
		snprintf(name, sizeof(name), "/small/i/%ld", --n);
		unlink(name);
	}
}

static void make_when_full(int pages, long left, int n)
{
	char *before, *after;
	int r, e;

	fill(pages, left);
	before = tree();
	r = change(n);
	e = errno;
	after = tree();
	printf("%d %s%s\n", n, r ? strerrorname_np(e) : "ok",
		r && strcmp(before, after) ? " changed" : "");
	if (r && strcmp(before, after))
		printf("-- before\n%s-- after\n%s", before, after);
}

static void make_and_be_killed(long ns, int n)
{
	const struct timespec wait = {.tv_nsec = ns};
	int go[2];
	char byte = 0;
	pid_t pid;

	if (pipe(go) || (pid = fork()) < 0)
		exit(1);
	if (!pid) {
		if (write(go[1], &byte, 1) == 1)
			change(n);
		_exit(0);
	}
	if (read(go[0], &byte, 1) != 1)
		exit(1);
	nanosleep(&wait, NULL);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	show("w", 0);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	const int n = atoi(argv[argc - 1]);

	umask(022);
	if (argc == 3 && !strcmp(what, "grow"))
		return grow(argv[2]);
	if (argc == 2 && !strcmp(what, "calls"))
		return printf("%d\n", CHANGES) < 0;
	if (argc == 3 && !strcmp(what, "tree")) {
		show("w", n);
		return 0;
	}
	if (argc < 3 || chdir("/") || prepare())
		return 2;
	if (!strcmp(what, "kill")) {
		make_and_be_killed(atol(argv[2]), n);
	} else if (!strcmp(what, "call")) {
		if (change(n))
			return printf("change %d: %s\n", n, strerrorname_np(errno)) > 0;
	} else {
		make_when_full(!strcmp(what, "blocks"), atol(argv[2]), n);
	}
	return 0;
}
