/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_signalfd_received.c - a signalfd(2) that another process has made.
 */
#include "twin.h"

#include <sys/signalfd.h>

/* Made by a process that this one does not come from. */
CASE(signalfd_sigsys_received)
{
	union {
		char room[CMSG_SPACE(sizeof(int))];
		struct cmsghdr head;
	} control = {{0}};
	char byte = 0;
	struct iovec iov = {&byte, 1};
	struct msghdr m = {.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control)};
	struct signalfd_siginfo i = {0};
	const uint64_t mask = 1UL << (SIGSYS - 1);
	sigset_t set;
	int pair[2], sfd = -1;

	R(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	CHILD("makes it") {
		sfd = (int)SYSCALL(SYS_signalfd4, -1, &mask, sizeof(mask), 0);
		control.head.cmsg_len = CMSG_LEN(sizeof(int));
		control.head.cmsg_level = SOL_SOCKET;
		control.head.cmsg_type = SCM_RIGHTS;
		memcpy(CMSG_DATA(&control.head), &sfd, sizeof(int));
		R(sendmsg(pair[0], &m, 0));
	}
	R(recvmsg(pair[1], &m, 0));
	memcpy(&sfd, CMSG_DATA(&control.head), sizeof(int));
	sigemptyset(&set);
	sigaddset(&set, SIGSYS);
	R(sigprocmask(SIG_BLOCK, &set, NULL));
	R(kill(getpid(), SIGSYS));
	R(read(sfd, &i, sizeof(i)));
	say("signal %d\n", (int)i.ssi_signo);
}
