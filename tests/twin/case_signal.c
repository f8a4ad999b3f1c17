/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_signal.c - dispositions and masks as the program set them, SIGSYS included, which a trap
 * needs for itself.
 */
#include "twin.h"

static volatile int seen, seen_code;
static volatile uintptr_t seen_value;

static void count(int sig)
{
	(void)sig;
	seen++;
}

static void count_info(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	seen++;
	seen_code = info->si_code;
	seen_value = (uintptr_t)info->si_value.sival_ptr;
}

static int set(int sig, void (*handler)(int), int flags)
{
	struct sigaction sa = {.sa_handler = handler, .sa_flags = flags};

	sigemptyset(&sa.sa_mask);
	return sigaction(sig, &sa, NULL);
}

static void show_action(int sig)
{
	struct sigaction sa;

	memset(&sa, 0, sizeof(sa));
	if (sigaction(sig, NULL, &sa) < 0) {
		say("%g: %e\n", sig, errno);
		return;
	}
	unsigned long mask;
	memcpy(&mask, &sa.sa_mask, sizeof(mask));
	say("%g: %s flags %x mask %lx\n", sig,
		sa.sa_handler == SIG_DFL      ? "default" :
		sa.sa_handler == SIG_IGN      ? "ignored" :
		sa.sa_handler == count	      ? "count" :
		sa.sa_sigaction == count_info ? "count_info" :
						"other",
		(unsigned)sa.sa_flags & ~0x04000000u, mask);
}

static void show_mask(const char *what)
{
	sigset_t s;
	unsigned long mask;

	sigprocmask(SIG_BLOCK, NULL, &s);
	memcpy(&mask, &s, sizeof(mask));
	say("%s: mask %lx\n", what, mask);
}

CASE(signal_query_all)
{
	for (int sig = 1; sig <= 31; sig++)
		show_action(sig);
	show_mask("start");
}

CASE(signal_sigsys_action)
{
	struct sigaction sa = {.sa_sigaction = count_info, .sa_flags = SA_SIGINFO | SA_RESTART};

	show_action(SIGSYS);
	R(set(SIGSYS, SIG_IGN, 0));
	show_action(SIGSYS);
	R(access("/etc/passwd", F_OK));
	R(raise(SIGSYS));
	R(set(SIGSYS, count, 0));
	show_action(SIGSYS);
	R(access("/etc/absolute", F_OK));
	R(raise(SIGSYS));
	say("seen %d\n", seen);
	sigfillset(&sa.sa_mask);
	R(sigaction(SIGSYS, &sa, NULL));
	show_action(SIGSYS);
	R(kill(getpid(), SIGSYS));
	say("seen %d code %d\n", seen, seen_code);
	R(open("/etc/passwd", O_RDONLY));
	R(set(SIGSYS, SIG_DFL, 0));
	show_action(SIGSYS);
	R(access("/etc/passwd", F_OK));
	R(set(SIGSYS, count, SA_RESETHAND));
	R(raise(SIGSYS));
	say("seen %d\n", seen);
	show_action(SIGSYS);
	R(access("/etc/passwd", F_OK));
	CHILD("again")
		raise(SIGSYS);
}

CASE(signal_by_which_it_died)
{
	static const int signals[] = {SIGSYS, SIGKILL, SIGTERM, SIGSEGV, SIGABRT, SIGUSR1, SIGPIPE,
		SIGALRM, SIGILL, SIGTRAP, SIGBUS, SIGFPE};

	for (size_t i = 0; i < COUNT(signals); i++) {
		CHILD("raise") {
			access("/etc/passwd", F_OK);
			raise(signals[i]);
		}
		CHILD("kill")
			kill(getpid(), signals[i]);
	}
	CHILD("ignored") {
		set(SIGSYS, SIG_IGN, 0);
		raise(SIGSYS);
		say("alive\n");
	}
	CHILD("blocked") {
		sigset_t s;
		sigemptyset(&s);
		sigaddset(&s, SIGSYS);
		R(sigprocmask(SIG_BLOCK, &s, NULL));
		R(raise(SIGSYS));
		R(access("/etc/passwd", F_OK));
		sigset_t p;
		memset(&p, 0, sizeof(p));
		R(sigpending(&p));
		say("pending %d\n", sigismember(&p, SIGSYS));
		R(sigprocmask(SIG_UNBLOCK, &s, NULL));
		say("not reached\n");
	}
	CHILD("killed in a sleep") {
		pid_t me = getpid();
		if (fork() == 0) {
			nanosleep(&((struct timespec){0, 20000000}), NULL);
			kill(me, SIGSYS);
			twin_exit(0);
		}
		for (;;)
			pause();
	}
}

CASE(signal_action_errors)
{
	struct sigaction sa = {.sa_handler = count};

	sigemptyset(&sa.sa_mask);
	R(SYSCALL(SYS_rt_sigaction, 0, NULL, NULL, 8));
	R(SYSCALL(SYS_rt_sigaction, 65, NULL, NULL, 8));
	R(SYSCALL(SYS_rt_sigaction, SIGSYS, NULL, NULL, 16));
	R(SYSCALL(SYS_rt_sigaction, SIGUSR1, NULL, NULL, 4));
	R(SYSCALL(SYS_rt_sigaction, SIGSYS, 8, NULL, 8));
	R(SYSCALL(SYS_rt_sigaction, SIGSYS, NULL, 8, 8));
	R(SYSCALL(SYS_rt_sigaction, SIGUSR1, 8, NULL, 8));
	R(sigaction(SIGKILL, &sa, NULL));
	R(sigaction(SIGSTOP, &sa, NULL));
	show_action(SIGKILL);
	R(SYSCALL(SYS_rt_sigprocmask, SIG_BLOCK, NULL, NULL, 4));
	R(SYSCALL(SYS_rt_sigprocmask, 7, NULL, NULL, 8));
	sigset_t s;
	sigfillset(&s);
	R(SYSCALL(SYS_rt_sigprocmask, 7, &s, NULL, 8));
	R(SYSCALL(SYS_rt_sigprocmask, SIG_BLOCK, 8, NULL, 8));
	R(SYSCALL(SYS_rt_sigprocmask, SIG_BLOCK, NULL, 8, 8));
	show_mask("after errors");
}

/* Masks read back as they were set; a path call in between changes nothing. */
CASE(signal_masks)
{
	sigset_t s, old;
	unsigned long mask;

	sigfillset(&s);
	R(sigprocmask(SIG_SETMASK, &s, NULL));
	show_mask("full");
	R(access("/etc/passwd", F_OK));
	R(open("/etc/above", O_RDONLY));
	show_mask("after open");
	sigemptyset(&s);
	sigaddset(&s, SIGSYS);
	R(sigprocmask(SIG_UNBLOCK, &s, &old));
	memcpy(&mask, &old, sizeof(mask));
	say("old %lx\n", mask);
	show_mask("without SIGSYS");
	R(sigprocmask(SIG_BLOCK, &s, NULL));
	show_mask("with SIGSYS");
	sigemptyset(&s);
	R(sigprocmask(SIG_SETMASK, &s, NULL));
	show_mask("empty");
	sigaddset(&s, SIGUSR1);
	sigaddset(&s, SIGSEGV);
	R(sigprocmask(SIG_BLOCK, &s, NULL));
	show_mask("two");
	R(access("/etc/absolute", F_OK));
	CHILD("inherited") {
		show_mask("child");
		R(execve(twin_self, ARGV("x", "@sigmask"), environ));
	}
	/* The set and the old set may be the same place. */
	sigset_t *same = &s;
	R(sigprocmask(SIG_BLOCK, &s, same));
	memcpy(&mask, &s, sizeof(mask));
	say("aliased %lx\n", mask);
	sigfillset(&s);
	R(sigprocmask(SIG_SETMASK, &s, same));
	memcpy(&mask, &s, sizeof(mask));
	say("aliased %lx\n", mask);
	R(sigprocmask(SIG_SETMASK, &s, NULL));
	show_mask("back");
}

TOOL(sigmask)
{
	show_mask("after exec");
	for (int sig = 1; sig <= 31; sig++) {
		struct sigaction sa;
		sigaction(sig, NULL, &sa);
		if (sa.sa_handler != SIG_DFL)
			say("%g %s\n", sig, sa.sa_handler == SIG_IGN ? "ignored" : "handled");
	}
	R(access("/etc/passwd", F_OK));
}

CASE(signal_across_exec)
{
	sigset_t s;

	R(set(SIGUSR1, SIG_IGN, 0));
	R(set(SIGUSR2, count, 0));
	R(set(SIGSYS, SIG_IGN, 0));
	sigemptyset(&s);
	sigaddset(&s, SIGSYS);
	sigaddset(&s, SIGTERM);
	R(sigprocmask(SIG_SETMASK, &s, NULL));
	CHILD("ignored and blocked")
		R(execve(twin_self, ARGV("x", "@sigmask"), environ));
	R(set(SIGSYS, count, 0));
	CHILD("handled and blocked")
		R(execve(twin_self, ARGV("x", "@sigmask"), environ));
	R(raise(SIGTERM));
	CHILD("nothing pending is inherited")
		R(execve(twin_self, ARGV("x", "@sigpending"), environ));
	kill(getpid(), SIGUSR2);
	say("seen %d\n", seen);
}

TOOL(sigpending)
{
	sigset_t s;
	unsigned long mask;

	memset(&s, 0, sizeof(s));
	sigpending(&s);
	memcpy(&mask, &s, sizeof(mask));
	say("pending %lx\n", mask);
}

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

static volatile int stray;

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
