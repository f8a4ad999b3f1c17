/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_ptrace_calls.c - tests a tracer that looks at the system calls of its program, and one that
 * changes them, as PRoot does.
 */
#include "twin.h"

#include <stdbool.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>

#ifdef TWIN_RAW
#define trace(...) RAW(SYS_ptrace, __VA_ARGS__)
#define make_call(...) RAW(__VA_ARGS__)
#else
#define trace(...) syscall(SYS_ptrace, __VA_ARGS__)
#define make_call(...) syscall(__VA_ARGS__)
#endif

#define CALL_STOP (SIGTRAP | 0x80)

/* The tracer looks at the calls between two of these. */
static void mark(void)
{
	make_call(SYS_getpgrp);
}

static void read_from(pid_t pid, uint64_t at, void *to, size_t size)
{
	struct iovec here = {to, size}, there = {(void *)at, size};

	memset(to, 0, size);
	process_vm_readv(pid, &here, 1, &there, 1, 0);
}

/* The argument of this call that is a path. */
static uint64_t *path_of(struct user_regs_struct *regs)
{
	switch (regs->orig_rax) {
	case SYS_openat:
	case SYS_newfstatat:
	case SYS_faccessat:
	case SYS_faccessat2:
	case SYS_execveat:
		return (uint64_t *)&regs->rsi;
	case SYS_open:
	case SYS_stat:
	case SYS_access:
	case SYS_chdir:
	case SYS_execve:
		return (uint64_t *)&regs->rdi;
	default:
		return NULL;
	}
}

struct tracer {
	pid_t pid;
	bool is_inside, looks, changes, is_told_again, looks_twice;
	int sends; /* to a tracee that begins to wait */
	struct user_regs_struct entry;
	char path[32];
};

static bool is_at_instruction(pid_t pid, uint64_t ip)
{
	unsigned char insn[2];

	read_from(pid, ip - 2, insn, sizeof(insn));
	return insn[0] == 0x0f && insn[1] == 0x05;
}

/* Puts a string below the stack of the tracee, and its address into the argument. */
static void replace_path(
	struct tracer *t, struct user_regs_struct *regs, uint64_t *arg, const char *path)
{
	struct iovec here = {(void *)path, strlen(path) + 1}, there = {NULL, strlen(path) + 1};

	regs->rsp -= 128 + PATH_MAX;
	there.iov_base = (void *)regs->rsp;
	process_vm_writev(t->pid, &here, 1, &there, 1, 0);
	*arg = regs->rsp;
}

static void enter(struct tracer *t, struct user_regs_struct *regs)
{
	uint64_t *arg = path_of(regs);

	t->entry = *regs;
	t->path[0] = 0;
	if (arg)
		read_from(t->pid, *arg, t->path, sizeof(t->path) - 1);
	if (t->looks && !t->changes)
		say("entry %d %s at its instruction %d\n", (int)regs->orig_rax, t->path,
			is_at_instruction(t->pid, regs->rip));
	if (t->looks && t->sends && regs->orig_rax == SYS_wait4) {
		kill(t->pid, t->sends);
		t->sends = t->sends == SIGUSR1 ? SIGUSR2 : 0;
	}
	if (!t->changes)
		return;
	if (!strcmp(t->path, "/wrong"))
		replace_path(t, regs, arg, "/etc/absolute");
	else if (!strcmp(t->path, "/wrong/program"))
		replace_path(t, regs, arg, twin_self);
	else if (!strcmp(t->path, "/denied"))
		regs->orig_rax = (unsigned long long)-1;
	else
		return;
	trace(PTRACE_SETREGS, t->pid, 0, regs);
}

static bool keeps(const struct user_regs_struct *a, const struct user_regs_struct *b)
{
	return a->rsp == b->rsp && a->rip == b->rip && a->rdi == b->rdi && a->rsi == b->rsi &&
	       a->rdx == b->rdx && a->r10 == b->r10 && a->r8 == b->r8 && a->r9 == b->r9 &&
	       a->rbx == b->rbx && a->rbp == b->rbp;
}

/* What differs between two runs is not printed. */
static bool tells_id(uint64_t nr)
{
	return nr == SYS_getpid || nr == SYS_getpgrp || nr == SYS_wait4;
}

static void leave(struct tracer *t, struct user_regs_struct *regs)
{
	const struct user_regs_struct *entry = &t->entry;

	if (t->looks && !t->changes)
		say("exit %d %ld keeps %d\n", (int)regs->orig_rax,
			tells_id(regs->orig_rax) && (long)regs->rax > 0 ? 1 : (long)regs->rax,
			keeps(regs, entry));
	if (entry->orig_rax == SYS_getpgrp)
		t->looks = !t->looks;
	if (!t->changes || !t->path[0] || (entry->orig_rax == SYS_execve && !regs->rax))
		return;
	if (!strcmp(t->path, "/denied"))
		regs->rax = (unsigned long long)-EPERM;
	regs->rsp = entry->rsp;
	regs->rdi = entry->rdi;
	regs->rsi = entry->rsi;
	regs->orig_rax = entry->orig_rax;
	/* The same call once more. */
	if (!strcmp(t->path, "/twice") && (t->is_told_again = !t->is_told_again)) {
		say("again after %ld\n", (long)regs->rax);
		regs->rip -= 2;
		regs->rax = regs->orig_rax;
	}
	trace(PTRACE_SETREGS, t->pid, 0, regs);
}

/* Is a bare SIGTRAP the stop of a call? */
static bool is_call(pid_t pid)
{
	siginfo_t info;

	return !trace(PTRACE_GETSIGINFO, pid, 0, &info) && info.si_code == SIGTRAP;
}

static void follow(struct tracer *t)
{
	struct user_regs_struct regs;
	siginfo_t info;
	int status, sig;

	for (;;) {
		if (t->looks_twice)
			waitid(P_PID, (id_t)t->pid, &info, WEXITED | WSTOPPED | WNOWAIT | __WALL);
		if (waitpid(t->pid, &status, __WALL) != t->pid || !WIFSTOPPED(status))
			break;
		sig = WSTOPSIG(status);
		if (sig == CALL_STOP || (sig == SIGTRAP && is_call(t->pid))) {
			trace(PTRACE_GETREGS, t->pid, 0, &regs);
			t->is_inside = !t->is_inside;
			if (t->is_inside)
				enter(t, &regs);
			else
				leave(t, &regs);
			sig = 0;
		} else {
			say("stop %g event %d\n", sig, status >> 16);
			if (sig == SIGTRAP || sig == SIGSTOP)
				sig = 0;
		}
		trace(PTRACE_SYSCALL, t->pid, 0, sig);
	}
	say_status("tracee", status);
}

/* By their numbers: libc, or what takes its place, may make another call for the same. */
static pid_t helper; /* it interrupts a wait for its own end */

static void handle(int sig)
{
	if (helper)
		make_call(SYS_kill, helper, SIGKILL);
	make_call(SYS_access, sig == SIGUSR1 ? "/in a handler" : "/in another", F_OK);
}

TOOL(traced)
{
	char text[8];

	mark();
	make_call(SYS_access, "/etc/absolute", F_OK);
	chdir("/");
	mark();
	if (argc > 2)
		twin_exit(5);
	const int fd = (int)make_call(SYS_open, "/etc/absolute", O_RDONLY);
	if (fd >= 0)
		read(fd, text, sizeof(text));
	execve(twin_self, ARGV((char *)twin_self, "@traced", "last"), environ);
}

static void make_calls(void)
{
	const struct timespec none = {0, 0};
	sigset_t set, empty;
	struct stat st;
	char text[64];

	sigemptyset(&empty);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	set_handler(SIGUSR1, handle, 0);
	set_handler(SIGUSR2, handle, SA_RESTART);
	mark();
	const int fd = (int)make_call(SYS_open, "/etc/absolute", O_RDONLY);
	read(fd, text, sizeof(text));
	close(fd);
	make_call(SYS_stat, "/missing", &st);
	chdir("/etc");
	getcwd(text, sizeof(text));
	make_call(SYS_readlink, "/proc/self/exe", text, 0);
	make_call(SYS_access, NULL, F_OK);
	make_call(SYS_kill, getpid(), SIGUSR1);
	make_call(SYS_kill, getpid(), SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	make_call(SYS_kill, getpid(), SIGUSR1);
	sigsuspend(&empty);
	make_call(SYS_kill, getpid(), SIGUSR1);
	ppoll(NULL, 0, &none, &empty);
	ppoll(NULL, 0, &none, &set);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	execve("/missing", ARGV("x"), environ);
	mark();
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	helper = fork();
	if (!helper) {
		wait_until_asleep(getppid());
		kill(getppid(), SIGUSR2);
		for (;;)
			pause();
	}
	mark();
	make_call(SYS_wait4, helper, NULL, 0, NULL);
	mark();
	execve(twin_self, ARGV((char *)twin_self, "@traced"), environ);
	twin_exit(1);
}

/* The tracer sends a signal when the wait begins. */
static void make_interrupted_waits(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	set_handler(SIGUSR1, handle, 0);
	set_handler(SIGUSR2, handle, SA_RESTART);
	for (int i = 0; i < 2; i++) {
		helper = fork();
		if (!helper)
			for (;;)
				pause();
		mark();
		make_call(SYS_wait4, helper, NULL, 0, NULL);
		mark();
		make_call(SYS_wait4, helper, NULL, 0, NULL);
	}
	twin_exit(6);
}

/* The first stop is the SIGSTOP: a tracer that came by PTRACE_SEIZE asks for it, too. */
static void run_traced(
	int options, bool is_seized, bool changes, bool looks_twice, void (*run)(void))
{
	struct tracer t = {.changes = changes,
		.looks_twice = looks_twice,
		.sends = run == make_interrupted_waits ? SIGUSR1 : 0};
	int status;

	t.pid = fork();
	if (!t.pid) {
		if (!is_seized)
			trace(PTRACE_TRACEME, 0, 0, 0);
		make_call(SYS_kill, getpid(), SIGSTOP);
		run();
		twin_exit(2);
	}
	waitpid(t.pid, &status, WUNTRACED);
	if (is_seized) {
		R(trace(PTRACE_SEIZE, t.pid, 0, options));
		waitpid(t.pid, &status, __WALL);
		kill(t.pid, SIGCONT);
	} else if (options) {
		R(trace(PTRACE_SETOPTIONS, t.pid, 0, options));
	}
	trace(PTRACE_SYSCALL, t.pid, 0, 0);
	follow(&t);
}

CASE(ptrace_calls)
{
	run_traced(0, false, false, false, make_calls);
	run_traced(PTRACE_O_TRACESYSGOOD, false, false, false, make_calls);
}

CASE(ptrace_calls_events)
{
	run_traced(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC, true, false, false, make_calls);
}

CASE(ptrace_calls_again)
{
	run_traced(PTRACE_O_TRACESYSGOOD, false, false, true, make_calls);
}

/* The second tracee has a filter from a process that has already traced. */
CASE(ptrace_calls_interrupted)
{
	run_traced(PTRACE_O_TRACESYSGOOD, false, false, false, make_interrupted_waits);
	run_traced(PTRACE_O_TRACESYSGOOD, false, false, false, make_interrupted_waits);
}

static void make_wrong_calls(void)
{
	struct stat st;
	char text[64];

	R(access("/wrong", F_OK));
	const int fd = R(open("/wrong", O_RDONLY));
	R(read(fd, text, 4));
	R(stat("/wrong", &st));
	R(access("/denied", F_OK));
	R(access("/etc/absolute", F_OK));
	R(access("/twice", F_OK));
	execve("/wrong/program", ARGV("x", "@traced", "last"), environ);
	twin_exit(1);
}

/* A program that installs a filter for its tracer, and what its calls do then. */
static void make_filtered_calls(void)
{
	struct twin_filter code[] = {TWIN_BPF_LOAD(0), TWIN_BPF_IF(SYS_chdir, 0, 1),
		TWIN_BPF_RETURN(TWIN_SECCOMP_TRACE), TWIN_BPF_RETURN(TWIN_SECCOMP_ALLOW)};
	struct twin_fprog prog = {sizeof(code) / sizeof(code[0]), code};

	R(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	R(prctl(PR_SET_SECCOMP, 2, &prog, 0, 0));
	R(chdir("/etc"));
}

CASE(ptrace_filter)
{
	run_traced(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACESECCOMP, false, false, false,
		make_filtered_calls);
}

CASE(ptrace_changes)
{
	run_traced(0, false, true, false, make_wrong_calls);
	run_traced(PTRACE_O_TRACESYSGOOD, false, true, false, make_wrong_calls);
}
