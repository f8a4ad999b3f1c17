/* SPDX-FileCopyrightText: The fakejail authors SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * unions_more.c - more calls for unions.c. Some of them fail, and must leave nothing in the upper
 * layer. Others use descriptors, directories and mappings from before a copy-up. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "unions.h"

#define NR_FCHMODAT2 452

static int is_device(const char *p)
{
	struct stat st;

	return !stat(p, &st) && S_ISCHR(st.st_mode);
}

static void refused(const char *p)
{
	static char large[70000];
	static const struct timespec never[2] = {{1, 2000000000}, {1, 1}};

	switch (pick(12)) {
	case 0:
		say("create", lsetxattr(p, "user.of", "x", 1, XATTR_CREATE));
		break;
	case 1:
		say("replace", lsetxattr(p, "user.none", "x", 1, XATTR_REPLACE));
		break;
	case 2:
		say("remove", lremovexattr(p, "user.none"));
		break;
	case 3:
		say("bad name", lsetxattr(p, "bad.name", "x", 1, 0));
		break;
	case 4:
		say("large", lsetxattr(p, "user.large", large, sizeof(large), 0));
		break;
	case 5:
		say("bad flags", lsetxattr(p, "user.of", "x", 1, 77));
		break;
	case 6:
		say("truncate", truncate(p, -1));
		break;
	case 7:
		say("utimensat", utimensat(AT_FDCWD, p, never, AT_SYMLINK_NOFOLLOW));
		break;
	case 8:
		say("open", open(p, O_WRONLY | O_DIRECTORY | O_NONBLOCK));
		break;
	case 9:
		say("chmod", syscall(NR_FCHMODAT2, AT_FDCWD, p, 0700, 0x8000));
		break;
	case 10:
		say("chown", fchownat(AT_FDCWD, p, 0, 0, 0x8000));
		break;
	default:
		say("open", open(p, O_WRONLY | O_CREAT | O_EXCL, 0600) < 0 ? -1 : 0);
	}
}

/* Makes calls by a descriptor that does not allow them. */
static void refused_fd(const char *p)
{
	static const struct timespec times[2] = {{1, 1}, {1, 1}};
	const int fd = open(p, O_PATH | O_NOFOLLOW);

	say("path", fd);
	say("fchmod", fchmod(fd, 0700));
	say("fchown", fchown(fd, 1, 1));
	say("futimens", futimens(fd, times));
	say("fsetxattr", fsetxattr(fd, "user.of", "x", 1, 0));
	say("fremovexattr", fremovexattr(fd, "user.of"));
	say("ftruncate", ftruncate(fd, 0));
	close(fd);
}

static void in_memory(const char *p)
{
	int fd;
	char *at, byte = 0;

	if (is_device(p)) {
		printf(" a device");
		return;
	}
	fd = open(p, O_RDWR | O_NONBLOCK);
	say("open", fd);
	if (fd < 0)
		return;
	at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	say("mmap", at == MAP_FAILED ? -1 : 0);
	if (at != MAP_FAILED && lseek(fd, 0, SEEK_END) > 0) {
		at[0] = 'm';
		say("read", pread(fd, &byte, 1, 0));
		printf(" %c", byte);
	}
	if (at != MAP_FAILED)
		munmap(at, 4096);
	if (!pick(2))
		say("hole", fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096));
	close(fd);
}

/* Uses a directory that was opened, or was the working directory, before it was copied up. */
static void in_directory(const char *p)
{
	struct stat st;
	const int fd = open(p, (pick(2) ? O_PATH : O_RDONLY) | O_DIRECTORY);
	char name[300];

	say("directory", fd);
	if (fd < 0)
		return;
	if (!pick(2))
		say("chmod", chmod(p, 0700 + pick(8) * 011));
	if (!pick(2))
		say("chdir", fchdir(fd));
	say("openat", openat(fd, word(), O_WRONLY | O_CREAT | O_NONBLOCK | O_NOFOLLOW, 0640) < 0 ?
			      -1 :
			      0);
	say("stat", fstatat(fd, word(), &st, AT_SYMLINK_NOFOLLOW));
	say("mkdirat", mkdirat(fd, word(), 0700));
	say("renameat", renameat2(fd, word(), fd, word(), pick(3)));
	say("unlinkat", unlinkat(fd, word(), pick(2) ? AT_REMOVEDIR : 0));
	say("linkat", linkat(fd, word(), fd, word(), 0));
	say("faccessat", faccessat(fd, word(), W_OK, 0));
	printf(" in %s", getcwd(name, sizeof(name)) ? name : strerrorname_np(errno));
	say("up", fstatat(fd, "..", &st, 0));
	if (chdir("/"))
		_exit(1);
	close(fd);
}

/* Makes and removes names while a directory is listed. Names that stay must be listed once. */
static void while_listed(const char *p)
{
	int told[4] = {0}, before[4], after[4];
	struct dirent *e;
	struct stat st;
	DIR *d = opendir(p);
	const int fd = d ? dirfd(d) : -1;
	int wrong = 0;
	long first;

	say("list", fd);
	if (!d)
		return;
	for (int i = 0; i < 4; i++)
		before[i] = !fstatat(fd, words[i], &st, AT_SYMLINK_NOFOLLOW);
	first = telldir(d);
	for (unsigned n = pick(4); n && readdir(d); n--)
		;
	seekdir(d, first);
	say("make", mkdirat(fd, word(), 0700));
	while ((e = readdir(d))) {
		for (int i = 0; i < 4; i++)
			told[i] += !strcmp(e->d_name, words[i]);
		if (!pick(3))
			say("take", unlinkat(fd, word(), 0));
	}
	for (int i = 0; i < 4; i++)
		after[i] = !fstatat(fd, words[i], &st, AT_SYMLINK_NOFOLLOW);
	for (int i = 0; i < 4; i++)
		wrong += (before[i] && after[i] && told[i] != 1) || told[i] > 1 ||
			 (!before[i] && !after[i] && told[i]);
	printf(" wrong %d", wrong);
	closedir(d);
}

static void run(const char *p)
{
	char *const argv[] = {(char *)p, NULL};
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		execve(p, argv, argv + 1);
		_exit(errno);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		_exit(1);
	printf(" exec %s", strerrorname_np(WEXITSTATUS(status)));
}

static void by_fifo_or_socket(const char *p)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	const int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	char bytes[4];
	struct stat st;
	int fifo;

	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", p);
	say("connect", connect(fd, (struct sockaddr *)&sun, sizeof(sun)));
	close(fd);
	if (stat(p, &st) || !S_ISFIFO(st.st_mode))
		return;
	fifo = open(p, O_RDWR | O_NONBLOCK);
	say("fifo", fifo);
	if (fifo < 0)
		return;
	say("write", write(fifo, "fifo", 4));
	say("read", read(fifo, bytes, 4));
	close(fifo);
}

static void nameless_by_fd(const char *dir, const char *p)
{
	const int fd = open(dir, O_TMPFILE | O_RDWR, 0640);
	char byte = 0;

	say("nameless", fd);
	if (fd < 0)
		return;
	say("write", write(fd, "t", 1));
	say("fchmod", fchmod(fd, 0604));
	say("named", linkat(fd, "", AT_FDCWD, p, AT_EMPTY_PATH));
	say("again", linkat(fd, "", AT_FDCWD, dir, AT_EMPTY_PATH));
	say("read", pread(fd, &byte, 1, 0));
	close(fd);
}

void more_calls(const char *p, const char *q)
{
	static const unsigned flags[] = {1, 2, 3, 4, 5, 6, 8};

	switch (pick(12)) {
	case 0:
	case 1:
	case 2:
		refused(p);
		break;
	case 3:
		refused_fd(p);
		break;
	case 4:
		in_memory(p);
		break;
	case 5:
	case 6:
		in_directory(p);
		break;
	case 7:
		while_listed(p);
		break;
	case 8:
		run(p);
		break;
	case 9:
		by_fifo_or_socket(p);
		break;
	case 10:
		nameless_by_fd(p, q);
		break;
	default:
		say("rename", renameat2(AT_FDCWD, p, AT_FDCWD, q, flags[pick(7)]));
		say("link", linkat(AT_FDCWD, q, AT_FDCWD, p, pick(2) ? AT_SYMLINK_FOLLOW : 0));
	}
}
