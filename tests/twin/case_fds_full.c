/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_fds_full.c - calls of a process that has no descriptor left, or few.
 */
#include "twin.h"

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

/* With few descriptors free, opens need as many as they return. */
static void open_with_few(int free)
{
	static const char *const names[] = {"dir/sub/file", "down/round", "/t/down/up/dir/leaf",
		"down/none", "dir/sub/", "loop", "/etc/absolute", "sub/file", "sub/round"};

	for (int fd = 39; fd > 39 - free; fd--)
		close(fd);
	say("%d free\n", free);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		int fd = R(open(names[i], O_RDONLY));

		if (fd >= 0)
			close(fd);
	}
	while (dup(0) >= 0)
		;
}

/* No call but those that return a descriptor needs one. */
static void use_full_table(void)
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

CASE(fds_full_table)
{
	use_full_table();
}

CASE(fds_few_free)
{
	make_tree();
	fill_table();
	for (int free = 1; free < 4; free++)
		open_with_few(free);
}

/* What flags openat(2) drops it drops there, too. */
CASE(fds_few_free_flags)
{
	static const int flags[] = {O_PATH, O_PATH | O_RDWR, O_PATH | O_APPEND | O_NONBLOCK,
		O_RDONLY | 1 << 30, O_RDWR | 1 << 26, O_RDONLY | O_NOFOLLOW | O_LARGEFILE};

	make_tree();
	fill_table();
	for (int free = 1; free < 4; free++) {
		close(40 - free);
		for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
			int fd = R(open("dir/sub/file", flags[i]));

			if (fd >= 0)
				close(fd);
		}
	}
}

/* Whether directories may be searched is asked as well. */
CASE(fds_few_free_user)
{
	make_tree();
	chmod("dir", 0700);
	chdir("dir");
	fill_table();
	for (int free = 1; free < 4; free++)
		open_with_few(free);
}

CASE(fds_full_table_user)
{
	use_full_table();
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
