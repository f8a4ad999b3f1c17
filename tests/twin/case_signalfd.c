/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_signalfd.c - tests signals that are read from a descriptor, SIGSYS among them.
 */
#include "twin.h"

#include <sys/signalfd.h>
#include <sys/uio.h>

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

/* ---- SIGSYS by all ways ---- */

static int open_for(int sig, int other, int flags)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	if (other)
		sigaddset(&set, other);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, flags);
}

static void show_record(const struct signalfd_siginfo *i)
{
	say("signal %d errno %d code %d mine %d uid %d int %d ptr %lx overrun %d status %d\n",
		(int)i->ssi_signo, i->ssi_errno, i->ssi_code, (pid_t)i->ssi_pid == getpid(),
		(int)i->ssi_uid, i->ssi_int, (long)i->ssi_ptr, (int)i->ssi_overrun, i->ssi_status);
}

static void read_from(int from)
{
	struct signalfd_siginfo info;
	ssize_t n;

	memset(&info, 0x55, sizeof(info));
	n = read(from, &info, sizeof(info));
	if (n < 0)
		say("read: %e\n", errno);
	else
		show_record(&info);
}

static void queue(int sig, int value)
{
	siginfo_t info;

	memset(&info, 0, sizeof(info));
	info.si_signo = sig;
	info.si_code = SI_QUEUE;
	info.si_pid = getpid();
	info.si_uid = 7;
	info.si_value.sival_int = value;
	R(SYSCALL(SYS_rt_sigqueueinfo, getpid(), sig, &info));
}

CASE(signalfd_sigsys_fields)
{
	const int sfd = open_for(SIGSYS, 0, SFD_NONBLOCK);
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGSYS};
	const struct itimerspec soon = {.it_value = {0, 1000000}};
	struct pollfd p = {sfd, POLLIN, 0};
	int timer = -1;

	read_from(sfd);
	kill(getpid(), SIGSYS);
	read_from(sfd);
	SYSCALL(SYS_tgkill, getpid(), SYSCALL(SYS_gettid), SIGSYS);
	read_from(sfd);
	queue(SIGSYS, 4711);
	read_from(sfd);
	event.sigev_value.sival_int = 99;
	SYSCALL(SYS_timer_create, CLOCK_MONOTONIC, &event, &timer);
	SYSCALL(SYS_timer_settime, timer, 0, &soon, NULL);
	while (poll(&p, 1, -1) < 0)
		;
	read_from(sfd);
	read_from(sfd);
}

/* One of each kind of queue is kept, and it comes before all others. */
CASE(signalfd_sigsys_order)
{
	const int sfd = open_for(SIGSYS, SIGHUP, SFD_NONBLOCK);
	struct signalfd_siginfo info[4];
	sigset_t set;
	ssize_t n;

	for (int i = 0; i < 3; i++) {
		kill(getpid(), SIGHUP);
		queue(SIGSYS, i);
		SYSCALL(SYS_tgkill, getpid(), SYSCALL(SYS_gettid), SIGSYS);
	}
	sigpending(&set);
	say("pending %d %d %d\n", sigismember(&set, SIGSYS), sigismember(&set, SIGHUP),
		sigismember(&set, 53));
	n = read(sfd, info, sizeof(info));
	say("read %d\n", (int)n);
	for (ssize_t i = 0; i < n / (ssize_t)sizeof(*info); i++)
		show_record(&info[i]);
	sigpending(&set);
	say("pending %d %d\n", sigismember(&set, SIGSYS), sigismember(&set, SIGHUP));
	kill(getpid(), SIGHUP);
	kill(getpid(), SIGSYS);
	read_from(sfd);
	read_from(sfd);
	read_from(sfd);
}

CASE(signalfd_sigsys_parts)
{
	const int sfd = open_for(SIGSYS, SIGHUP, SFD_NONBLOCK);
	struct signalfd_siginfo got[2];
	char *const at = (char *)got;
	struct iovec v[4] = {{at, 3}, {at + 3, 0}, {at + 3, 127}, {at + 130, 126}};

	kill(getpid(), SIGHUP);
	queue(SIGSYS, 5);
	R(readv(sfd, v, 4));
	show_record(&got[0]);
	show_record(&got[1]);
	queue(SIGSYS, 6);
	R(read(sfd, got, 127));
	R(read(sfd, (void *)8, 128));
	queue(SIGSYS, 7);
	R(SYSCALL(SYS_preadv2, sfd, v, 4, -1L, -1L, 0));
	show_record(&got[0]);
}

CASE(signalfd_sigsys_poll)
{
	const int sfd = open_for(SIGSYS, 0, SFD_NONBLOCK), all = open_for(SIGHUP, 0, SFD_NONBLOCK);
	const int set = epoll_create1(0);
	struct epoll_event e = {.events = EPOLLIN, .data = {.u64 = 5}};
	struct pollfd p[3] = {{sfd, POLLIN, 0}, {all, POLLIN, 0}, {dup(sfd), POLLIN, 0}};
	fd_set in;

	R(epoll_ctl(set, EPOLL_CTL_ADD, sfd, &e));
	for (int i = 0; i < 3; i++) {
		const struct timespec none = {0, 0};

		R(poll(p, 3, 0));
		say("%x %x %x\n", p[0].revents, p[1].revents, p[2].revents);
		R(epoll_wait(set, &e, 1, 0));
		FD_ZERO(&in);
		FD_SET(sfd, &in);
		R(pselect(sfd + 1, &in, NULL, NULL, &none, NULL));
		if (i == 0)
			kill(getpid(), SIGSYS);
		if (i == 1)
			read_from(p[2].fd);
	}
	read_from(sfd);
}

/* Another process sends it while this one waits. */
CASE(signalfd_sigsys_waits)
{
	const int sfd = open_for(SIGSYS, 0, 0);
	struct signalfd_siginfo i;
	struct pollfd p = {sfd, POLLIN, 0};
	struct epoll_event e = {.events = EPOLLIN};
	const int set = epoll_create1(0);

	send_soon(SIGSYS);
	R(read(sfd, &i, sizeof(i)));
	say("signal %d code %d mine %d\n", (int)i.ssi_signo, i.ssi_code,
		(pid_t)i.ssi_pid == getpid());
	wait(NULL);
	send_soon(SIGSYS);
	R(poll(&p, 1, -1));
	R(read(sfd, &i, sizeof(i)));
	wait(NULL);
	epoll_ctl(set, EPOLL_CTL_ADD, sfd, &e);
	send_soon(SIGSYS);
	R(epoll_wait(set, &e, 1, -1));
	R(read(sfd, &i, sizeof(i)));
	wait(NULL);
}

/* Each other call that waits: it is ended by the descriptor, and not by the signal. */
CASE(signalfd_sigsys_ends_waits)
{
	const int sfd = open_for(SIGSYS, 0, 0), set = epoll_create1(0);
	struct timespec hour = {3600, 0};
	struct timeval long_time = {3600, 0};
	struct pollfd p = {sfd, POLLIN, 0};
	struct epoll_event e = {.events = EPOLLIN};
	struct signalfd_siginfo i;

	epoll_ctl(set, EPOLL_CTL_ADD, sfd, &e);
	for (int way = 0; way < 9; way++) {
		uint64_t bits[16] = {0};

		bits[sfd / 64] = 1UL << sfd % 64;
		send_soon(SIGSYS);
		switch (way) {
		case 0:
			R(SYSCALL(SYS_select, sfd + 1, bits, NULL, NULL, NULL));
			break;
		case 1:
			R(SYSCALL(SYS_select, 1024, bits, NULL, NULL, &long_time));
			break;
		case 2:
			R(SYSCALL(SYS_pselect6, sfd + 1, bits, NULL, NULL, NULL, NULL));
			break;
		case 3:
			R(SYSCALL(SYS_pselect6, 1024, bits, NULL, NULL, &hour, NULL));
			break;
		case 4:
			R(SYSCALL(SYS_ppoll, &p, 1, NULL, NULL, 0));
			break;
		case 5:
			R(SYSCALL(SYS_ppoll, &p, 1, &hour, NULL, 8));
			break;
		case 6:
			R(SYSCALL(SYS_epoll_pwait, set, &e, 1, -1, NULL, 0));
			break;
		case 7:
			R(SYSCALL(SYS_epoll_pwait2, set, &e, 1, NULL, NULL, 8));
			break;
		case 8:
			R(SYSCALL(SYS_epoll_pwait2, set, &e, 1, &hour, NULL, 0));
			break;
		}
		R(read(sfd, &i, sizeof(i)));
		say("signal %d\n", (int)i.ssi_signo);
		wait(NULL);
	}
}

CASE(signalfd_sigsys_fork)
{
	const int sfd = open_for(SIGSYS, 0, SFD_NONBLOCK);

	kill(getpid(), SIGSYS);
	CHILD("forked") {
		sigset_t set;

		sigpending(&set);
		say("pending %d\n", sigismember(&set, SIGSYS));
		read_from(sfd);
		queue(SIGSYS, 8);
		read_from(sfd);
		read_from(sfd);
	}
	read_from(sfd);
	read_from(sfd);
}

TOOL(signalfd_pending)
{
	sigset_t set;

	sigprocmask(SIG_BLOCK, NULL, &set);
	say("blocked %d %d\n", sigismember(&set, SIGSYS), sigismember(&set, 53));
	sigpending(&set);
	say("pending %d %d\n", sigismember(&set, SIGSYS), sigismember(&set, 53));
	read_from(9);
	queue(SIGSYS, 10);
	read_from(9);
	kill(getpid(), SIGSYS);
	sigemptyset(&set);
	sigprocmask(SIG_SETMASK, &set, NULL);
	say("not reached\n");
}

CASE(signalfd_sigsys_exec)
{
	R(dup2(open_for(SIGSYS, 0, SFD_NONBLOCK), 9));
	queue(SIGSYS, 9);
	CHILD("exec")
		kill(getpid(), SIGSYS), execve(twin_self, ARGV("x", "@signalfd_pending"), environ);
	R(execve(twin_self, ARGV("x", "@signalfd_pending"), environ));
}

static void told(int sig, siginfo_t *info, void *context)
{
	(void)context;
	say("handler %d code %d int %d\n", sig, info->si_code, info->si_value.sival_int);
}

static void show_status(void)
{
	char text[8192] = "", *line;
	const int from = open("/proc/self/status", O_RDONLY);

	if (read(from, text, sizeof(text) - 1) > 0)
		for (line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
			if (!strncmp(line, "SigPnd", 6) || !strncmp(line, "ShdPnd", 6) ||
				!strncmp(line, "SigBlk", 6) || !strncmp(line, "SigCgt", 6))
				say("%s\n", line);
	close(from);
}

/* Without a descriptor: it waits, and is told with what was said of it. */
CASE(signalfd_sigsys_none)
{
	const struct timespec none = {0, 0};
	struct sigaction sa = {.sa_sigaction = told, .sa_flags = SA_SIGINFO};
	siginfo_t info;
	sigset_t set, old;

	sigemptyset(&set);
	sigaddset(&set, SIGSYS);
	sigprocmask(SIG_BLOCK, &set, NULL);
	queue(SIGSYS, 11);
	show_status();
	sigprocmask(SIG_BLOCK, NULL, &old);
	say("blocked %d %d\n", sigismember(&old, SIGSYS), sigismember(&old, 53));
	R(sigtimedwait(&set, &info, &none));
	say("code %d uid %d int %d\n", info.si_code, info.si_uid, info.si_value.sival_int);
	R(sigtimedwait(&set, &info, &none));
	kill(getpid(), SIGSYS);
	signal(SIGSYS, SIG_IGN);
	R(sigtimedwait(&set, &info, &none));
	kill(getpid(), SIGSYS);
	sigaction(SIGSYS, &sa, NULL);
	show_status();
	queue(SIGSYS, 12);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	say("after\n");
	show_status();
	sigaction(53, NULL, &sa);
	say("53: %d\n", sa.sa_handler == SIG_DFL);
	sigprocmask(SIG_BLOCK, &set, NULL);
	send_soon(SIGSYS);
	R(sigwaitinfo(&set, &info));
	say("code %d\n", info.si_code);
	wait(NULL);
}
