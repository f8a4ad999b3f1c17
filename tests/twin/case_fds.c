/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_fds.c - programs that close or mark everything, or have few numbers: the jail must not need
 * one of theirs.
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

static void fill_table(void)
{
	struct rlimit rl = {40, 40};

	R(setrlimit(RLIMIT_NOFILE, &rl));
	while (dup(0) >= 0)
		;
	say("full: %e\n", errno);
}

static void free_table(void)
{
	for (int fd = 20; fd < 40; fd++)
		close(fd);
}

static void make_tree(void)
{
	mkdir("dir", 0755);
	mkdir("dir/sub", 0755);
	put("dir/sub/file", "content");
	symlink("/t/dir/sub", "down");
	symlink("../..", "dir/sub/up");
	symlink("sub/file", "dir/leaf");
	symlink("up/down/file", "dir/sub/round");
	symlink("missing", "dangling");
	symlink("loop", "loop");
}

/* No call but those that return a descriptor needs one. */
CASE(fds_full_table)
{
	struct stat st;
	struct statfs fs;
	char buf[PATH_MAX];

	make_tree();
	int dirfd = open("dir/sub", O_RDONLY | O_DIRECTORY);
	int watch = inotify_init1(0);
	fill_table();
	R(open("down/file", O_RDONLY));
	R(stat("down/file", &st));
	R(stat("/t/down/up/dir/leaf", &st));
	R(stat("dir/sub/round", &st));
	R(fstatat(dirfd, "up/down/round", &st, 0));
	R(lstat("down/round", &st));
	R(stat("down/file/", &st));
	R(stat("down/", &st));
	R(stat("down/../leaf", &st));
	R(stat("down/../../../../etc/absolute", &st));
	R(stat("loop", &st));
	R(stat("loop/x", &st));
	R(stat("dangling", &st));
	R(stat("down/none/x", &st));
	R(stat("dir/leaf/x", &st));
	R(access("down/round", R_OK));
	R(readlink("down/up", buf, sizeof(buf)));
	R(statfs("down/file", &fs));
	R(chmod("down/file", 0640));
	R(fchmodat(dirfd, "up/down/file", 0644, 0));
	R(chown("down/round", -1, -1));
	R(lchown("down/round", -1, -1));
	R(truncate("down/round", 3));
	R(utimensat(AT_FDCWD, "down/up", NULL, AT_SYMLINK_NOFOLLOW));
	R(utimensat(AT_FDCWD, "down/round", NULL, 0));
	R(setxattr("down/round", "user.twin", "v", 1, 0));
	R(getxattr("/t/down/file", "user.twin", buf, sizeof(buf)));
	R(lgetxattr("down/round", "user.twin", buf, sizeof(buf)));
	R(removexattr("down/file", "user.twin"));
	R(inotify_add_watch(watch, "down/round", IN_ATTRIB));
	R(mkdir("down/made", 0755));
	R(mkdir("down/made/", 0755));
	R(mknod("down/fifo", S_IFIFO | 0600, 0));
	R(symlink("text", "down/../link"));
	R(link("down/round", "down/hard"));
	R(linkat(AT_FDCWD, "down/round", AT_FDCWD, "down/followed", AT_SYMLINK_FOLLOW));
	R(rename("down/hard", "dir/harder"));
	R(rename("down/fifo", "down/../../fifo"));
	R(unlink("down/../link"));
	R(rmdir("down/made"));
	R(rmdir("down/."));
	R(rmdir("down/.."));
	R(chdir("down/up/down"));
	RP(getcwd(buf, sizeof(buf)));
	say("%s\n", buf);
	R(stat("round", &st));
	R(chdir("/t/dir/leaf"));
	R(chdir("../../../../../t"));
	free_table();
	tree("/t");
}

CASE(fds_full_table_sockets)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0), peer = socket(AF_UNIX, SOCK_DGRAM, 0);
	socklen_t size = sizeof(sun);

	make_tree();
	fill_table();
	strcpy(sun.sun_path, "/t/down/socket");
	R(bind(fd, (struct sockaddr *)&sun, sizeof(sun)));
	R(bind(peer, (struct sockaddr *)&sun, sizeof(sun)));
	R(connect(peer, (struct sockaddr *)&sun, sizeof(sun)));
	R(send(peer, "x", 1, 0));
	memset(&sun, 0, sizeof(sun));
	R(getsockname(fd, (struct sockaddr *)&sun, &size));
	say("%s\n", sun.sun_path);
	strcpy(sun.sun_path, "dir/sub/round");
	R(sendto(fd, "x", 1, 0, (struct sockaddr *)&sun, sizeof(sun)));
}

/* Through procfs, whose links only the kernel follows. */
CASE(fds_full_table_proc)
{
	struct stat st;
	char buf[PATH_MAX];

	make_tree();
	int dirfd = open("dir/sub", O_RDONLY | O_DIRECTORY);
	fill_table();
	R(stat("/proc/self/cwd/down/file", &st));
	R(stat("/proc/self/cwd/down/up/dangling", &st));
	R(stat("/proc/self/root/t/down/file", &st));
	R(stat("/proc/self/fd/3/round", &st));
	R(stat("/proc/self/fd/3/../leaf", &st));
	R(mkdir("/proc/self/fd/3/made", 0755));
	R(chdir("/proc/self/fd/3/up/down"));
	long n = R(readlink("/proc/self/cwd", buf, sizeof(buf) - 1));
	buf[n < 0 ? 0 : n] = 0;
	say("%s\n", buf);
	n = R(readlink("/proc/self/exe", buf, sizeof(buf) - 1));
	buf[n < 0 ? 0 : n] = 0;
	say("%s\n", buf);
	(void)dirfd;
	free_table();
	tree("/t");
}

/* A number above the limit stays open when the limit falls. */
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
