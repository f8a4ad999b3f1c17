/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * interrupted.c - what overlay-signals.sh runs: it makes a call that copies a large lower file up, and
 * prints what came of it. Meanwhile SIGUSR1 comes, which has a handler, is ignored or is blocked.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

static volatile sig_atomic_t handled;

static void handler(int sig)
{
	(void)sig;
	handled++;
}

static int make_call(const char *call, const char *file, const char *other, int fd)
{
	if (!strcmp(call, "open"))
		return open(file, O_WRONLY);
	if (!strcmp(call, "truncate"))
		return truncate(file, 1000);
	if (!strcmp(call, "chmod"))
		return chmod(file, 0600);
	if (!strcmp(call, "fchmod"))
		return fchmod(fd, 0600);
	if (!strcmp(call, "chown"))
		return chown(file, 0, 0);
	if (!strcmp(call, "setxattr"))
		return setxattr(file, "user.interrupted", "1", 1, 0);
	if (!strcmp(call, "utimensat"))
		return utimensat(AT_FDCWD, file, NULL, 0);
	if (!strcmp(call, "link"))
		return link(file, other);
	if (!strcmp(call, "rename"))
		return rename(file, other);
	return -2;
}

int main(int argc, char **argv)
{
	struct sigaction sa = {.sa_handler = handler};
	char other[4096];
	sigset_t set;
	int fd, r;

	if (argc != 4)
		return 1;
	if (!strcmp(argv[3], "restart"))
		sa.sa_flags = SA_RESTART;
	if (!strcmp(argv[3], "ignored"))
		sa.sa_handler = SIG_IGN;
	sigaction(SIGUSR1, &sa, NULL);
	if (!strcmp(argv[3], "blocked")) {
		sigemptyset(&set);
		sigaddset(&set, SIGUSR1);
		sigprocmask(SIG_BLOCK, &set, NULL);
	}
	snprintf(other, sizeof(other), "%s-other", argv[1]);
	fd = strcmp(argv[2], "fchmod") ? -1 : open(argv[1], O_RDONLY);
	printf("%d\n", (int)getpid());
	fflush(stdout);
	getchar();
	r = make_call(argv[2], argv[1], other, fd);
	printf("%s, %s\n", r < 0 ? strerrorname_np(errno) : "done",
		handled ? "handled" : "not handled");
	fflush(stdout);
	for (;;)
		pause();
}
