/* SPDX-FileCopyrightText: The fakejail authors SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * signals.c - random calls about signals, SIGSYS among them. For signals.sh, which runs it in a
 * real chroot and in the jail, and compares the output.
 *
 * Usage: signals STATE STEPS
 *
 * The process has one thread, and only it sends signals to itself. So each run has the same
 * signals. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

static uint64_t state;
static long step, steps;
static int fds[2] = {-1, -1};
static int value;
/* Are all signals sent to the thread, or all to the process? If there are both, the order may
 * differ: docs/LIMITS.md. */
static unsigned for_thread;

/* A random number below `below`. splitmix64 gives the same numbers on every machine. */
static unsigned chance(unsigned below)
{
	uint64_t z = state += 0x9e3779b97f4a7c15UL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9UL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebUL;
	return (unsigned)((z ^ (z >> 31)) >> 33) % below;
}

__attribute__((format(printf, 1, 2))) static void say(const char *format, ...)
{
	char text[400];
	va_list list;
	int n = snprintf(text, sizeof(text), "%ld: ", step);

	va_start(list, format);
	n += vsnprintf(text + n, sizeof(text) - (size_t)n - 2, format, list);
	va_end(list);
	text[n++] = '\n';
	if (write(1, text, (size_t)n) != n)
		_exit(9);
}

static const int signals[] = {SIGHUP, SIGUSR1, SIGUSR2, SIGSYS, SIGSYS, SIGTERM, 40, 41};
#define COUNT (sizeof(signals) / sizeof(signals[0]))

static int any(void)
{
	return signals[chance(COUNT)];
}

static uint64_t bit(int sig)
{
	return 1UL << (sig - 1);
}

static uint64_t any_set(void)
{
	uint64_t set = 0;

	for (unsigned i = chance(5); i; i--)
		set |= bit(any());
	return chance(12) ? set : ~0UL;
}

static uint64_t mask(void)
{
	uint64_t now = 0;

	syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &now, 8);
	return now;
}

static void send(int sig)
{
	siginfo_t info;
	const unsigned way = chance(2) * 2 + for_thread;
	long r;

	memset(&info, 0, sizeof(info));
	info.si_code = SI_QUEUE;
	info.si_pid = getpid();
	info.si_uid = 5;
	info.si_value.sival_int = ++value;
	say("send %d by %u: %d", sig, way, value);
	switch (way) {
	case 0:
		r = kill(getpid(), sig);
		break;
	case 1:
		r = syscall(SYS_tgkill, getpid(), gettid(), sig);
		break;
	case 2:
		r = syscall(SYS_rt_sigqueueinfo, getpid(), sig, &info);
		break;
	default:
		info.si_code = SI_TKILL; /* (not SI_QUEUE, which looks as for the process) */
		r = syscall(SYS_rt_tgsigqueueinfo, getpid(), gettid(), sig, &info);
	}
	say("sent %ld", r);
}

static int depth;

static void handler(int sig, siginfo_t *info, void *context)
{
	ucontext_t *const uc = context;
	uint64_t saved;

	memcpy(&saved, &uc->uc_sigmask, sizeof(saved));
	say("handler %d code %d value %d mask %lx saved %lx", sig, info->si_code,
		info->si_code == SI_QUEUE ? info->si_value.sival_int : 0, mask(), saved);
	depth++;
	if (depth < 4 && !chance(4))
		send(any());
	if (!chance(4)) {
		const uint64_t set = any_set();

		say("in it: %ld", syscall(SYS_rt_sigprocmask, (int)chance(3), &set, NULL, 8));
	}
	if (!chance(4)) {
		saved ^= bit(any());
		memcpy(&uc->uc_sigmask, &saved, sizeof(saved));
		say("saved becomes %lx", saved);
	}
	depth--;
	say("handler %d ends, mask %lx", sig, mask());
}

struct action { /* struct kernel_sigaction */
	uint64_t handler, flags, restorer, mask;
};

static void show_action(const char *what, int sig)
{
	struct action a = {0};

	syscall(SYS_rt_sigaction, sig, NULL, &a, 8);
	say("%s %d: %s flags %lx mask %lx", what, sig,
		a.handler == 0 ? "default" :
		a.handler == 1 ? "ignored" :
				 "handled",
		a.flags & ~0x04000000UL, a.mask);
}

static void set_action(void)
{
	static const int flags[] = {SA_NODEFER, SA_ONSTACK, SA_RESTART};
	const int sig = any();
	struct sigaction a = {.sa_flags = SA_SIGINFO};
	const uint64_t set = any_set();

	show_action("was", sig);
	for (size_t i = 0; i < 3; i++)
		if (!chance(4))
			a.sa_flags |= flags[i];
	a.sa_sigaction = handler;
	if (!chance(4))
		a.sa_handler = SIG_IGN;
	for (int s = 1; s <= 64; s++) /* (libc removes its own signals from masks) */
		if (set & bit(s))
			sigaddset(&a.sa_mask, s);
	say("sigaction %d", sigaction(sig, &a, NULL));
	show_action("is", sig);
}

static void read_fd(void)
{
	struct signalfd_siginfo got[3];
	const int fd = fds[chance(2)];
	const unsigned count = 1 + chance(3);
	struct pollfd p = {fd, POLLIN, 0};
	const int ready = poll(&p, 1, 0);
	const ssize_t n = read(fd, got, count * sizeof(got[0]));

	say("read %zd errno %d, ready %d %x", n, n < 0 ? errno : 0, ready, p.revents);
	for (ssize_t i = 0; i < n / (ssize_t)sizeof(got[0]); i++)
		say("record %u code %d errno %d int %d uid %u mine %d", got[i].ssi_signo,
			got[i].ssi_code, got[i].ssi_errno, got[i].ssi_int,
			got[i].ssi_code == SI_QUEUE ? got[i].ssi_uid : 0,
			(pid_t)got[i].ssi_pid == getpid());
}

static void open_fd(void)
{
	const unsigned which = chance(2);
	const uint64_t set = any_set();
	const long r = syscall(SYS_signalfd4, fds[which], &set, 8L, (long)SFD_NONBLOCK);

	if (fds[which] < 0)
		fds[which] = (int)r;
	say("signalfd %lx: %d", set, r == fds[which]);
}

static void wait_for(void)
{
	const struct timespec none = {0, 0};
	const uint64_t set = any_set();
	siginfo_t info;
	const long r = syscall(SYS_rt_sigtimedwait, &set, &info, &none, 8);

	if (r < 0)
		say("sigtimedwait %lx: errno %d", set, errno);
	else
		say("sigtimedwait %lx: %ld code %d value %d uid %d", set, r, info.si_code,
			info.si_code == SI_QUEUE ? info.si_value.sival_int : 0,
			info.si_code == SI_QUEUE ? (int)info.si_uid : 0);
}

static uint64_t pending(void)
{
	uint64_t set = 0;

	syscall(SYS_rt_sigpending, &set, 8);
	return set;
}

/* Only if a signal will end it. */
static void suspend(void)
{
	const uint64_t set = any_set();
	uint64_t comes = pending() & ~set;
	struct action a;

	for (int sig = 1; sig <= 64; sig++)
		if (comes & bit(sig) &&
			(syscall(SYS_rt_sigaction, sig, NULL, &a, 8) < 0 || a.handler <= 1))
			comes &= ~bit(sig);
	say("suspend %lx: %lx comes", set, comes);
	if (comes)
		say("suspended %ld", syscall(SYS_rt_sigsuspend, &set, 8));
}

static void poll_masked(void)
{
	const uint64_t set = any_set(), comes = pending() & ~set;
	const struct timespec none = {0, 0};
	struct timespec time = none;

	/* (SIGSYS is delivered after other signals: docs/LIMITS.md.) */
	if ((comes & bit(SIGSYS)) && (comes & (comes - 1)))
		return;
	say("ppoll %lx", set);
	say("ppoll: %ld", syscall(SYS_ppoll, NULL, 0L, &time, &set, 8L));
}

static void change_stack(void)
{
	static char stack[1 << 16];
	const stack_t s = {
		.ss_sp = stack, .ss_size = sizeof(stack), .ss_flags = chance(3) ? 0 : SS_DISABLE};
	stack_t old;
	const int r = sigaltstack(&s, &old);

	say("sigaltstack %d was %x %zu", r, old.ss_flags, old.ss_size);
}

static void make_step(void);

static void fork_child(void)
{
	const pid_t pid = fork();
	int status;

	if (!pid) {
		for (int i = 0; i < 6; i++)
			make_step();
		_exit(0);
	}
	while (waitpid(pid, &status, 0) < 0)
		;
	say("child %x", (unsigned)status);
}

/* execve(2) resets handlers to the default action. So signals that are not blocked are ignored
 * first, that the process may survive. */
static void execute(void)
{
	char text[6][32];

	for (size_t i = 0; i < COUNT; i++)
		signal(signals[i], SIG_IGN);
	snprintf(text[0], 32, "%lu", state);
	snprintf(text[1], 32, "%ld", steps);
	snprintf(text[2], 32, "%ld", step);
	snprintf(text[3], 32, "%d", fds[0]);
	snprintf(text[4], 32, "%d", fds[1]);
	snprintf(text[5], 32, "%u", for_thread);
	execl("/bin/signals", "signals", text[0], text[1], text[2], text[3], text[4], text[5],
		(char *)NULL);
	_exit(8);
}

static void make_step(void)
{
	const uint64_t set = any_set();
	uint64_t old = 0;
	const int how = (int)chance(3);

	step++;
	switch (chance(16)) {
	case 0:
	case 1:
	case 2:
		send(any());
		break;
	case 3:
	case 4:
		say("sigprocmask %d %lx", how, set);
		say("%ld was %lx", syscall(SYS_rt_sigprocmask, how, &set, &old, 8), old);
		break;
	case 5:
	case 6:
		set_action();
		break;
	case 7:
		wait_for();
		break;
	case 8:
		open_fd();
		break;
	case 9:
	case 10:
		read_fd();
		break;
	case 11:
		suspend();
		break;
	case 12:
		poll_masked();
		break;
	case 13:
		change_stack();
		break;
	case 14:
		if (!chance(8))
			fork_child();
		break;
	case 15:
		if (!chance(8))
			execute();
		break;
	}
	say("mask %lx pending %lx", mask(), pending());
}

int main(int argc, char **argv)
{
	struct sigaction a = {.sa_flags = SA_SIGINFO, .sa_sigaction = handler};

	if (argc < 3)
		return 2;
	state = strtoul(argv[1], NULL, 10);
	for_thread = argc > 6 ? (unsigned)atoi(argv[6]) : state % 2;
	steps = atol(argv[2]);
	if (argc > 5) {
		step = atol(argv[3]);
		fds[0] = atoi(argv[4]);
		fds[1] = atoi(argv[5]);
		say("executed, mask %lx pending %lx", mask(), pending());
	}
	for (size_t i = 0; i < COUNT; i++)
		sigaction(signals[i], &a, NULL);
	while (step < steps)
		make_step();
	say("end");
	return 0;
}
