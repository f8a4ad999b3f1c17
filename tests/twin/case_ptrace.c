/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_ptrace.c - tests a debugger and its program, both inside.
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

TOOL(exec_twice)
{
	if (argc > 2)
		execve(twin_self, ARGV("x", argv[1]), environ);
	say("twice\n");
}

/* Which stops there are from one exec to the next, told by both calls. */
static void follow_events(pid_t pid, int by_id)
{
	siginfo_t info;
	int status;

	for (;;) {
		if (by_id) {
			memset(&info, 0, sizeof(info));
			if (SYSCALL(SYS_waitid, P_PID, pid, &info, WEXITED | WSTOPPED, NULL) < 0)
				break;
			if (info.si_code != CLD_TRAPPED) {
				say("ended %d %d\n", info.si_code == CLD_EXITED, info.si_status);
				break;
			}
			status = info.si_status << 8 | 0x7f;
		} else if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status)) {
			say_status("ended", status);
			break;
		}
		if (WSTOPSIG(status) != SIGSYS)
			say("stop %d event %d\n", WSTOPSIG(status), status >> 16);
		trace(PTRACE_CONT, pid, 0, WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status));
	}
}

CASE(ptrace_exec_event)
{
	for (int by_id = 0; by_id < 2; by_id++)
		for (int options = 0; options < 2; options++) {
			int status;
			const pid_t pid = fork();

			if (pid == 0) {
				trace(PTRACE_TRACEME, 0, 0, 0);
				execve(twin_self, ARGV("x", "@exec_twice", "again"), environ);
				twin_exit(1);
			}
			do {
				waitpid(pid, &status, 0);
				if (WSTOPSIG(status) == SIGSYS)
					trace(PTRACE_CONT, pid, 0, SIGSYS);
			} while (WIFSTOPPED(status) && WSTOPSIG(status) == SIGSYS);
			say("first %d event %d\n", WSTOPSIG(status), status >> 16);
			if (options)
				R(trace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACEEXEC));
			trace(PTRACE_CONT, pid, 0, 0);
			follow_events(pid, by_id);
		}
}
