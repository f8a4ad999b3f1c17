/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_unix_fds.c - descriptors that are passed through an AF_UNIX socket.
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
			memset(&m, 0, sizeof(m));
			memset(control, 0, sizeof(control));
			m.msg_iov = &v;
			m.msg_iovlen = 1;
			m.msg_control = control;
			m.msg_controllen = sizeof(control);
			struct cmsghdr *h = CMSG_FIRSTHDR(&m);
			h->cmsg_level = SOL_SOCKET;
			h->cmsg_type = SCM_RIGHTS;
			h->cmsg_len = CMSG_LEN(sizeof(int));
			memcpy(CMSG_DATA(h), i == 0 ? &fd : &dir, sizeof(int));
			R(sendmsg(pair[0], &m, 0));
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
