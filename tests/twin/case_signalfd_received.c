/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_signalfd_received.c - tests a signalfd(2) that another process has made.
 */
#include "twin.h"

#include <sys/signalfd.h>

/* Made by a process that this one does not come from. */
CASE(signalfd_sigsys_received)
{
	struct signalfd_siginfo i = {0};
	const uint64_t mask = 1UL << (SIGSYS - 1);
	struct msghdr *m;
	sigset_t set;
	int pair[2], sfd = -1;

	R(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	CHILD("makes it") {
		sfd = (int)SYSCALL(SYS_signalfd4, -1, &mask, sizeof(mask), 0);
		m = message_with(&sfd, 1);
		R(sendmsg(pair[0], m, 0));
	}
	m = message_with(&sfd, 1);
	R(recvmsg(pair[1], m, 0));
	memcpy(&sfd, CMSG_DATA(CMSG_FIRSTHDR(m)), sizeof(int));
	sigemptyset(&set);
	sigaddset(&set, SIGSYS);
	R(sigprocmask(SIG_BLOCK, &set, NULL));
	R(kill(getpid(), SIGSYS));
	R(read(sfd, &i, sizeof(i)));
	say("signal %d\n", (int)i.ssi_signo);
}
