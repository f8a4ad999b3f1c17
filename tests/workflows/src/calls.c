/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * calls.c - calls PROGRAM ARGUMENT...: how many system calls it makes, and whatever it starts. That goes to descriptor 3. With
 * -DONLY=NUMBER, only calls with this number are counted. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef ONLY
#define ONLY 0
#endif

/* linux/ptrace.h, which does not go together with sys/ptrace.h */
struct info {
	unsigned char op, pad[3];
	unsigned arch;
	unsigned long instruction, stack, number;
	unsigned long rest[12];
};

int main(int argc, char **argv)
{
	const pid_t child = argc > 1 ? fork() : -1;
	unsigned long calls = 0;
	int status, result = 0;
	pid_t pid;

	if (child < 0)
		return 2;
	if (!child) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		execv(argv[1], argv + 1);
		_exit(127);
	}
	if (waitpid(child, &status, 0) != child ||
		ptrace(PTRACE_SETOPTIONS, child, 0,
			PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
				PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL))
		return 2;
	ptrace(PTRACE_SYSCALL, child, 0, 0);
	while ((pid = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR) {
		struct info info;
		int number;

		if (pid <= 0)
			continue;
		if (!WIFSTOPPED(status)) {
			if (pid == child)
				result = status;
			continue;
		}
		number = WSTOPSIG(status);
		if (number == (SIGTRAP | 0x80)) {
			if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) > 0)
				calls += info.op == PTRACE_SYSCALL_INFO_ENTRY &&
					 (!ONLY || info.number == ONLY);
			number = 0;
		} else if (status >> 16 || number == SIGSTOP) { /* an event, or a new one begins */
			number = 0;
		}
		ptrace(PTRACE_SYSCALL, pid, 0, number);
	}
	dprintf(3, "%lu\n", calls);
	return WIFEXITED(result) ? WEXITSTATUS(result) : 128 + WTERMSIG(result);
}
