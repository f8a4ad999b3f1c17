/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_union_follow_kin.c - a descriptor of a lower file that relatives share has one file offset in all of them, also
 * after the file was copied up. What it shows of the change is not looked at here: see docs/LIMITS.md.
 */
#define _GNU_SOURCE
#include "case_union_follow.h"

#include <sched.h>
#include <sys/stat.h>

static void lay(void)
{
	mkdir("l", 0755);
	mkdir("u", 0755);
	mkdir("w", 0755);
	put("l/f", "one\ntwo\nsix\nten\n");
	put("l/g", "G");
	mount_over();
}

static void take_line(const char *who, int fd)
{
	char text[5] = "";

	if (read(fd, text, 4) < 0)
		say("%s: %e\n", who, errno);
	else
		say("%s: %q\n", who, text);
}

static void copy_up_in_child(const char *path)
{
	const pid_t pid = fork();

	if (!pid) {
		for (int i = 3; i < 64; i++)
			close(i);
		add_to(path, "end\n");
		_exit(0);
	}
	reap("copier", pid);
}

static void look(void)
{
	struct stat st;

	stat("/", &st);
}

static void tell_one(int fd)
{
	if (write(fd, "", 1) != 1)
		say("%e\n", errno);
}

static void hear_one(int fd)
{
	char byte;

	if (read(fd, &byte, 1) != 1)
		say("%e\n", errno);
}

/* The child has it as its standard input, the parent by another number. */
CASE(union_root_follow_renumbered)
{
	int fd;
	pid_t pid;

	lay();
	R(fd = open("l/f", O_RDONLY));
	take_line("parent", fd);
	pid = fork();
	if (!pid) {
		dup2(fd, 40);
		close(fd);
		copy_up_in_child("l/f");
		look();
		take_line("child", 40);
		_exit(0);
	}
	reap("child", pid);
	look();
	take_line("parent", fd);
	R(umount2("/t/l", MNT_DETACH));
}

/* The child lives, and reads by turns with its parent. */
CASE(union_root_follow_turns)
{
	int fd, go[2], done[2];
	pid_t pid;

	lay();
	R(fd = open("l/f", O_RDONLY));
	R(pipe(go));
	R(pipe(done));
	pid = fork();
	if (!pid) {
		hear_one(go[0]);
		look();
		take_line("child", fd);
		tell_one(done[1]);
		hear_one(go[0]);
		look();
		take_line("child", fd);
		_exit(0);
	}
	copy_up_in_child("l/f");
	look();
	take_line("parent", fd);
	tell_one(go[1]);
	hear_one(done[0]);
	look();
	take_line("parent", fd);
	tell_one(go[1]);
	reap("child", pid);
	R(umount2("/t/l", MNT_DETACH));
}

/* A grandparent has it, and the parent has not. */
CASE(union_root_follow_grandchild)
{
	int fd;
	pid_t pid;

	lay();
	R(fd = open("l/f", O_RDONLY));
	pid = fork();
	if (!pid) {
		pid = fork();
		if (!pid) {
			copy_up_in_child("l/f");
			look();
			take_line("grandchild", fd);
			_exit(0);
		}
		close(fd);
		reap("grandchild", pid);
		_exit(0);
	}
	reap("child", pid);
	look();
	take_line("grandparent", fd);
	R(umount2("/t/l", MNT_DETACH));
}

static int use_table(void *arg)
{
	(void)arg;
	for (int i = 0; i < 2000; i++) {
		const int fd = open("l/g", O_RDONLY);
		char byte = 0;

		if (pread(fd, &byte, 1, 0) != 1 || byte != 'G') {
			say("another file: %d\n", byte);
			break;
		}
		close(fd);
	}
	return 0;
}

/* Two processes have one table of descriptors. */
CASE(union_root_follow_table)
{
	static char stack[65536] __attribute__((aligned(16)));
	int fd, pid;

	lay();
	R(fd = open("l/f", O_RDONLY));
	pid = clone(use_table, stack + sizeof(stack), CLONE_FILES | SIGCHLD, NULL);
	copy_up_in_child("l/f");
	look();
	take_line("parent", fd);
	reap("child", pid);
	R(umount2("/t/l", MNT_DETACH));
}
