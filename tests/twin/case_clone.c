/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_clone.c - tests children of clone(2) that have a mount namespace of their own from the
 * beginning, with each way to share the rest with their parent.
 */
#include "case_mount.h"

#include <stdbool.h>
#include <sys/ptrace.h>
#include <sys/user.h>

#ifndef CLONE_VM
#define CLONE_VM 0x100
#define CLONE_FS 0x200
#define CLONE_FILES 0x400
#define CLONE_SIGHAND 0x800
#define CLONE_VFORK 0x4000
#define CLONE_THREAD 0x10000
#endif

static int there[2];

static int change(void *arg)
{
	char c = 0;

	(void)arg;
	list("b");
	BIND("a", "b");
	list("b");
	CHILD("its child")
		list("b");
	write(there[1], &c, 1);
	execve(twin_self, ARGV("x", "@list_b"), environ);
	return 9;
}

TOOL(list_b)
{
	say("after exec\n");
	list("b");
	R(umount2("b", 0));
	list("b");
}

static void goes_on(long pid)
{
	if (pid < 0) {
		say("%e\n", errno);
		return;
	}
	reap("child", (pid_t)pid);
	list("b");
}

static const struct {
	const char *name;
	unsigned long flags;
} ways[] = {{"nothing", 0}, {"memory, waited for", CLONE_VM | CLONE_VFORK},
	{"waited for", CLONE_VFORK}, {"descriptors", CLONE_FILES},
	{"handlers and memory", CLONE_VM | CLONE_VFORK | CLONE_SIGHAND},
	{"handlers alone", CLONE_SIGHAND}, {"the working directory", CLONE_FS},
	{"the working directory and memory", CLONE_FS | CLONE_VM | CLONE_VFORK},
	{"a thread of another process", CLONE_THREAD}, {"System V", CLONE_SYSVSEM}};

CASE(clone_root_mounts)
{
	make_dirs();
	for (size_t i = 0; i < COUNT(ways); i++) {
#ifndef TWIN_RAW
		/* Its child would return from libc's function on its parent's stack. */
		if (ways[i].flags & CLONE_VM)
			continue;
#endif
		CHILD(ways[i].name) {
			say("== shared: %s\n", ways[i].name);
			pipe(there);
			const long pid = SYSCALL(
				SYS_clone, CLONE_NEWNS | ways[i].flags | SIGCHLD, 0, NULL, NULL, 0);
			if (!pid)
				_exit(change(NULL));
			goes_on(pid);
		}
	}
	list("b");
}

/* Two at once, of two generations; and one that begins while its parent goes on. */
CASE(clone_root_mounts_of_many)
{
	char c;

	make_dirs();
	pipe(there);
	CHILD("with a child of its own") {
		long pid = SYSCALL(SYS_clone, CLONE_NEWNS | SIGCHLD, 0, NULL, NULL, 0);
		if (!pid) {
			BIND("a", "b");
			pid = SYSCALL(SYS_clone, CLONE_NEWNS | SIGCHLD, 0, NULL, NULL, 0);
			if (!pid) {
				list("b");
				R(umount2("b", 0));
				list("b");
				twin_exit(3);
			}
			reap("the second", (pid_t)pid);
			list("b");
			twin_exit(4);
		}
		reap("the first", (pid_t)pid);
		list("b");
	}
	for (int i = 0; i < 20; i++) {
		const long pid = SYSCALL(SYS_clone, CLONE_NEWNS | SIGCHLD, 0, NULL, NULL, 0);

		if (!pid) {
			mount("a", "b", NULL, MS_BIND, NULL);
			write(there[1], access("b/f", F_OK) ? "n" : "y", 1);
			twin_exit(0);
		}
		read(there[0], &c, 1);
		say("%c", c);
		waitpid((pid_t)pid, NULL, 0);
	}
	list("b");
}

CASE(clone_root_mounts_of_users)
{
	make_dirs();
	CHILD("without the capability") {
		R(SYSCALL(SYS_setresuid, 5, 5, 5));
		for (size_t i = 0; i < COUNT(ways); i++) {
			const long pid = SYSCALL(
				SYS_clone, CLONE_NEWNS | ways[i].flags | SIGCHLD, 0, NULL, NULL, 0);

			if (!pid)
				_exit(7);
			say("%s: %s\n", ways[i].name, pid < 0 ? errno_name(errno) : "made");
			if (pid > 0)
				reap("made", (pid_t)pid);
		}
	}
}

/* What a child that returns leaves of its registers is what clone(2) leaves. */
CASE(clone_root_mounts_registers)
{
#ifdef __x86_64__
	make_dirs();
	const long flags = CLONE_NEWNS | CLONE_VFORK | SIGCHLD;
	long r = SYS_clone, di = flags, si = 0, dx = 0;
	register long r10 __asm__("r10") = 0;
	register long r8 __asm__("r8") = 0;
	register long r9 __asm__("r9") = 0x9999;
	long at = 0, came = 0;

	__asm__ volatile("lea 1f(%%rip), %6\n\tsyscall\n1:\tmov %%rcx, %7"
			 : "+a"(r), "+D"(di), "+S"(si), "+d"(dx), "+r"(r10), "+r"(r8), "=&r"(at),
			 "=r"(came), "+r"(r9)
			 :
			 : "rcx", "r11", "memory");
	say("%s: %d %d %d %d %d %lx %d\n", r ? "parent" : "child", di == flags, si == 0, dx == 0,
		r10 == 0, r8 == 0, r9, at == came);
	if (!r)
		twin_exit(0);
	reap("child", (pid_t)r);
#endif
}

#ifndef TWIN_RAW
static char stack[64 * 1024] __attribute__((aligned(16)));

/* Its stack is another, and its memory its parent's, which goes on. */
CASE(clone_root_mounts_stack)
{
	char c;

	make_dirs();
	for (size_t i = 0; i < COUNT(ways); i++) {
		if (ways[i].flags & (CLONE_THREAD | CLONE_SIGHAND))
			continue;
		CHILD(ways[i].name) {
			say("== shared: %s\n", ways[i].name);
			pipe(there);
			const pid_t pid = clone(change, stack + sizeof(stack),
				(int)(CLONE_NEWNS | ways[i].flags | SIGCHLD), NULL);

			if (pid > 0)
				read(there[0], &c, 1);
			goes_on(pid);
		}
	}
	CHILD("memory") {
		pipe(there);
		const pid_t pid = clone(
			change, stack + sizeof(stack), CLONE_NEWNS | CLONE_VM | SIGCHLD, NULL);

		read(there[0], &c, 1);
		goes_on(pid);
	}
	list("b");
}
#endif

/* clone3(2), or what a libc does where there is none. */
CASE(clone_root_mounts_clone3)
{
	struct twin_clone_args a = {.flags = CLONE_NEWNS, .exit_signal = SIGCHLD};
	long pid;

	make_dirs();
	pipe(there);
	pid = SYSCALL(SYS_clone3, &a, sizeof(a));
	if (pid < 0 && errno == ENOSYS)
		pid = SYSCALL(SYS_clone, a.flags | SIGCHLD, 0, NULL, NULL, 0);
	if (!pid)
		_exit(change(NULL));
	goes_on(pid);
}

/* Its parent is traced, and the tracer looks at calls. With `options` it is traced itself. */
static void clone_traced(int options)
{
	const pid_t pid = fork();
	int begun = 0, pids = 0, status;
	bool is_inside = false;

	if (!pid) {
		SYSCALL(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		const long child = SYSCALL(SYS_clone, CLONE_NEWNS | SIGCHLD, 0, NULL, NULL, 0);
		if (!child) {
			BIND("a", "b");
			list("b");
			twin_exit(5);
		}
		goes_on(child);
		twin_exit(6);
	}
	waitpid(pid, &status, 0);
	SYSCALL(SYS_ptrace, PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD | options);
	for (long id = pid; !SYSCALL(SYS_ptrace, PTRACE_SYSCALL, id, 0, 0) || id != pid;) {
		struct user_regs_struct regs;

		id = waitpid(-1, &status, __WALL);
		if (id == pid && !WIFSTOPPED(status))
			break;
		if (id == pid && status >> 8 == (SIGTRAP | 0x80)) {
			is_inside = !is_inside;
			SYSCALL(SYS_ptrace, PTRACE_GETREGS, id, 0, &regs);
			begun += is_inside && regs.orig_rax == SYS_clone;
			pids += !is_inside && regs.orig_rax == SYS_clone && (long)regs.rax > 0;
		}
	}
	say_status("tracee", status);
	say("calls %d, that gave a pid %d\n", begun, pids);
}

CASE(clone_root_mounts_traced)
{
	make_dirs();
	clone_traced(0);
	clone_traced(PTRACE_O_TRACEFORK | PTRACE_O_TRACECLONE);
	list("b");
}
