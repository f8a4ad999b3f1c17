/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * watched.c - a process watches /w/appended, another one that has changed owners before changes its owner: is
 * the first told? And is one of the jail's descriptors open to who watches, or to his child? For
 * w05-filesystems.sh.
 *
 * Prints "told" and how many calls of descriptors that are not open did not say EBADF. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/sendfile.h>
#include <sys/wait.h>
#include <unistd.h>

#define NUMBERS 1024
#define FILE_WATCHED "/w/appended"

static int says_ebadf(long r)
{
	return r == -1 && errno == EBADF;
}

static int open_ones(void)
{
	const int ep = epoll_create1(0), null = open("/bin/busybox", O_RDONLY);
	char byte[16];
	int bad = 0;

	for (int fd = 3; fd < NUMBERS; fd++) {
		struct epoll_event event = {.events = EPOLLIN};
		struct pollfd one = {.fd = fd, .events = POLLIN};

		if (fcntl(fd, F_GETFD) != -1)
			continue;
		bad += !says_ebadf(read(fd, byte, sizeof(byte)));
		bad += !says_ebadf(pread(fd, byte, sizeof(byte), 0));
		bad += !says_ebadf(lseek(fd, 0, SEEK_CUR));
		bad += !says_ebadf(fsync(fd));
		bad += !says_ebadf(fdatasync(fd));
		bad += !says_ebadf(flock(fd, LOCK_UN));
		bad += !says_ebadf(readahead(fd, 0, 1));
		bad += posix_fadvise(fd, 0, 1, POSIX_FADV_NORMAL) != EBADF;
		bad += !says_ebadf(syncfs(fd));
		bad += !says_ebadf(sendfile(null, fd, NULL, 1));
		bad += !says_ebadf(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &event));
		bad += poll(&one, 1, 0) != 1 || one.revents != POLLNVAL;
	}
	close(ep);
	close(null);
	return bad;
}

static void wait_for(int fd)
{
	char byte;

	if (read(fd, &byte, 1) != 1)
		exit(3);
}

int main(void)
{
	char event[4096];
	int watching[2], changed[2], bad, status, fd;
	pid_t pid;

	if (pipe(watching) || pipe(changed))
		return 3;
	pid = fork();
	if (!pid) {
		/* It has found that nobody watches. */
		if (chown(FILE_WATCHED, 70, 70) || write(changed[1], "", 1) != 1)
			_exit(1);
		wait_for(watching[0]);
		_exit(chown(FILE_WATCHED, 71, 71) || chown(FILE_WATCHED, 9, 9));
	}
	wait_for(changed[0]);
	fd = inotify_init1(IN_NONBLOCK);
	if (inotify_add_watch(fd, FILE_WATCHED, IN_ATTRIB) < 0)
		return 3;
	while (read(fd, event, sizeof(event)) > 0)
		;
	if (write(watching[1], "", 1) != 1 || waitpid(pid, &status, 0) != pid || status)
		return 3;
	printf("%s", read(fd, event, sizeof(event)) > 0 ? "told" : "not told");
	bad = open_ones();
	fflush(stdout);
	pid = fork();
	if (!pid)
		_exit(open_ones() != 0);
	if (waitpid(pid, &status, 0) != pid)
		return 3;
	printf(", %d calls of descriptors that are not open\n", bad + !!status);
	return 0;
}
