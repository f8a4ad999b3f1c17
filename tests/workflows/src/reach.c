/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * reach.c - `reach WAY DIRECTORY NAME`: come to a directory in one of many ways, look at one file
 * in it, print its ids.
 *
 * Nothing else is looked at. `reach give DIRECTORY COMMAND...` runs a command that finds the
 * directory open as 3, a socket as 4 from which it can receive the directory, and as 5 a process
 * that stands in it.
 *
 * Called by w05-truth.sh. */
#define _GNU_SOURCE
#include <dirent.h>
#include <err.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int must(int r, const char *what)
{
	if (r < 0)
		err(1, "%s", what);
	return r;
}

static int opened(const char *dir, int flags)
{
	return must(open(dir, flags | O_DIRECTORY), dir);
}

static int show(int dirfd, const char *name)
{
	struct stat st;

	must(fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW), name);
	printf("%u:%u\n", st.st_uid, st.st_gid);
	return 0;
}

static void pass(int socket, int fd, int receives, int *received)
{
	char byte = 'x', room[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec text = {&byte, 1};
	struct msghdr m = {.msg_iov = &text,
		.msg_iovlen = 1,
		.msg_control = room,
		.msg_controllen = sizeof(room)};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	if (receives) {
		must((int)recvmsg(socket, &m, 0), "recvmsg");
		c = CMSG_FIRSTHDR(&m);
		memcpy(received, CMSG_DATA(c), sizeof(int));
		return;
	}
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(int));
	must((int)sendmsg(socket, &m, 0), "sendmsg");
}

static int give(char **argv)
{
	const int dir = opened(argv[1], O_RDONLY | O_CLOEXEC);
	char stands[32];
	int pair[2], status;
	pid_t pid;
	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), "socketpair");
	pass(pair[0], dir, 0, NULL);
	must(fchdir(dir), "fchdir"); /* before anybody looks */
	pid = must(fork(), "fork");
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	must(chdir("/"), "/");
	snprintf(stands, sizeof(stands), "%d", pid);
	setenv("STANDS", stands, 1);
	if (!must(fork(), "fork")) {
		const int high_dir = must(fcntl(dir, F_DUPFD, 10), "dup"),
			  high_socket = must(fcntl(pair[1], F_DUPFD, 10), "dup");

		close(3);
		close(4);
		if (!strcmp(argv[0], "open"))
			must(dup2(high_dir, 3), "dup2");
		if (!strcmp(argv[0], "socket"))
			must(dup2(high_socket, 4), "dup2");
		close(high_dir);
		close(high_socket);
		argv++;
		execvp(argv[1], argv + 1);
		err(1, "%s", argv[1]);
	}
	while (wait(&status) == pid)
		;
	kill(pid, SIGKILL);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int main(int argc, char **argv)
{
	const char *way = argv[1], *dir = argv[2], *name = argv[3];
	char text[4096];
	int fd;

	if (argc < 4)
		errx(2, "usage: reach WAY DIRECTORY NAME");
	if (!strcmp(way, "give"))
		return give(argv + 2);
	if (!strcmp(way, "path")) {
		snprintf(text, sizeof(text), "%s/%s", dir, name);
		return show(AT_FDCWD, text);
	}
	if (!strcmp(way, "open"))
		return show(opened(dir, O_RDONLY), name);
	if (!strcmp(way, "open-path"))
		return show(opened(dir, O_PATH), name);
	if (!strcmp(way, "opendir")) {
		DIR *d = opendir(dir);

		return d ? show(dirfd(d), name) : must(-1, dir);
	}
	if (!strcmp(way, "two")) { /* and another one is opened in between */
		fd = opened(dir, O_RDONLY);
		opened("/", O_RDONLY);
		return show(fd, name);
	}
	if (!strcmp(way, "entered")) { /* and closed */
		fd = opened(dir, O_RDONLY);
		must(fchdir(fd), "fchdir");
		close(fd);
		return show(AT_FDCWD, name);
	}
	if (!strcmp(way, "entered-two")) { /* and its number is another's */
		fd = opened(dir, O_RDONLY);
		must(fchdir(fd), "fchdir");
		close(fd);
		opened("/", O_RDONLY);
		return show(AT_FDCWD, name);
	}
	if (!strcmp(way, "chdir")) {
		must(chdir(dir), dir);
		return show(AT_FDCWD, name);
	}
	if (!strcmp(way, "step")) { /* from the one that it is in */
		char *last = strrchr(argv[2], '/');

		*last = 0;
		must(chdir(dir), dir);
		must(chdir(last + 1), last + 1);
		return show(AT_FDCWD, name);
	}
	if (!strcmp(way, "step-open")) {
		char *last = strrchr(argv[2], '/');

		*last = 0;
		fd = opened(dir, O_RDONLY);
		return show(must(openat(fd, last + 1, O_RDONLY | O_DIRECTORY), last + 1), name);
	}
	if (!strcmp(way, "exec")) { /* opened by the program before */
		fd = opened(dir, O_RDONLY);
		must(dup2(fd, 3), "dup2");
		execl(argv[0], argv[0], "inherited", dir, name, (char *)NULL);
		err(1, "exec");
	}
	if (!strcmp(way, "exec-entered")) {
		must(chdir(dir), dir);
		execl(argv[0], argv[0], "stands", dir, name, (char *)NULL);
		err(1, "exec");
	}
	if (!strcmp(way, "stands"))
		return show(AT_FDCWD, name);
	if (!strcmp(way, "inherited"))
		return show(3, name);
	if (!strcmp(way, "received")) {
		pass(4, -1, 1, &fd);
		return show(fd, name);
	}
	if (!strcmp(way, "another's")) {
		snprintf(text, sizeof(text), "/proc/%s/cwd", getenv("STANDS"));
		return show(opened(text, O_RDONLY), name);
	}
	if (!strcmp(way, "another's-chdir")) {
		snprintf(text, sizeof(text), "/proc/%s/cwd", getenv("STANDS"));
		must(chdir(text), text);
		return show(AT_FDCWD, name);
	}
	errx(2, "no such way: %s", way);
}
