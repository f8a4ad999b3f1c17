/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_signal_handlers.c - tests handlers: what they may call, when they interrupt calls, what
 * they are told, and the masks after them; for SIGSYS, too. */
#include "case_signal.h"

static volatile int stray;
static struct stat from_handler;
static volatile int handler_result, handler_errno, depth, deepest;

static void stat_handler(int sig)
{
	int saved = errno;

	(void)sig;
	seen++;
	if (++depth > deepest)
		deepest = depth;
	errno = 0;
	handler_result = stat("../t/f", &from_handler);
	handler_errno = errno;
	int fd = open("f", O_RDONLY);
	if (fd < 0)
		handler_result = -2;
	close(fd);
	depth--;
	errno = saved;
}

CASE(signal_handler_makes_calls)
{
	struct sigaction sa = {.sa_handler = stat_handler};

	put("f", "12345");
	sigfillset(&sa.sa_mask);
	R(sigaction(SIGUSR1, &sa, NULL));
	R(sigaction(SIGSYS, &sa, NULL));
	R(raise(SIGUSR1));
	say("result %d size %ld\n", handler_result, (long)from_handler.st_size);
	R(raise(SIGSYS));
	say("result %d seen %d\n", handler_result, seen);
	errno = 77;
	raise(SIGUSR1);
	say("errno kept %d\n", errno == 77);
	show_mask("after");
	/* Each handler runs once although the other is pending all the time. */
	sigset_t s;
	sigemptyset(&s);
	sigaddset(&s, SIGUSR1);
	sigaddset(&s, SIGSYS);
	sigprocmask(SIG_BLOCK, &s, NULL);
	raise(SIGUSR1);
	raise(SIGSYS);
	raise(SIGUSR1);
	seen = 0;
	R(sigprocmask(SIG_UNBLOCK, &s, NULL));
	say("seen %d deepest %d\n", seen, deepest);
	R(access("f", F_OK));
}

CASE(signal_timer_storm)
{
	struct sigaction sa = {.sa_handler = stat_handler, .sa_flags = SA_RESTART};
	struct itimerval fast = {{0, 500}, {0, 500}}, off = {{0, 0}, {0, 0}};
	struct stat st;
	int bad = 0, calls = 0;

	put("f", "12345");
	sigemptyset(&sa.sa_mask);
	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &fast, NULL);
	while (seen < 60) {
		if (stat("f", &st) < 0 || st.st_size != 5)
			bad++;
		if (access("missing", F_OK) == 0 || errno != ENOENT)
			bad++;
		int fd = open("/t/f", O_RDONLY);
		if (fd != 3)
			bad++;
		close(fd);
		calls++;
	}
	setitimer(ITIMER_REAL, &off, NULL);
	say("bad %d, handler's result %d, calls %s\n", bad, handler_result,
		calls > 0 ? "some" : "none");
	R(open("f", O_RDONLY));
}

CASE(signal_queued_values)
{
	struct sigaction sa = {.sa_sigaction = count_info, .sa_flags = SA_SIGINFO};
	union sigval v = {.sival_ptr = (void *)0x1234};

	sigemptyset(&sa.sa_mask);
	sigaction(SIGUSR1, &sa, NULL);
	sigaction(SIGSYS, &sa, NULL);
	siginfo_t info;
	memset(&info, 0, sizeof(info));
	info.si_signo = SIGUSR1;
	info.si_code = SI_QUEUE;
	info.si_value = v;
	R(SYSCALL(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, &info));
	say("seen %d code %d value %lx\n", seen, seen_code, (long)seen_value);
	info.si_signo = SIGSYS;
	info.si_value.sival_ptr = (void *)0x5678;
	R(SYSCALL(SYS_rt_sigqueueinfo, getpid(), SIGSYS, &info));
	say("seen %d code %d value %lx\n", seen, seen_code, (long)seen_value);
}

static void edits_mask(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	(void)sig;
	(void)info;
	seen++;
	/* All of them, as if the program had called sigprocmask. */
	memset(&uc->uc_sigmask, 0xff, 8);
}

CASE(signal_mask_from_handler)
{
	struct sigaction sa = {.sa_sigaction = edits_mask, .sa_flags = SA_SIGINFO};

	sigemptyset(&sa.sa_mask);
	R(sigaction(SIGUSR1, &sa, NULL));
	R(raise(SIGUSR1));
	say("seen %d\n", seen);
	show_mask("as the handler left it");
	R(access("/etc/absolute", F_OK));
	R(open("/etc/above", O_RDONLY));
	show_mask("after calls");
	CHILD("exec")
		R(execve(twin_self, ARGV("x", "@sigmask"), environ));
}

static void sys_handler(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	seen++;
	if (info->si_code != SI_USER)
		stray++;
}

/* Another process sends SIGSYS while this one makes calls: neither may be taken for the other. */
CASE(signal_sigsys_storm)
{
	struct sigaction sa = {.sa_sigaction = sys_handler, .sa_flags = SA_SIGINFO | SA_RESTART};
	struct stat st;
	int bad = 0, status = -1, calls = 0;
	pid_t me = getpid();

	put("f", "12345");
	sigemptyset(&sa.sa_mask);
	R(sigaction(SIGSYS, &sa, NULL));
	pid_t pid = fork();
	if (pid == 0) {
		for (int i = 0; i < 300; i++) {
			kill(me, SIGSYS);
			if (i % 10 == 0)
				nanosleep(&((struct timespec){0, 100000}), NULL);
		}
		twin_exit(0);
	}
	while (waitpid(pid, &status, WNOHANG) == 0) {
		bad += stat("f", &st) < 0 || st.st_size != 5;
		bad += access("missing", F_OK) == 0 || errno != ENOENT;
		bad += stat("/etc/absolute", &st) < 0;
		calls++;
	}
	say("bad %d stray %d seen %d calls %d status %d\n", bad, stray, seen > 0, calls > 0,
		status);
}
