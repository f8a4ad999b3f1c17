/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_signal.c - tests dispositions and masks as the program set them, also of SIGSYS, which
 * the trap uses.
 */
#include "case_signal.h"

static void count(int sig)
{
	(void)sig;
	seen++;
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

/* A signal that is not blocked is never pending when the program looks, whenever it comes. */
CASE(signal_pending_unblocked)
{
	int seen = 0;

	for (int i = 0; i < 400; i++) {
		const pid_t pid = twin_fork();
		sigset_t s;

		if (!pid)
			_exit(0);
		do {
			sigpending(&s);
			seen += sigismember(&s, SIGCHLD);
		} while (!waitpid(pid, NULL, WNOHANG));
	}
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
