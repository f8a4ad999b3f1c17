/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_bus.c - tests SIGBUS, which the engine handles itself: actions are as the program set
 * them, for a file that is truncated under its mapping, and for a signal that is sent, blocked,
 * ignored or inherited.
 */
#include "twin.h"

#define PAGE 4096

static volatile char *mapped;
static int mapped_fd;

static void tell(int sig, siginfo_t *info, void *context)
{
	(void)context;
	say("handler: %g code %d\n", sig, info->si_code);
	if (info->si_code > 0)
		say("at byte %ld\n", (long)((char *)info->si_addr - mapped));
	twin_exit(5);
}

static void mend(int sig)
{
	say("%g: the file grows\n", sig);
	R(ftruncate(mapped_fd, 2 * PAGE));
}

static void count(int sig)
{
	say("%g came\n", sig);
}

static void map(void)
{
	put("f", "x");
	mapped_fd = open("f", O_RDWR);
	R(ftruncate(mapped_fd, 2 * PAGE));
	mapped = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, mapped_fd, 0);
	mapped[PAGE] = 'a';
	R(ftruncate(mapped_fd, 0));
}

CASE(bus_actions)
{
	struct sigaction old, new = {.sa_handler = SIG_DFL};

	show_handler(SIGBUS, count);
	R(set_handler(SIGBUS, count, SA_RESTART));
	show_handler(SIGBUS, count);
	R(set_handler(SIGBUS, count, SA_NODEFER));
	show_handler(SIGBUS, count);
	sigemptyset(&new.sa_mask);
	R(sigaction(SIGBUS, &new, &old));
	say("old was count: %d\n", old.sa_handler == count);
	show_handler(SIGBUS, count);
	R(set_handler(SIGBUS, SIG_IGN, 0));
	show_handler(SIGBUS, count);
	R(access("/etc/passwd", F_OK));
	R(set_handler(SIGBUS, count, 0));
	show_handler(SIGBUS, count);
	R(SYSCALL(SYS_rt_sigaction, SIGBUS, 8, NULL, 8));
	R(SYSCALL(SYS_rt_sigaction, SIGBUS, NULL, 8, 8));
	R(SYSCALL(SYS_rt_sigaction, SIGBUS, NULL, NULL, 4));
	show_handler(SIGBUS, count);
}

CASE(bus_cut_off)
{
	map();
	CHILD("default")
		say("read %d\n", mapped[PAGE]);
	CHILD("handled") {
		R(set_handler(SIGBUS, tell, SA_SIGINFO));
		say("read %d\n", mapped[PAGE + 100]);
	}
	CHILD("ignored") {
		R(set_handler(SIGBUS, SIG_IGN, 0));
		say("read %d\n", mapped[1]);
	}
	CHILD("blocked") {
		sigset_t s;

		sigfillset(&s);
		R(set_handler(SIGBUS, tell, SA_SIGINFO));
		R(sigprocmask(SIG_BLOCK, &s, NULL));
		say("read %d\n", mapped[1]);
	}
	CHILD("mended, twice") {
		R(set_handler(SIGBUS, mend, 0));
		say("read %d\n", mapped[PAGE]);
		R(ftruncate(mapped_fd, 0));
		say("read %d\n", mapped[0]);
	}
	CHILD("once only") {
		R(set_handler(SIGBUS, mend, SA_RESETHAND));
		say("read %d\n", mapped[PAGE]);
		show_handler(SIGBUS, count);
	}
}

CASE(bus_sent)
{
	sigset_t s, pending;

	sigemptyset(&s);
	sigaddset(&s, SIGBUS);
	CHILD("default")
		R(kill(getpid(), SIGBUS));
	CHILD("handled") {
		R(set_handler(SIGBUS, count, 0));
		R(kill(getpid(), SIGBUS));
		R(kill(getpid(), SIGBUS));
		show_handler(SIGBUS, count);
	}
	CHILD("told who sent it") {
		R(set_handler(SIGBUS, tell, SA_SIGINFO));
		R(kill(getpid(), SIGBUS));
	}
	CHILD("ignored") {
		R(set_handler(SIGBUS, SIG_IGN, 0));
		R(kill(getpid(), SIGBUS));
		say("lives\n");
	}
	CHILD("blocked") {
		R(set_handler(SIGBUS, count, 0));
		R(sigprocmask(SIG_BLOCK, &s, NULL));
		R(kill(getpid(), SIGBUS));
		R(access("/etc/passwd", F_OK));
		R(open("/etc/none", O_RDONLY));
		sigemptyset(&pending);
		R(sigpending(&pending));
		say("pending %d\n", sigismember(&pending, SIGBUS));
		R(sigprocmask(SIG_UNBLOCK, &s, NULL));
		say("let in\n");
	}
	CHILD("blocked, default") {
		R(sigprocmask(SIG_BLOCK, &s, NULL));
		R(kill(getpid(), SIGBUS));
		R(access("/etc/passwd", F_OK));
		R(sigprocmask(SIG_UNBLOCK, &s, NULL));
		say("not reached\n");
	}
	CHILD("interrupts") {
		R(set_handler(SIGBUS, count, 0));
		read_until(SIGBUS);
	}
}

TOOL(bus_after_exec)
{
	sigset_t pending;

	show_handler(SIGBUS, count);
	sigemptyset(&pending);
	R(sigpending(&pending));
	say("pending %d\n", sigismember(&pending, SIGBUS));
	R(access("/etc/passwd", F_OK));
}

CASE(bus_across_exec)
{
	exec_with_handlers(SIGBUS, count, "@bus_after_exec");
}
