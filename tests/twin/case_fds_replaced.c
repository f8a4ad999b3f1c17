/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_fds_replaced.c - tests a descriptor of a directory that is used, replaced by another
 * directory, and used again. A lookup must always use the directory that it is now: for each way
 * to replace it, and while another thread does so. In an overlay, the root is made of several
 * directories, and /t/a is one only.
 */
#include "twin.h"

#ifndef TWIN_RAW
#include <pthread.h>
#endif

/* All that the root has is found in it by `fd`. */
static void look_at_root(int fd)
{
	struct stat st, of_root;
	int found = 0, all = 0;

	for (char **n = names("/"); n && *n; n++) {
		all++;
		found += !fstatat(fd, *n, &st, AT_SYMLINK_NOFOLLOW) &&
			 !faccessat(fd, *n, F_OK, AT_SYMLINK_NOFOLLOW);
	}
	say("  the root: %s, f %s\n", all && found == all ? "all of it" : "not all of it",
		fstatat(fd, "f", &st, 0) ? errno_name(errno) : "is there");
	say("  itself: %s\n", !fstat(fd, &st) && !stat("/", &of_root) &&
					      st.st_ino == of_root.st_ino &&
					      st.st_nlink == of_root.st_nlink ?
				      "the root" :
				      "another");
}

static void look_at_dir(int fd, const char *what)
{
	char text[20] = "";
	struct stat st;
	int file, sub;

	file = openat(fd, "f", O_RDONLY);
	if (file >= 0 && read(file, text, sizeof(text) - 1) < 0)
		say("  %e\n", errno);
	close(file);
	sub = openat(fd, "sub", O_RDONLY | O_DIRECTORY);
	say("  %s: %q, %s in sub, %s\n", what, text,
		fstatat(sub, "in", &st, 0) ? errno_name(errno) : "in",
		fstatat(fd, "t", &st, 0) ? errno_name(errno) : "t");
	close(sub);
}

static void by_dup2(int fd, const char *path)
{
	const int other = open(path, O_RDONLY | O_DIRECTORY);

	dup2(other, fd);
	close(other);
}

static void by_dup3(int fd, const char *path)
{
	const int other = open(path, O_PATH | O_DIRECTORY);

	dup3(other, fd, O_CLOEXEC);
	close(other);
}

static void by_open(int fd, const char *path)
{
	close(fd);
	open(path, O_RDONLY | O_DIRECTORY);
}

static void by_fcntl(int fd, const char *path)
{
	const int other = open(path, O_RDONLY | O_DIRECTORY);

	close(fd);
	fcntl(other, F_DUPFD, fd);
	close(other);
}

/* Another process, which has the same descriptors. */
static void by_other_process(int fd, const char *path)
{
	const pid_t child = (pid_t)syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);

	if (!child) {
		by_dup2(fd, path);
		_exit(0);
	}
	waitpid(child, NULL, 0);
}

static void make_dirs(void)
{
	mkdir("a", 0755);
	mkdir("b", 0755);
	mkdir("a/sub", 0755);
	mkdir("b/sub", 0755);
	put("a/f", "of a");
	put("b/f", "of b");
	put("a/sub/in", "");
}

CASE(fds_replaced_directory)
{
	static void (*const ways[])(int, const char *) = {
		by_dup2, by_dup3, by_open, by_fcntl, by_other_process};

	make_dirs();
	for (size_t i = 0; i < COUNT(ways); i++) {
		const int fd = open("a", O_RDONLY | O_DIRECTORY);

		say("way %d\n", (int)i);
		for (int round = 0; round < 2; round++) {
			look_at_dir(fd, "a");
			ways[i](fd, "/");
			look_at_root(fd);
			ways[i](fd, "b");
			look_at_dir(fd, "b");
			ways[i](fd, "a");
		}
		close(fd);
	}
}

#ifndef TWIN_RAW
static int flipped, dirs[2];
static volatile int is_over;

static void *flip(void *arg)
{
	for (int i = 0; !is_over; i++)
		dup2(dirs[i & 1], flipped);
	return arg;
}
#endif

/* A name that both directories have is found in whichever it is. */
CASE(thread_replaces_directory)
{
#ifndef TWIN_RAW
	char path[300], **n = names("/");
	struct stat st;
	pthread_t t;
	int bad = 0, fd;

	while (n && *n && !strcmp(*n, "t"))
		n++;
	mkdir("a", 0755);
	snprintf(path, sizeof(path), "a/%s", *n);
	mkdir(path, 0755);
	dirs[0] = open("a", O_RDONLY | O_DIRECTORY);
	dirs[1] = open("/", O_RDONLY | O_DIRECTORY);
	flipped = open("a", O_RDONLY | O_DIRECTORY);
	R(fstatat(flipped, *n, &st, 0) | fstatat(dirs[1], *n, &st, 0));
	pthread_create(&t, NULL, flip, NULL);
	for (int i = 0; i < 20000; i++) {
		bad += fstatat(flipped, *n, &st, 0) != 0;
		fd = openat(flipped, *n, O_RDONLY | O_DIRECTORY);
		bad += fd < 0;
		close(fd);
	}
	is_over = 1;
	pthread_join(t, NULL);
	say("not found: %d\n", bad);
#endif
}
