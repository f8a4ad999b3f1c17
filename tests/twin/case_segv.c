/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_segv.c - tests SIGSEGV, by which the engine notices bad pointers: actions are as the
 * program set them; what its handlers see; a signal that is sent, blocked, ignored or inherited.
 * Bad pointers give EFAULT before, after and within all of that.
 */
#include "twin.h"

#define PAGE 4096
#define BAD ((void *)8)
#define NOT_CANONICAL ((void *)0xdead000000000000UL)

static sigjmp_buf back;

/* Looked at in many places: bad pointers for what is read and for what is written. */
static void bad_pointers(const char *where)
{
	struct stat st;
	char buf[16];

	say("%s: %d %d %d %d %d\n", where, (int)SYSCALL(SYS_access, BAD, F_OK),
		(int)SYSCALL(SYS_stat, NOT_CANONICAL, &st),
		(int)SYSCALL(SYS_stat, "/etc/passwd", BAD), (int)SYSCALL(SYS_getcwd, BAD, 100),
		(int)SYSCALL(SYS_readlink, "/etc/absolute", buf, sizeof(buf)));
}

static void count(int sig)
{
	say("%g came\n", sig);
	bad_pointers("in a handler");
}

static void fault(int sig)
{
	say("%g came\n", sig);
	bad_pointers("in a handler");
	*(volatile char *)BAD = 1;
}

static void tell(int sig, siginfo_t *info, void *context)
{
	ucontext_t *u = context;
	unsigned long mask;
	stack_t now;

	memcpy(&mask, &u->uc_sigmask, sizeof(mask));
	say("%g code %d at %lx error %lx trap %ld mask %lx\n", sig, info->si_code,
		(long)info->si_addr, (long)u->uc_mcontext.gregs[REG_ERR],
		(long)u->uc_mcontext.gregs[REG_TRAPNO], (long)mask);
	R(sigaltstack(NULL, &now));
	say("on the signal stack: %d\n", now.ss_flags & SS_ONSTACK);
	bad_pointers("in the handler");
	siglongjmp(back, 1);
}

static sigset_t only(int sig)
{
	sigset_t s;

	sigemptyset(&s);
	sigaddset(&s, sig);
	return s;
}

CASE(segv_actions)
{
	struct sigaction old, new = {.sa_handler = SIG_DFL};

	show_handler(SIGSEGV, count);
	R(set_handler(SIGSEGV, count, SA_RESTART));
	show_handler(SIGSEGV, count);
	R(set_handler(SIGSEGV, count, SA_NODEFER | SA_ONSTACK));
	show_handler(SIGSEGV, count);
	sigfillset(&new.sa_mask);
	sigdelset(&new.sa_mask, SIGSYS);
	R(sigaction(SIGSEGV, &new, &old));
	say("old was count: %d\n", old.sa_handler == count);
	show_handler(SIGSEGV, count);
	R(set_handler(SIGSEGV, SIG_IGN, 0));
	show_handler(SIGSEGV, count);
	bad_pointers("ignored");
	R(set_handler(SIGSEGV, count, 0));
	show_handler(SIGSEGV, count);
	bad_pointers("handled");
	R(SYSCALL(SYS_rt_sigaction, SIGSEGV, 8, NULL, 8));
	R(SYSCALL(SYS_rt_sigaction, SIGSEGV, NULL, 8, 8));
	R(SYSCALL(SYS_rt_sigaction, SIGSEGV, NULL, NULL, 4));
	show_handler(SIGSEGV, count);
}

CASE(segv_faults)
{
	char *none = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	sigset_t s;

	bad_pointers("first");
	CHILD("default")
		*(volatile char *)BAD = 1;
	CHILD("not canonical")
		*(volatile char *)NOT_CANONICAL = 1;
	CHILD("a guard page")
		*(volatile char *)none = 1;
	CHILD("an instruction")
		((void (*)(void))(uintptr_t)none)();
	CHILD("ignored") {
		R(set_handler(SIGSEGV, SIG_IGN, 0));
		bad_pointers("ignored");
		*(volatile char *)BAD = 1;
	}
	CHILD("blocked") {
		s = only(SIGSEGV);
		R(set_handler(SIGSEGV, tell, SA_SIGINFO));
		R(sigprocmask(SIG_BLOCK, &s, NULL));
		bad_pointers("blocked");
		*(volatile char *)BAD = 1;
	}
	CHILD("in its own handler") {
		R(set_handler(SIGSEGV, fault, 0));
		*(volatile char *)BAD = 1;
	}
	bad_pointers("at last");
}

CASE(segv_handlers)
{
	static const int flags[] = {SA_SIGINFO, SA_SIGINFO | SA_ONSTACK, SA_SIGINFO | SA_NODEFER,
		SA_SIGINFO | SA_RESETHAND};
	static char room[64 * 1024];
	stack_t stack = {.ss_sp = room, .ss_size = sizeof(room)};

	R(sigaltstack(&stack, NULL));
	for (size_t i = 0; i < COUNT(flags); i++) {
		say("flags %x\n", (unsigned)flags[i]);
		bad_pointers("before");
		CHILD("twice") {
			R(set_handler(SIGSEGV, tell, flags[i]));
			bad_pointers("set");
			if (sigsetjmp(back, 1) == 0)
				*(volatile char *)BAD = 1;
			bad_pointers("after");
			show_handler(SIGSEGV, count);
			if (sigsetjmp(back, 1) == 0)
				(void)*(volatile char *)NOT_CANONICAL;
			bad_pointers("after the second");
		}
	}
}

static void deeper(volatile char *above)
{
	volatile char here[2000];

	here[0] = above[0];
	here[1999] = 1;
	if (here[0] != 1)
		deeper(here);
	above[0] = here[1];
}

static void on_overflow(int sig, siginfo_t *info, void *context)
{
	(void)context;
	say("%g code %d\n", sig, info->si_code);
	bad_pointers("in the handler");
	siglongjmp(back, 1);
}

CASE(segv_stack_overflow)
{
	static char room[64 * 1024];
	stack_t stack = {.ss_sp = room, .ss_size = sizeof(room)};
	volatile char top[8] = {0};
	struct rlimit limit = {.rlim_cur = 1024 * 1024, .rlim_max = 1024 * 1024};

	R(setrlimit(RLIMIT_STACK, &limit));
	CHILD("no signal stack") {
		R(set_handler(SIGSEGV, on_overflow, SA_SIGINFO));
		deeper(top);
	}
	R(sigaltstack(&stack, NULL));
	for (int i = 0; i < 2; i++) {
		R(set_handler(SIGSEGV, on_overflow, SA_SIGINFO | SA_ONSTACK));
		if (sigsetjmp(back, 1) == 0)
			deeper(top);
		bad_pointers("after");
	}
}

CASE(segv_sent)
{
	sigset_t s = only(SIGSEGV), pending;
	siginfo_t info;

	CHILD("default")
		R(kill(getpid(), SIGSEGV));
	CHILD("handled") {
		R(set_handler(SIGSEGV, count, 0));
		R(kill(getpid(), SIGSEGV));
		R(kill(getpid(), SIGSEGV));
		show_handler(SIGSEGV, count);
		bad_pointers("after");
	}
	CHILD("ignored") {
		R(set_handler(SIGSEGV, SIG_IGN, 0));
		R(kill(getpid(), SIGSEGV));
		say("lives\n");
	}
	CHILD("blocked") {
		R(set_handler(SIGSEGV, count, 0));
		R(sigprocmask(SIG_BLOCK, &s, NULL));
		R(kill(getpid(), SIGSEGV));
		bad_pointers("blocked");
		sigemptyset(&pending);
		R(sigpending(&pending));
		say("pending %d\n", sigismember(&pending, SIGSEGV));
		R(sigprocmask(SIG_UNBLOCK, &s, NULL));
		bad_pointers("let in");
	}
	CHILD("waited for") {
		R(sigprocmask(SIG_BLOCK, &s, NULL));
		R(kill(getpid(), SIGSEGV));
		bad_pointers("blocked");
		memset(&info, 0, sizeof(info));
		R(sigtimedwait(&s, &info, NULL));
		say("code %d, from us %d\n", info.si_code, info.si_pid == getpid());
	}
	CHILD("blocked, default") {
		R(sigprocmask(SIG_BLOCK, &s, NULL));
		R(kill(getpid(), SIGSEGV));
		bad_pointers("blocked");
		R(sigprocmask(SIG_UNBLOCK, &s, NULL));
		say("not reached\n");
	}
	CHILD("interrupts") {
		R(set_handler(SIGSEGV, count, 0));
		read_until(SIGSEGV);
	}
}

/* Bad pointers in a handler that blocks SIGSEGV, where the engine was waiting. */
CASE(segv_in_other_handlers)
{
	struct sigaction sa = {.sa_handler = count};
	struct timespec no_time = {0};
	sigset_t s;

	R(mkfifo("fifo", 0600));
	for (int blocks = 0; blocks < 2; blocks++) {
		sigemptyset(&sa.sa_mask);
		if (blocks)
			sigfillset(&sa.sa_mask);
		R(sigaction(SIGUSR1, &sa, NULL));
		R(kill(getpid(), SIGUSR1));
		const pid_t child = send_soon(SIGUSR1);

		R(open("fifo", O_RDONLY));
		reap("sender", child);
		bad_pointers("after");
	}
	s = only(SIGUSR1);
	R(sigprocmask(SIG_BLOCK, &s, NULL));
	R(kill(getpid(), SIGUSR1));
	sigfillset(&s);
	sigdelset(&s, SIGUSR1);
	R(ppoll(NULL, 0, &no_time, &s));
	R(kill(getpid(), SIGUSR1));
	R(sigsuspend(&s));
	bad_pointers("after");
}

#ifndef TWIN_RAW
#include <pthread.h>

static volatile int stop;
static pthread_t first_thread;

static void jump_back(int sig)
{
	(void)sig;
	if (!pthread_equal(pthread_self(), first_thread))
		twin_exit(9); /* another thread's bad pointer */
	siglongjmp(back, 1);
}

static void *make_bad_calls(void *unused)
{
	(void)unused;
	while (!stop)
		if (access(BAD, F_OK) != -1 || errno != EFAULT ||
			SYSCALL(SYS_stat, "/etc/passwd", BAD) != -1 || errno != EFAULT)
			twin_exit(8);
	return NULL;
}
#endif

/* The program's first fault while other threads pass bad pointers, which are EFAULT all the time.
 */
CASE(segv_beside_threads)
{
#ifndef TWIN_RAW
	for (int round = 0; round < 20; round++)
		CHILD("round") {
			pthread_t t[4];

			first_thread = pthread_self();
			for (size_t i = 0; i < COUNT(t); i++)
				pthread_create(&t[i], NULL, make_bad_calls, NULL);
			usleep(2000);
			set_handler(SIGSEGV, jump_back, 0);
			for (volatile int i = 0; i < 10; i++)
				if (sigsetjmp(back, 1) == 0)
					*(volatile char *)BAD = 1;
			stop = 1;
			for (size_t i = 0; i < COUNT(t); i++)
				pthread_join(t[i], NULL);
		}
#endif
}

TOOL(segv_after_exec)
{
	sigset_t pending, mask;

	show_handler(SIGSEGV, count);
	sigemptyset(&pending);
	R(sigpending(&pending));
	R(sigprocmask(SIG_BLOCK, NULL, &mask));
	say("pending %d blocked %d\n", sigismember(&pending, SIGSEGV), sigismember(&mask, SIGSEGV));
	bad_pointers("after exec");
	CHILD("a fault")
		*(volatile char *)BAD = 1;
}

CASE(segv_across_exec)
{
	exec_with_handlers(SIGSEGV, count, "@segv_after_exec");
}

/* A vfork(2) child has the parent's memory and dispositions of its own. */
CASE(segv_in_vfork_children)
{
	static void *const handler[] = {NULL, (void *)1 /* SIG_IGN */, (void *)count};

	static int has_own;
	static size_t i;

	for (has_own = 0; has_own < 2; has_own++) {
		if (has_own)
			R(set_handler(SIGSEGV, count, SA_RESTART));
		for (i = 0; i < COUNT(handler); i++) {
			const pid_t pid = vfork();

			if (!pid) {
				R(set_handler(SIGSEGV, handler[i], 0));
				show_handler(SIGSEGV, count);
				bad_pointers("the child");
				SYSCALL(SYS_execve, BAD, NULL, NULL);
				execve(twin_self, ARGV("x", "@segv_after_exec"), environ);
				_exit(1);
			}
			reap("child", pid);
			show_handler(SIGSEGV, count);
			bad_pointers("the parent");
		}
	}
	R(set_handler(SIGSEGV, tell, SA_SIGINFO));
	if (sigsetjmp(back, 1) == 0)
		*(volatile char *)BAD = 1;
}
