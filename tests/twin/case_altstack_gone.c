/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_altstack_gone.c - tests a signal stack that was unmapped, made read-only, or freed and
 * used again: only the program's own handlers may write there.
 */
#include "case_altstack.h"

static void leave(int sig, siginfo_t *info, void *context)
{
	note(sig, info, context);
	siglongjmp(jump, 1);
}

static volatile char *volatile nowhere = (volatile char *)16;

/* Calls that trap, calls that are jumps, calls with bad pointers, and signals. */
static void live(void)
{
	struct stat st;

	handle(SIGUSR1, note, 0);
	R(stat("/etc/passwd", &st));
	R(access("/etc/absolute", F_OK));
	R(stat((char *)8, &st));
	R(stat("/etc/passwd", (struct stat *)8));
	R(mkdir("d", 0755));
	R(SYSCALL(SYS_rt_sigprocmask, SIG_BLOCK, (void *)8, NULL, 8));
	R(raise(SIGUSR1));
	say_seen("not on it");
	handle(SIGSEGV, leave, 0);
	if (sigsetjmp(jump, 1) == 0)
		*nowhere = 1;
	say_seen("a fault");
	if (sigsetjmp(jump, 1) == 0)
		*nowhere = 1;
	say_seen("another");
	R(raise(SIGUSR1));
	say_seen("not on it");
	R(stat("/etc/passwd", &st));
	CHILD("a child") {
		R(stat("/etc/passwd", &st));
		R(execve(twin_self, ARGV("x", "@say", "after exec"), environ));
	}
	R(stat("/etc/passwd", &st));
}

CASE(altstack_gone)
{
	CHILD("unmapped") {
		set_stack(0);
		R(munmap(region, SIZE));
		live();
	}
	CHILD("read-only") {
		set_stack(0);
		R(mprotect(region, SIZE, PROT_READ));
		live();
	}
	CHILD("unmapped, disarmed") {
		set_stack((int)(1U << 31));
		R(munmap(region, SIZE));
		live();
	}
	CHILD("never there") {
		stack_t ss = {.ss_sp = (void *)65536, .ss_size = SIZE};

		R(sigaltstack(&ss, NULL));
		live();
	}
}

static void want(int sig)
{
	say("%d\n", sig);
	CHILD("raised") {
		set_stack(0);
		R(munmap(region, SIZE));
		handle(sig, note, SA_ONSTACK);
		R(raise(sig));
		say_seen("not reached");
	}
	CHILD("told") {
		set_stack(0);
		R(munmap(region, SIZE));
		handle(sig, note, SA_ONSTACK);
		if (sig != SIGSEGV)
			handle(SIGSEGV, leave, 0);
		if (sigsetjmp(jump, 1) == 0)
			R(raise(sig));
		say_seen("told");
	}
	CHILD("blocked") {
		sigset_t s;

		set_stack(0);
		R(munmap(region, SIZE));
		handle(sig, note, SA_ONSTACK);
		if (sig != SIGSEGV)
			handle(SIGSEGV, leave, 0);
		sigemptyset(&s);
		sigaddset(&s, SIGSEGV);
		R(sigprocmask(SIG_BLOCK, &s, NULL));
		R(raise(sig));
		say_seen("may be reached");
	}
}

/* Who wants to run there dies, or is told so by a handler that need not. */
CASE(altstack_gone_is_wanted)
{
	static const int signals[] = {SIGUSR1, SIGSEGV, SIGBUS, SIGSYS, SIGALRM, 40};

	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		want(signals[i]);
	CHILD("a fault") {
		set_stack(0);
		R(munmap(region, SIZE));
		handle(SIGSEGV, note, SA_ONSTACK);
		*nowhere = 1;
	}
	CHILD("a fault, to be reset") {
		set_stack(0);
		R(munmap(region, SIZE));
		handle(SIGSEGV, note, SA_ONSTACK | (int)SA_RESETHAND);
		*nowhere = 1;
	}
	CHILD("in a call that waits") {
		set_stack(0);
		R(munmap(region, SIZE));
		handle(SIGUSR1, note, SA_ONSTACK);
		R(mkfifo("fifo", 0600));
		send_soon(SIGUSR1);
		R(open("fifo", O_RDONLY));
	}
}

/* Memory that is in use for something else stays as it is. */
CASE(altstack_used_again)
{
	struct stat st;
	volatile size_t touched = 0;

	set_stack(0);
	R(access("/etc/passwd", F_OK));
	memset(region, 0x5a, SIZE);
	handle(SIGUSR1, note, 0);
	handle(SIGUSR2, note, 0);
	R(stat("/etc/passwd", &st));
	R(stat((char *)8, &st));
	R(stat("/etc/passwd", (struct stat *)8));
	R(raise(SIGUSR1));
	R(mkfifo("fifo", 0600));
	const pid_t child = send_soon(SIGUSR1);
	R(open("fifo", O_RDONLY));
	reap("sender", child);
	handle(SIGSEGV, leave, 0);
	handle(SIGBUS, note, 0);
	handle(SIGSYS, note, 0);
	for (int i = 0; i < 3; i++)
		if (sigsetjmp(jump, 1) == 0)
			*nowhere = 1;
	R(raise(SIGSYS));
	R(raise(SIGBUS));
	R(stat("/etc/absolute", &st));
	CHILD("a child")
		R(stat("/etc/absolute", &st));
	for (size_t i = 0; i < SIZE; i++)
		touched += region[i] != 0x5a;
	say("seen %d touched %ld\n", seen, (long)touched);
}
