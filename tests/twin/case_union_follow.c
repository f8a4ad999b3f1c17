/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_union_follow.c - tests descriptors that were opened for reading from a lower file before this
 * file is copied up: they show the copy from then on. The overlay is mounted over its own lower
 * directory, so that the lower file has no other name.
 */
#include "case_union_follow.h"

static void make_lower(void)
{
	mkdir("l", 0755);
	mkdir("u", 0755);
	mkdir("w", 0755);
	put("l/f", "one\ntwo\nthree\n");
	put("l/g", "one\ntwo\nthree\n");
	put("l/linked", "linked");
	link("l/linked", "l/other");
	mount_over();
}

static void take_over(void)
{
	for (int i = 3; i < 64; i++)
		close(i);
	R(umount2("/t/l", 0));
	show_tree("l");
}

static void read_some(int fd)
{
	char text[5] = "";

	R(read(fd, text, 4));
}

CASE(union_root_follow_own)
{
	int fd, plain, path, twice, high, other, after;

	make_lower();
	R(fd = open("l/f", O_RDONLY | O_CLOEXEC));
	R(plain = open("l/f", O_RDONLY | O_NONBLOCK | O_APPEND));
	R(path = open("l/f", O_PATH));
	R(twice = dup(fd));
	R(high = fcntl(fd, F_DUPFD, 60));
	R(other = open("l/g", O_RDONLY));
	read_some(fd);
	add_to("l/f", "four\n");
	R(lseek(twice, 0, SEEK_CUR));
	say_fd("fd", fd);
	say_fd("its duplicate", twice);
	R(lseek(high, 4, SEEK_SET));
	say_fd("the other duplicate", high);
	say_fd("fd", fd);
	say_fd("plain", plain);
	say_fd("path", path);
	say_fd("another file", other);
	add_to("l/f", "five\n");
	say_fd("fd", fd);
	say_fd("plain", plain);
	R(truncate("l/f", 5));
	say_fd("fd", fd);
	R(pread(fd, (char[8]){0}, 7, 0));
	R(chmod("l/g", 0600));
	say_fd("another file", other);
	R(after = open("l/f", O_RDONLY));
	say("the lowest is free: %d\n", after - other);
	R(unlink("l/g"));
	put("l/g", "new");
	say_fd("removed", other);
	take_over();
}

CASE(union_root_follow_links)
{
	int one, two;

	make_lower();
	R(one = open("l/linked", O_RDONLY));
	R(two = open("l/other", O_RDONLY));
	add_to("l/linked", " more");
	say_fd("one", one);
	say_fd("two", two);
	add_to("l/other", " too");
	say_fd("one", one);
	say_fd("two", two);
	take_over();
}

/* Opens that truncate, and files that were removed or replaced before a new one has the name. */
CASE(union_root_follow_truncated)
{
	int fd, gone;

	make_lower();
	R(fd = open("l/f", O_RDONLY));
	read_some(fd);
	put("l/f", "1");
	say_fd("truncated", fd);
	add_to("l/f", "23456");
	say_fd("truncated", fd);
	R(gone = open("l/g", O_RDONLY));
	R(rename("l/f", "l/g"));
	add_to("l/g", "7");
	say_fd("renamed", fd);
	say_fd("replaced", gone);
	take_over();
}

/* A descriptor that a child shares has one offset in both processes, whoever copies the file up. */
CASE(union_root_follow_shared)
{
	char text[8] = "";
	int fd;
	pid_t pid;

	make_lower();
	R(fd = open("l/f", O_RDONLY));
	read_some(fd);
	pid = fork();
	if (!pid) {
		add_to("l/f", "four\n");
		R(read(fd, text, 4));
		say("%q\n", text);
		_exit(0);
	}
	reap("child", pid);
	R(lseek(fd, 0, SEEK_CUR));
	R(fd = open("l/g", O_RDONLY));
	pid = fork();
	if (!pid) {
		R(fd = open("l/g", O_RDONLY));
		add_to("l/g", "four\n");
		say_fd("of the child", fd);
		_exit(0);
	}
	reap("child", pid);
	take_over();
}

#ifndef TWIN_RAW
/* The child of vfork(2) has descriptors of its own. */
CASE(union_root_follow_vfork)
{
	int fd, more;
	pid_t pid;

	make_lower();
	R(fd = open("l/f", O_RDONLY));
	more = dup(fd);
	pid = vfork();
	if (!pid) {
		close(fd);
		close(more);
		fd = open("l/g", O_RDONLY);
		more = open("l/g", O_WRONLY | O_APPEND);
		if (write(more, "four\n", 5) != 5)
			_exit(1);
		say_fd("of the child", fd);
		_exit(0);
	}
	reap("child", pid);
	say_fd("of the parent", fd);
	add_to("l/f", "four\n");
	say_fd("of the parent", fd);
	take_over();
}
#endif

/* A lock for reading stays a lock. */
CASE(union_root_follow_locked)
{
	struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
	int fd;
	pid_t pid;

	make_lower();
	R(fd = open("l/f", O_RDONLY));
	R(fcntl(fd, F_SETLK, &lock));
	R(chmod("l/g", 0600));
	pid = fork();
	if (!pid) {
		lock.l_type = F_RDLCK;
		R(fcntl(fd, F_SETLK, &lock));
		_exit(0);
	}
	reap("child", pid);
	lock.l_type = F_UNLCK;
	R(fcntl(fd, F_SETLK, &lock));
	add_to("l/f", "four\n");
	say_fd("unlocked", fd);
	take_over();
}

static void tell(int fd)
{
	if (write(fd, "", 1) != 1)
		say("%e\n", errno);
}

static void hear(int fd)
{
	char byte;

	if (read(fd, &byte, 1) != 1)
		say("%e\n", errno);
}

/* What another process copies up is seen, too: after it has ended, and while it continues. */
CASE(union_root_follow_others)
{
	int fd, before, go[2], done[2];
	pid_t pid;

	make_lower();
	R(fd = open("l/f", O_RDONLY));
	R(before = open("l/g", O_RDONLY));
	read_some(fd);
	pid = fork();
	if (!pid) {
		add_to("l/f", "four\n");
		_exit(0);
	}
	reap("child", pid);
	say_fd("after the child", fd);
	R(pipe(go));
	R(pipe(done));
	pid = fork();
	if (!pid) {
		int own;

		close(fd);
		close(before);
		R(own = open("l/g", O_RDONLY));
		read_some(own);
		tell(done[1]);
		hear(go[0]);
		say_fd("of the child", own);
		add_to("l/g", "five\n");
		say_fd("of the child", own);
		_exit(0);
	}
	hear(done[0]);
	add_to("l/g", "four\n");
	say_fd("of the parent", before);
	tell(go[1]);
	reap("child", pid);
	say_fd("of the parent", before);
	take_over();
}

/* So does a program that was executed meanwhile, and one that has changed nothing itself. */
TOOL(follow)
{
	(void)argc;
	say_fd("executed", atoi(argv[2]));
	add_to("l/g", "four\n");
	say_fd("executed", atoi(argv[3]));
}

CASE(union_root_follow_exec)
{
	char one[8], two[8];
	int fd, other;
	pid_t pid;

	make_lower();
	pid = fork();
	if (!pid) {
		R(fd = open("l/f", O_RDONLY));
		R(other = open("l/g", O_RDONLY));
		pid = fork();
		if (!pid) {
			close(fd);
			add_to("l/f", "four\n");
			_exit(0);
		}
		reap("child", pid);
		snprintf(one, sizeof(one), "%d", fd);
		snprintf(two, sizeof(two), "%d", other);
		execve(twin_self, ARGV(twin_self, "@follow", one, two), environ);
		_exit(1);
	}
	reap("program", pid);
	take_over();
}

/* No number must be free for it. */
CASE(union_root_follow_no_numbers)
{
	struct rlimit few = {12, 256};
	int fd, writes;

	make_lower();
	R(fd = open("l/f", O_RDONLY));
	read_some(fd);
	R(writes = open("l/f", O_WRONLY | O_APPEND));
	R(setrlimit(RLIMIT_NOFILE, &few));
	R(write(writes, "four\n", 5));
	say_fd("fd", fd);
	take_over();
}
