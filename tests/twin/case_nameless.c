/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_nameless.c - tests pipes, sockets and files in memory: their owners, and that the owner
 * may open them again (`echo x | cat /dev/stdin`).
 */
#include "twin.h"

static void show_fd_owner(const char *what, int fd)
{
	char link[64];
	struct stat st;

	memset(&st, 0, sizeof(st));
	R(fstat(fd, &st));
	say("%s: mode %o, mine %d %d\n", what, st.st_mode, st.st_uid == geteuid(),
		st.st_gid == getegid());
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	memset(&st, 0, sizeof(st));
	R(stat(link, &st));
	say("mine %d %d\n", st.st_uid == geteuid(), st.st_gid == getegid());
	R(access(link, R_OK));
	int again = R(open(link, O_RDWR | O_NONBLOCK));

	if (again >= 0)
		close(again);
	R(fchmod(fd, 0640));
	R(fstat(fd, &st));
	say("mode %o\n", st.st_mode);
}

static void show_all(void)
{
	int p[2];

	R(pipe(p));
	show_fd_owner("pipe", p[0]);
	R(socketpair(AF_UNIX, SOCK_STREAM, 0, p));
	show_fd_owner("socket", p[0]);
	show_fd_owner("memory", R(memfd_create("x", 0)));
	put("gone", "x");
	int fd = open("gone", O_RDWR);

	unlink("gone");
	show_fd_owner("removed file", fd);
}

CASE(nameless_user)
{
	show_all();
}

CASE(nameless_root)
{
	show_all();
}
