/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * gate_loop.c - a hostile tracee, which calls the engine's gate page (preload/sys/gate.h, the first candidate) again and
 * again. Prints how the wait of its tracer ends, which asks for a signal after a second. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void handle(int sig)
{
	(void)sig;
}

int main(void)
{
	const struct sigaction action = {.sa_handler = handle};
	long (*const gate)(long, long, long, long, long, long, long) = (void *)0x50000;
	const pid_t child = fork();
	int status;

	if (!child) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		for (;;)
			gate(SYS_getppid, 0, 0, 0, 0, 0, 0);
	}
	waitpid(child, &status, 0);
	ptrace(PTRACE_SETOPTIONS, child, NULL, PTRACE_O_TRACESYSGOOD);
	sigaction(SIGALRM, &action, NULL);
	alarm(1);
	ptrace(PTRACE_SYSCALL, child, NULL, NULL);
	if (waitpid(child, &status, 0) < 0)
		printf("%s\n", strerror(errno));
	else
		printf("status %x\n", (unsigned)status);
	kill(child, SIGKILL);
	return 0;
}
