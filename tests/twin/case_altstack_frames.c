/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_altstack_frames.c - tests where handlers run, and what their frames contain: nested
 * handlers, handlers that are left by longjmp(3), many handlers at once.
 */
#include "case_altstack.h"

/* Each kind of handler runs there when it says so, and nowhere else; and what it finds in its
 * frame. */
static void *volatile frame_at;
static volatile size_t stack_size;
static volatile int stack_flags, stack_is_mine;

static void look(int sig, siginfo_t *info, void *context)
{
	const ucontext_t *uc = context;

	frame_at = context;
	stack_size = uc->uc_stack.ss_size;
	stack_flags = uc->uc_stack.ss_flags & 0x7fffffff;
	stack_is_mine = uc->uc_stack.ss_sp == region;
	note(sig, info, context);
}

static void look_at(const char *name, int sig, int flags)
{
	handle(sig, look, flags);
	raise(sig);
	say("%s %d: frame on it %d, it is %ld flags %d mine %d; ", name, sig,
		(char *)frame_at >= region && (char *)frame_at < region + SIZE, (long)stack_size,
		stack_flags, stack_is_mine);
	say_seen("");
}

CASE(altstack_in_frames)
{
	static const int signals[] = {SIGUSR1, SIGSEGV, SIGBUS, SIGSYS, SIGALRM, 40};

	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
		CHILD("without") {
			look_at("no stack", signals[i], SA_ONSTACK);
			look_at("no stack", signals[i], 0);
		}
		CHILD("with") {
			set_stack(0);
			for (int k = 0; k < 2; k++) {
				look_at("on", signals[i], SA_ONSTACK);
				look_at("not on", signals[i], 0);
			}
			look_at("reset", signals[i], SA_ONSTACK | (int)SA_RESETHAND);
		}
		CHILD("disarmed") {
			set_stack((int)(1U << 31));
			for (int k = 0; k < 2; k++) {
				look_at("on", signals[i], SA_ONSTACK);
				look_at("not on", signals[i], 0);
			}
		}
	}
}

/* One upon the other: the second begins below the first, also when the first is not on the signal
 * stack. */
static char *volatile first_at;
static volatile int second_flags;

static void second(int sig)
{
	char here;

	(void)sig;
	say("second: on it %d, below the first %d\n", &here >= region && &here < region + SIZE,
		&here < first_at && first_at - &here < 65536);
}

static void first(int sig)
{
	struct sigaction sa = {.sa_handler = second, .sa_flags = second_flags};
	struct stat st;
	char here;

	(void)sig;
	first_at = &here;
	say("first: on it %d\n", &here >= region && &here < region + SIZE);
	sigemptyset(&sa.sa_mask);
	sigaction(SIGUSR2, &sa, NULL);
	R(raise(SIGUSR2));
	R(stat("/etc/passwd", &st));
	R(raise(SIGUSR2));
}

CASE(altstack_nested)
{
	for (int i = 0; i < 8; i++)
		CHILD("nested") {
			struct sigaction sa = {
				.sa_handler = first, .sa_flags = i & 1 ? SA_ONSTACK : 0};

			sigemptyset(&sa.sa_mask);
			set_stack(i & 4 ? (int)(1U << 31) : 0);
			second_flags = i & 2 ? SA_ONSTACK : 0;
			sigaction(SIGUSR1, &sa, NULL);
			R(raise(SIGUSR1));
			R(raise(SIGUSR1));
		}
}

/* What a handler writes into its frame is the signal stack when it has returned; and vector
 * registers come back. */
static char another[SIZE];

static void replace(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	(void)sig;
	(void)info;
	uc->uc_stack.ss_sp = another;
	uc->uc_stack.ss_size = sizeof(another) / 2;
}

CASE(altstack_replaced_in_frame)
{
	stack_t ss;

	/* (Of a handler that runs there itself kernels say different things.) */
	set_stack(0);
	handle(SIGUSR1, replace, 0);
	R(raise(SIGUSR1));
	R(sigaltstack(NULL, &ss));
	say("size %ld another %d flags %d\n", (long)ss.ss_size, ss.ss_sp == another, ss.ss_flags);
	handle(SIGUSR2, note, SA_ONSTACK);
	region = another;
	R(raise(SIGUSR2));
	say_seen("the other");
	R(sigaltstack(NULL, &ss));
	say("size %ld another %d flags %d\n", (long)ss.ss_size, ss.ss_sp == another, ss.ss_flags);
}

static void clobber(int sig)
{
	(void)sig;
	__asm__ volatile("pxor %%xmm0, %%xmm0\n\tpxor %%xmm7, %%xmm7\n\tpxor %%xmm15, %%xmm15"
			 :
			 :
			 : "xmm0", "xmm7", "xmm15");
	seen++;
}

CASE(altstack_vector_registers)
{
	struct sigaction sa = {.sa_handler = clobber, .sa_flags = SA_ONSTACK};
	const long pid = getpid();
	unsigned long a, b, c;
	long r;

	set_stack(0);
	sigemptyset(&sa.sa_mask);
	sigaction(SIGUSR1, &sa, NULL);
	for (int i = 0; i < 3; i++) {
		__asm__ volatile("mov $0x1122334455667788, %%rbx\n\tmovq %%rbx, %%xmm0\n\t"
				 "movq %%rbx, %%xmm7\n\tmovq %%rbx, %%xmm15\n\tsyscall\n\t"
				 "movq %%xmm0, %1\n\tmovq %%xmm7, %2\n\tmovq %%xmm15, %3"
				 : "=a"(r), "=r"(a), "=r"(b), "=r"(c)
				 : "a"((long)SYS_kill), "D"(pid), "S"((long)SIGUSR1)
				 : "rbx", "rcx", "r11", "xmm0", "xmm7", "xmm15", "memory");
		say("%ld seen %d: %lx %lx %lx\n", r, seen, a, b, c);
	}
}

/* Left by siglongjmp, it is there for the next. */
static void leave_it(int sig)
{
	struct stat st;
	char here;

	(void)sig;
	seen++;
	is_on += &here >= region && &here < region + SIZE;
	stat("/etc/absolute", &st);
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

CASE(altstack_left)
{
	struct sigaction sa = {.sa_handler = leave_it, .sa_flags = SA_ONSTACK};
	stack_t ss;

	sigemptyset(&sa.sa_mask);
	R(setrlimit(RLIMIT_STACK, &((struct rlimit){1 << 20, 1 << 20})));
	set_stack(0);
	R(sigaction(SIGSEGV, &sa, NULL));
	R(sigaction(SIGUSR2, &sa, NULL));
	handle(SIGUSR1, note, 0);
	for (volatile int i = 0; i < 8; i++) {
		if (sigsetjmp(jump, 1) == 0) {
			if (i & 1)
				raise(SIGUSR2);
			deeper(0);
		}
		R(sigaltstack(NULL, &ss));
		say("size %ld mine %d flags %d seen %d on it %d\n", (long)ss.ss_size,
			ss.ss_sp == region, ss.ss_flags, seen, is_on);
		if (i == 2)
			R(raise(SIGUSR1));
		if (i == 4)
			set_stack(0);
		if (i == 5)
			CHILD("a child") {
				R(sigaltstack(NULL, &ss));
				say("size %ld mine %d flags %d\n", (long)ss.ss_size,
					ss.ss_sp == region, ss.ss_flags);
				if (sigsetjmp(jump, 1) == 0)
					deeper(0);
				say("seen %d on it %d\n", seen, is_on);
			}
	}
	ss.ss_flags = SS_DISABLE;
	R(sigaltstack(&ss, NULL));
	deeper(0);
}

/* Handlers upon handlers, and upon calls, on it and not on it: nobody begins where another is. */
static volatile int spoilt;

static void work(int sig, siginfo_t *info, void *context)
{
	volatile unsigned char mine[512];
	struct stat st;

	(void)info;
	(void)context;
	for (size_t i = 0; i < sizeof(mine); i++)
		mine[i] = (unsigned char)(sig + (int)i);
	stat("/etc/absolute", &st);
	close(open("/etc/passwd", O_RDONLY));
	for (size_t i = 0; i < sizeof(mine); i++)
		spoilt += mine[i] != (unsigned char)(sig + (int)i);
	seen++;
}

CASE(altstack_storm)
{
	struct stat st;

	set_stack(0);
	handle(SIGUSR1, work, SA_ONSTACK | SA_RESTART);
	handle(SIGUSR2, work, SA_RESTART);
	handle(SIGALRM, work, SA_ONSTACK | SA_RESTART);
	const pid_t parent = getpid(), child = fork();

	if (!child) {
		while (getppid() == parent) {
			kill(parent, SIGUSR1);
			kill(parent, SIGALRM);
			kill(parent, SIGUSR2);
			sched_yield();
		}
		_exit(0);
	}
	while (seen < 1200) {
		stat("/etc/passwd", &st);
		close(open("/etc/absolute", O_RDONLY));
		getppid();
	}
	kill(child, SIGKILL);
	R(waitpid(child, NULL, 0) == child);
	say("spoilt %d\n", spoilt);
}
