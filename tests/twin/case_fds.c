/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_fds.c - tests programs that close or mark all descriptors, or have few numbers: the jail
 * must not need one of their numbers.
 */
#include "twin.h"

static void calls(const char *when)
{
	struct stat st;

	say("-- %s\n", when);
	R(access("/etc/passwd", F_OK));
	R(stat("/etc/absolute", &st));
	R(access("missing", F_OK));
	int fd = (int)R(open("/etc/above", O_RDONLY));
	close(fd);
	R(mkdir("d", 0755));
	R(chdir("d"));
	R(chdir(".."));
	R(rmdir("d"));
}

CASE(fds_close_range)
{
	R(sys_close_range(3, ~0U, 0));
	calls("closed");
	R(sys_close_range(3, 2, 0));
	R(sys_close_range(3, 100, 77));
	R(sys_close_range(3, ~0U, 4));
	calls("cloexec");
	CHILD("exec")
		R(execve(twin_self, ARGV("x", "@fds"), environ));
	CHILD("unshared") {
		R(sys_close_range(3, ~0U, 2));
		calls("unshared");
	}
	CHILD("part") {
		R(sys_close_range(500, 1500, 0));
		R(sys_close_range(1023, 1023, 0));
		R(sys_close_range(1024, ~0U, 0));
		calls("part");
	}
}

/* A range may begin or end at each of the numbers that the jail uses. */
CASE(fds_close_range_anywhere)
{
	struct rlimit rl = {1100, 4096};

	R(setrlimit(RLIMIT_NOFILE, &rl));
	R(dup2(0, 1050));
	for (int fd = 1000; fd < 1030; fd++) {
		R(sys_close_range(900, (unsigned)fd, 0));
		R(fcntl(1050, F_GETFD));
		R(sys_close_range((unsigned)fd, 1040, 0));
		R(fcntl(1050, F_GETFD));
		R(sys_close_range((unsigned)fd, (unsigned)fd, 0));
		R(sys_close_range((unsigned)fd, (unsigned)fd - 1, 0));
		R(sys_close_range((unsigned)fd, ~0U, 4));
		R(fcntl(1050, F_SETFD, 0));
	}
	R(sys_close_range(1020, ~0U, 0));
	R(fcntl(1050, F_GETFD));
	R(access("/etc/passwd", F_OK));
}

TOOL(fds)
{
	calls("after exec");
	for (int i = 0; i < 1100; i++) {
		int flags = fcntl(i, F_GETFD);
		if (flags >= 0)
			say("fd %d flags %d\n", i, flags);
	}
}

/* As daemons do it: every number, one by one. */
CASE(fds_close_each)
{
	int closed = 0;

	open("/etc/passwd", O_RDONLY);
	for (int fd = 3; fd < 70000; fd++)
		closed += close(fd) == 0;
	say("closed %d\n", closed);
	calls("closed");
	CHILD("exec")
		R(execve(twin_self, ARGV("x", "@fds"), environ));
}

/* As apt does it, so that the child inherits nothing. */
CASE(fds_cloexec_each)
{
	int marked = 0;

	for (int fd = 3; fd < 4096; fd++)
		marked += fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
	say("marked %d\n", marked);
	calls("marked");
	CHILD("exec")
		R(execve(twin_self, ARGV("x", "@fds"), environ));
}

CASE(fds_dup2_over_each)
{
	int copied = 0;

	for (int fd = 3; fd < 1024; fd++)
		copied += dup2(0, fd) == fd;
	say("copied %d\n", copied);
	R(dup2(0, 1024));
	R(dup(0));
	R(open("/etc/passwd", O_RDONLY));
	R(access("/etc/passwd", F_OK));
	close(10);
	calls("all numbers used but one");
	CHILD("exec") {
		for (int fd = 11; fd < 1024; fd++)
			close(fd);
		R(execve(twin_self, ARGV("x", "@fds"), environ));
	}
	CHILD("exec with all in use") {
		dup2(0, 10);
		R(execve(twin_self, ARGV("x", "@say", "started"), environ));
	}
}

CASE(fds_low_limit)
{
	struct rlimit rl = {20, 4096};

	R(setrlimit(RLIMIT_NOFILE, &rl));
	R(getrlimit(RLIMIT_NOFILE, &rl));
	say("%ld %ld\n", (long)rl.rlim_cur, (long)rl.rlim_max);
	calls("20");
	int n = 0;
	while (open("/etc/passwd", O_RDONLY) >= 0)
		n++;
	say("opened %d, then %e\n", n, errno);
	R(access("/etc/absolute", F_OK));
	R(mkdir("d", 0755));
	R(rmdir("d"));
	R(dup(0));
	for (int fd = 3; fd < 20; fd++)
		close(fd);
	CHILD("exec")
		R(execve(twin_self, ARGV("x", "@fds"), environ));
	rl.rlim_cur = rl.rlim_max = 6;
	R(setrlimit(RLIMIT_NOFILE, &rl));
	CHILD("exec with six")
		R(execve(twin_self, ARGV("x", "@fds"), environ));
	rl.rlim_cur = rl.rlim_max = 3;
	R(setrlimit(RLIMIT_NOFILE, &rl));
	R(open("/etc/passwd", O_RDONLY));
	R(access("/etc/passwd", F_OK));
	R(chdir("/etc"));
	R(access("passwd", F_OK));
}

/* However few descriptors are free below a hard limit: the program runs or execve(2) fails. */
CASE(fds_few_free_at_exec)
{
	const struct rlimit rl = {20, 20};

	for (int free = 0; free < 8; free++) {
		const pid_t pid = fork();
		int status = 0;

		if (!pid) {
			setrlimit(RLIMIT_NOFILE, &rl);
			while (dup(0) >= 0)
				;
			for (int i = 0; i < free; i++)
				close(8 + i);
			close(2); /* where ld.so would say that it can open nothing */
			dup(0);
			execve(twin_self, ARGV("x", "@exit", "3"), environ);
			_exit(3);
		}
		waitpid(pid, &status, 0);
		say("%d free: signal %d\n", free, WTERMSIG(status));
	}
}

CASE(fds_limit_below_open)
{
	struct rlimit rl = {10, 4096};

	R(dup2(open("/etc/passwd", O_RDONLY), 900));
	R(setrlimit(RLIMIT_NOFILE, &rl));
	show_fd("900", 900);
	calls("limit 10");
	CHILD("exec")
		R(execve(twin_self, ARGV("x", "@fds"), environ));
	rl.rlim_cur = 4096;
	R(setrlimit(RLIMIT_NOFILE, &rl));
	R(dup2(900, 4095));
	R(dup2(900, 4096));
	R(fcntl(0, F_DUPFD, 1000));
	R(fcntl(0, F_DUPFD, 1000));
	R(fcntl(0, F_DUPFD_CLOEXEC, 1000));
}

CASE(fds_closed_standard)
{
	CHILD("without stdin") {
		close(0);
		R(execve(twin_self, ARGV("x", "@fds"), environ));
	}
	CHILD("only stdout") {
		close(0);
		close(2);
		R(execve(twin_self, ARGV("x", "@fds"), environ));
	}
	CHILD("none") {
		int p[2], status;
		char c = 0;
		pipe(p);
		pid_t pid = fork();
		if (pid == 0) {
			dup2(p[1], 9);
			close(p[0]);
			close(p[1]);
			close(0);
			close(1);
			close(2);
			execve(twin_self, ARGV("x", "@opens"), environ);
			twin_exit(9);
		}
		waitpid(pid, &status, 0);
		say_status("none", status);
		read(p[0], &c, 1);
		say("the first number was %d\n", c - '0');
	}
}

TOOL(opens)
{
	char c = (char)('0' + open("/etc/passwd", O_RDONLY));
	write(9, &c, 1);
}

/* As many as there may be: each can be used, and closed again. */
CASE(fds_as_many_as_there_are)
{
	const struct rlimit limit = {1100, 1100};
	int count = 0, bad = 0, given[1100];
	char byte;

	R(setrlimit(RLIMIT_NOFILE, &limit));
	while ((given[count] = open("/etc/passwd", O_RDONLY)) >= 0)
		count++;
	say("%d, last %d\n", errno, given[count - 1]);
	while (count--)
		bad += pread(given[count], &byte, 1, 0) != 1 || close(given[count]);
	say("%d bad\n", bad);
}

CASE(fds_dup3)
{
	R(dup3(0, 5, O_CLOEXEC));
	R(fcntl(5, F_GETFD));
	R(dup3(0, 0, O_CLOEXEC));
	R(dup3(0, 5, 1));
	R(dup3(99, 5, 0));
	R(dup2(0, -1));
	R(dup2(0, 0));
	R(dup2(99, 99));
	R(dup2(0, 1000));
	R(dup2(0, 1001));
	R(dup2(0, 1023));
	R(close(1000));
	R(close(1000));
	R(close(1001));
	R(close(1023));
	R(close(1023));
	for (int fd = 980; fd < 1024; fd++) {
		if (fcntl(fd, F_GETFD) >= 0 || fcntl(fd, F_GETFL) >= 0)
			say("open: %d\n", fd);
	}
	R(access("/etc/passwd", F_OK));
}
