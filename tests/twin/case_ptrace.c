/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_ptrace.c - a debugger and its program, both inside.
 */
#include "twin.h"

#include <sys/ptrace.h>

#ifdef TWIN_RAW
#define trace(...) RAW(SYS_ptrace, __VA_ARGS__)
#else
#define trace(...) syscall(SYS_ptrace, __VA_ARGS__)
#endif

/* Let it run to its end, handing on every signal but those of tracing; what stopped it first is
 * told. */
static void follow(const char *what, pid_t pid)
{
	int status, first = 1;

	for (;;) {
		if (waitpid(pid, &status, 0) != pid) {
			say("%s: waitpid %e\n", what, errno);
			return;
		}
		if (!WIFSTOPPED(status))
			break;
		int sig = WSTOPSIG(status);
		if (first)
			say("%s: first stop %g\n", what, sig);
		first = 0;
		trace(PTRACE_CONT, pid, 0, sig == SIGTRAP || sig == SIGSTOP ? 0 : sig);
	}
	say_status(what, status);
}

CASE(ptrace_exec)
{
	pid_t pid = fork();

	if (pid == 0) {
		trace(PTRACE_TRACEME, 0, 0, 0);
		execve(twin_self, ARGV("x", "@state"), environ);
		twin_exit(1);
	}
	follow("fork", pid);
	pid = fork();
	if (pid == 0) {
		trace(PTRACE_TRACEME, 0, 0, 0);
		execve("/missing", ARGV("x"), environ);
		twin_exit(7);
	}
	follow("missing", pid);
}

/* As gdb starts programs: between vfork and exec the child stops for its signals, and the tracer
 * waits in vfork. */
CASE(ptrace_vfork_exec)
{
	pid_t pid = vfork();

	if (pid == 0) {
		trace(PTRACE_TRACEME, 0, 0, 0);
		access("/etc/absolute", F_OK);
		execve(twin_self, ARGV("x", "@say", "traced"), environ);
		_exit(1);
	}
	follow("vfork", pid);
}

CASE(ptrace_attach)
{
	int p[2];
	char c;

	pipe(p);
	pid_t pid = fork();
	if (pid == 0) {
		write(p[1], "r", 1);
		for (int i = 0; i < 1000000; i++) {
			if (access("/etc/absolute", F_OK) < 0)
				twin_exit(1);
			if (access("/t/stop", F_OK) == 0)
				twin_exit(33);
		}
		twin_exit(2);
	}
	read(p[0], &c, 1);
	R(trace(PTRACE_SEIZE, pid, 0, 0));
	R(trace(PTRACE_INTERRUPT, pid, 0, 0));
	int status = 0;
	do {
		waitpid(pid, &status, 0);
		if (WIFSTOPPED(status) && status >> 16 == 0)
			trace(PTRACE_CONT, pid, 0, WSTOPSIG(status));
	} while (WIFSTOPPED(status) && status >> 16 == 0);
	say("stopped %d\n", WIFSTOPPED(status));
	put("stop", "");
	R(trace(PTRACE_DETACH, pid, 0, 0));
	reap("child", pid);
}
