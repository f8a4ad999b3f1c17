/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_altstack.c - tests sigaltstack(2): the stack that the program set, and small stacks on
 * which handlers make calls.
 */
#include "twin.h"

static volatile int seen, result, on_stack, flags_inside;
static stack_t inside;
static char *region;
static size_t region_size;

/* Calls with a path, and something of libc's that binds lazily. */
static void handler(int sig)
{
	struct stat st;
	char here;

	(void)sig;
	seen++;
	on_stack = &here >= region && &here < region + region_size;
	result = stat("../t", &st);
	sigaltstack(NULL, &inside);
	flags_inside = inside.ss_flags;
}

static void show_altstack(const char *what)
{
	stack_t ss;

	memset(&ss, 0, sizeof(ss));
	R(sigaltstack(NULL, &ss));
	say("%s: size %ld flags %d mine %d\n", what, (long)ss.ss_size, ss.ss_flags,
		region && ss.ss_sp == region);
}

CASE(altstack)
{
	stack_t ss = {.ss_flags = 0};

	show_altstack("never set");
	R(access("/etc/passwd", F_OK));
	show_altstack("after a call");
	region_size = 16384;
	region =
		mmap(NULL, region_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ss.ss_sp = region;
	ss.ss_size = region_size;
	R(sigaltstack(&ss, NULL));
	show_altstack("set");
	R(open("/etc/absolute", O_RDONLY));
	show_altstack("after open");
	struct sigaction sa = {.sa_handler = handler, .sa_flags = SA_ONSTACK};
	sigemptyset(&sa.sa_mask);
	sigaction(SIGUSR1, &sa, NULL);
	R(raise(SIGUSR1));
	say("seen %d result %d on the stack %d flags inside %d size inside %ld\n", seen, result,
		on_stack, flags_inside, (long)inside.ss_size);
	show_altstack("after the handler");
	sa.sa_flags = 0;
	sigaction(SIGUSR1, &sa, NULL);
	R(raise(SIGUSR1));
	say("result %d on the stack %d flags inside %d\n", result, on_stack, flags_inside);
	stack_t old;
	ss.ss_flags = SS_DISABLE;
	R(sigaltstack(&ss, &old));
	say("old size %ld flags %d\n", (long)old.ss_size, old.ss_flags);
	show_altstack("disabled");
	R(access("/etc/passwd", F_OK));
	ss.ss_flags = 0;
	ss.ss_size = 100;
	R(sigaltstack(&ss, NULL));
	ss.ss_size = region_size;
	ss.ss_flags = 99;
	R(sigaltstack(&ss, NULL));
	CHILD("inherited by fork")
		show_altstack("child");
	ss.ss_flags = SS_ONSTACK;
	R(sigaltstack(&ss, NULL));
	show_altstack("set, with a flag that is no question");
	R(sigaltstack(&ss, NULL));
	ss.ss_flags = 0;
	R(sigaltstack(&ss, NULL));
	CHILD("inherited by fork")
		show_altstack("child");
	CHILD("gone after exec")
		R(execve(twin_self, ARGV("x", "@altstack"), environ));
}

TOOL(altstack)
{
	show_altstack("after exec");
	R(access("/etc/passwd", F_OK));
	show_altstack("after a call");
}

CASE(altstack_autodisarm)
{
	stack_t ss = {.ss_flags = (int)(1U << 31)};

	region_size = 16384;
	region =
		mmap(NULL, region_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ss.ss_sp = region;
	ss.ss_size = region_size;
	R(sigaltstack(&ss, NULL));
	show_altstack("autodisarm");
	struct sigaction sa = {.sa_handler = handler, .sa_flags = SA_ONSTACK};
	sigemptyset(&sa.sa_mask);
	sigaction(SIGUSR1, &sa, NULL);
	R(raise(SIGUSR1));
	say("result %d on the stack %d flags inside %d\n", result, on_stack, flags_inside);
	show_altstack("after");
	R(access("/etc/passwd", F_OK));
	show_altstack("after a call");
}

/* A handler that comes while a call waits runs on the signal stack (Go programs end without), where
 * its own calls may wait as well; one that comes upon that, below it. */
static void *volatile handler_at[2];
static volatile int comes_twice;

static void come_in_wait(int sig)
{
	const int n = sig == SIGUSR2;
	char here;

	handler_at[n] = &here;
	seen++;
	for (int i = 0; i < 3; i++)
		R(stat("/etc/passwd", &(struct stat){0}));
	close(R(open("/etc/passwd", O_RDONLY)));
	sigaltstack(NULL, &inside);
	say("%d is on it %d flags %d size %ld\n", n,
		&here >= region && &here < region + region_size, inside.ss_flags,
		(long)inside.ss_size);
	if (n || !comes_twice)
		return;
	const pid_t child = send_soon(SIGUSR2);

	R(open("fifo", O_RDONLY));
	reap("second", child);
	say("below %d\n", (char *)handler_at[1] < (char *)handler_at[0]);
	R(stat("/etc/passwd", &(struct stat){0}));
}

static void wait_on_altstack(void)
{
	stack_t ss = {.ss_size = 65536};

	region_size = ss.ss_size;
	region =
		mmap(NULL, region_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ss.ss_sp = region;
	R(sigaltstack(&ss, NULL));
	R(mkfifo("fifo", 0600));
	struct sigaction sa = {.sa_handler = come_in_wait, .sa_flags = SA_ONSTACK};
	sigemptyset(&sa.sa_mask);
	sigaction(SIGUSR1, &sa, NULL);
	sigaction(SIGUSR2, &sa, NULL);
	for (int i = 0; i < 2; i++) {
		const pid_t child = send_soon(SIGUSR1);

		R(open("fifo", O_RDONLY));
		reap("first", child);
		show_altstack("after");
	}
	R(raise(SIGUSR2));
	say("seen %d\n", seen);
}

CASE(altstack_in_wait)
{
	wait_on_altstack();
}

CASE(altstack_in_wait_twice)
{
	comes_twice = 1;
	wait_on_altstack();
}

/* Without a signal stack handlers run on the program's, below where it is: collectors look for what
 * is in use from there. */
static char *volatile program_at;
static volatile int elsewhere;

static void look_where(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;
	char *const sp = (char *)uc->uc_mcontext.gregs[15]; /* REG_RSP of sys/ucontext.h */
	struct stat st;
	char here;

	(void)info;
	seen++;
	elsewhere += &here > sp || sp > program_at || program_at - &here > 65536;
	if (sig == SIGUSR1)
		sigaddset(&uc->uc_sigmask, SIGUSR2);
	stat("/etc/absolute", &st);
	close(open("/etc/passwd", O_RDONLY));
}

CASE(altstack_none)
{
	const struct itimerval often = {{0, 300}, {0, 300}}, never = {{0, 0}, {0, 0}};
	struct sigaction sa = {.sa_sigaction = look_where, .sa_flags = SA_SIGINFO}, old;
	struct stat st;
	sigset_t mask;
	char here;

	program_at = &here;
	sigemptyset(&sa.sa_mask);
	R(sigaction(SIGUSR1, &sa, NULL));
	R(mkfifo("fifo", 0600));
	for (int i = 0; i < 2; i++) {
		const pid_t child = send_soon(SIGUSR1);

		R(open("fifo", O_RDONLY));
		reap("sender", child);
	}
	say("seen %d elsewhere %d\n", seen, elsewhere);
	R(sigprocmask(SIG_BLOCK, NULL, &mask));
	say("blocked %d %d\n", sigismember(&mask, SIGUSR1), sigismember(&mask, SIGUSR2));
	R(sigaction(SIGUSR1, NULL, &old));
	say("mine %d\n", old.sa_sigaction == look_where);
	sa.sa_flags |= SA_RESTART;
	R(sigaction(SIGALRM, &sa, NULL));
	R(setitimer(ITIMER_REAL, &often, NULL));
	while (seen < 300) {
		stat("/etc/passwd", &st);
		close(open("/etc/passwd", O_RDONLY));
	}
	R(setitimer(ITIMER_REAL, &never, NULL));
	say("elsewhere %d\n", elsewhere);
	R(sigaction(SIGALRM, NULL, &old));
	say("mine %d flags %x\n", old.sa_sigaction == look_where, old.sa_flags & ~0x04000000);
}

/* The memory around a small stack stays as it was: the calls made on it must not need more than it
 * has. */
CASE(altstack_8k)
{
	static char area[8192 + 2 * 65536] __attribute__((aligned(64)));
	stack_t ss = {.ss_flags = 0};
	int touched = 0;

	memset(area, 0x5a, sizeof(area));
	region = area + 65536;
	region_size = 8192;
	ss.ss_sp = region;
	ss.ss_size = region_size;
	R(sigaltstack(&ss, NULL));
	struct sigaction sa = {.sa_handler = handler, .sa_flags = SA_ONSTACK};
	sigfillset(&sa.sa_mask);
	sigaction(SIGUSR1, &sa, NULL);
	handler(0); /* binds what is bound lazily, before the stack is small */
	seen = 0;
	for (int i = 0; i < 50; i++)
		raise(SIGUSR1);
	say("seen %d result %d on the stack %d\n", seen, result, on_stack);
	for (size_t i = 0; i < 65536; i++)
		touched += area[i] != 0x5a;
	for (size_t i = 65536 + 8192; i < sizeof(area); i++)
		touched += area[i] != 0x5a;
	say("bytes touched around it: %d\n", touched);
}

static sigjmp_buf jump;

static void leave(int sig)
{
	struct stat st;

	(void)sig;
	seen++;
	stat("/etc/absolute", &st);
	siglongjmp(jump, 1);
}

/* Left by longjmp, again and again: nothing of the calls' may pile up. */
CASE(altstack_longjmp)
{
	stack_t ss = {.ss_flags = 0};
	volatile int i;

	region_size = 16384;
	region =
		mmap(NULL, region_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ss.ss_sp = region;
	ss.ss_size = region_size;
	sigaltstack(&ss, NULL);
	struct sigaction sa = {.sa_handler = leave, .sa_flags = SA_ONSTACK};
	sigemptyset(&sa.sa_mask);
	sigaction(SIGUSR1, &sa, NULL);
	for (i = 0; i < 200; i++) {
		if (sigsetjmp(jump, 1) == 0)
			raise(SIGUSR1);
	}
	say("seen %d\n", seen);
	show_altstack("after");
	R(open("/etc/passwd", O_RDONLY));
}

static long stat_on_stack(char *top)
{
	static struct stat st;
	long r;

	__asm__ volatile("mov %%rsp, %%rbx\n\tmov %[top], %%rsp\n\tsyscall\n\tmov %%rbx, %%rsp"
			 : "=a"(r)
			 : "a"((long)SYS_stat), "D"("/etc/passwd"), "S"(&st), [top] "r"(top)
			 : "rbx", "rcx", "r11", "memory");
	return r;
}

/* A call that waits, left by longjmp: later ones need no more of the stack than before. */
CASE(altstack_wait_left)
{
	static char small[16384] __attribute__((aligned(64)));
	struct sigaction sa = {.sa_handler = leave};
	struct stat st;
	int touched = 0;
	long r;

	sigemptyset(&sa.sa_mask);
	sigaction(SIGUSR1, &sa, NULL);
	R(mkfifo("fifo", 0600));
	for (volatile int i = 0; i < 3; i++) {
		if (sigsetjmp(jump, 1) == 0) {
			send_soon(SIGUSR1);
			R(open("fifo", O_RDONLY));
		}
		R(access("/etc/passwd", F_OK));
		while (wait(NULL) > 0)
			;
	}
	/* (The first trap after a longjmp may need room.) */
	__asm__ volatile("syscall"
			 : "=a"(r)
			 : "a"((long)SYS_stat), "D"("/etc"), "S"(&st)
			 : "rcx", "r11", "memory");
	memset(small, 0x5a, sizeof(small));
	say("%d\n", (int)stat_on_stack(small + sizeof(small)));
	for (size_t i = 0; i < sizeof(small) - 1024; i++)
		touched += small[i] != 0x5a;
	say("bytes touched far below: %d\n", touched);
}

/* A stack overflow is caught on the alternate stack, and calls work there and afterwards. */
static void overflow_handler(int sig)
{
	struct stat st;

	(void)sig;
	seen++;
	result = stat("/etc/passwd", &st);
	siglongjmp(jump, 1);
}

static volatile char sink;
static int deeper(int n)
{
	volatile char frame[4096];

	frame[0] = (char)n;
	sink = frame[0];
	return n > 100000000 ? 0 : deeper(n + 1) + frame[0];
}

CASE(altstack_overflow)
{
	stack_t ss = {.ss_flags = 0};

	region_size = 32768;
	region =
		mmap(NULL, region_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ss.ss_sp = region;
	ss.ss_size = region_size;
	sigaltstack(&ss, NULL);
	struct sigaction sa = {.sa_handler = overflow_handler, .sa_flags = SA_ONSTACK};
	sigemptyset(&sa.sa_mask);
	sigaction(SIGSEGV, &sa, NULL);
	setrlimit(RLIMIT_STACK, &((struct rlimit){1 << 20, 1 << 20}));
	if (sigsetjmp(jump, 1) == 0)
		deeper(0);
	say("seen %d result %d\n", seen, result);
	R(access("/etc/absolute", F_OK));
}
