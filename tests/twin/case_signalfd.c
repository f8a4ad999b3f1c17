/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_signalfd.c - signals read from a descriptor: SIGSYS among them, and SIGSYS itself.
 */
#include "twin.h"

#include <sys/signalfd.h>

static int fd;

static void open_full(void)
{
	const uint64_t all = ~0UL;
	sigset_t set;

	sigfillset(&set);
	R(sigprocmask(SIG_BLOCK, &set, NULL));
	fd = (int)SYSCALL(SYS_signalfd4, -1, &all, sizeof(all), SFD_NONBLOCK | SFD_CLOEXEC);
	say("open %d\n", fd >= 0);
}

static void read_one(void)
{
	struct signalfd_siginfo info = {0};
	const ssize_t n = read(fd, &info, sizeof(info));

	if (n < 0)
		say("read: %s\n", errno == EAGAIN ? "EAGAIN" : "another error");
	else
		say("read %ld: signal %d code %d mine %d\n", (long)n, (int)info.ssi_signo,
			info.ssi_code, (pid_t)info.ssi_pid == getpid());
}

/* All others come, in their order, with SIGSYS in the mask. */
CASE(signalfd_full)
{
	static const int signals[] = {SIGUSR1, SIGSEGV, SIGBUS, SIGALRM, 40, 64};

	open_full();
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
		kill(getpid(), signals[i]);
		read_one();
	}
	read_one();
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		kill(getpid(), signals[i]);
	for (size_t i = 0; i <= sizeof(signals) / sizeof(*signals); i++)
		read_one();
}

CASE(signalfd_sigsys)
{
	open_full();
	kill(getpid(), SIGSYS);
	read_one();
	read_one();
}
