/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_unix_fds.c - tests descriptors that are passed through an AF_UNIX socket.
 */
#include "case_unix.h"

CASE(unix_pass_fds)
{
	int pair[2], got = -1;
	char c = 'x', control[CMSG_SPACE(sizeof(int))];
	struct iovec v = {&c, 1};
	struct msghdr m;

	socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
	sockname("pair", pair[0]);
	peername("pair", pair[0]);
	put("f", "through a socket");
	CHILD("sender") {
		int fd = open("/t/f", O_RDONLY), dir = open("/etc", O_RDONLY | O_DIRECTORY);
		for (int i = 0; i < 2; i++) {
			const struct msghdr *sent = message_with(i == 0 ? &fd : &dir, 1);

			R(sendmsg(pair[0], sent, 0));
		}
	}
	for (int i = 0; i < 2; i++) {
		memset(&m, 0, sizeof(m));
		m.msg_iov = &v;
		m.msg_iovlen = 1;
		m.msg_control = control;
		m.msg_controllen = sizeof(control);
		R(recvmsg(pair[1], &m, i == 0 ? 0 : MSG_CMSG_CLOEXEC));
		say("control length %ld flags %x\n", (long)m.msg_controllen,
			(unsigned)m.msg_flags & ~0x40000000u);
		memcpy(&got, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(int));
		say("got %d, flags %d\n", got, fcntl(got, F_GETFD));
		if (i == 0)
			show_fd("passed", got);
	}
	R(fchdir(got));
	char cwd[64];
	RP(getcwd(cwd, sizeof(cwd)));
	say("%q\n", cwd);
	show_fd("../etc/absolute", openat(got, "../etc/absolute", O_RDONLY));
}

/* Options but those that tell of the peer's identity or are never the same: the engine has no
 * business with them. */
static void show_options(const char *what, int fd, int level)
{
	static const int told_in_child[] = {SO_PEERCRED, SO_PEERSEC, 57 /* SO_COOKIE */,
		59 /* SO_PEERGROUPS */, 71 /* SO_NETNS_COOKIE */, 77 /* SO_PEERPIDFD */};

	for (int option = 0; option < 80; option++) {
		unsigned char value[64] = {0};
		socklen_t len = sizeof(value);
		int is_told = 0;

		for (size_t i = 0; i < sizeof(told_in_child) / sizeof(told_in_child[0]); i++)
			is_told |= level == SOL_SOCKET && option == told_in_child[i];
		if (is_told)
			continue;
		const int r = getsockopt(fd, level, option, value, &len);

		say("%s %d %d: %d %d, %d bytes, %d %d\n", what, level, option, r, r ? errno : 0,
			(int)len, value[0], value[1]);
	}
}

CASE(unix_options)
{
	int pair[2], s = socket(AF_UNIX, SOCK_STREAM, 0);
	const struct linger linger = {.l_onoff = 1, .l_linger = 5};

	R(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	R(setsockopt(pair[0], SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)));
	show_options("pair", pair[0], SOL_SOCKET);
	show_options("pair", pair[0], 6 /* IPPROTO_TCP */);
	show_options("alone", s, SOL_SOCKET);
	R(getsockopt(s, SOL_SOCKET, SO_ERROR, NULL, NULL));
	R(getsockopt(-1, SOL_SOCKET, SO_ERROR, NULL, NULL));
}
