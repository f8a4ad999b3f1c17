/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * leaky.c - what introspect.sh runs under valgrind: handlers, one of them on a signal stack, a
 * child that execs, and, when asked, one byte read behind a block.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile int seen;

static void handler(int sig)
{
	struct stat st;

	(void)sig;
	stat("/etc/passwd", &st);
	seen++;
}

int main(int argc, char **argv)
{
	struct sigaction sa = {.sa_handler = handler};
	stack_t ss = {.ss_size = 65536};
	volatile char *block = malloc(40);
	int status = -1;

	(void)argv;
	ss.ss_sp = malloc(ss.ss_size);
	if (!block || !ss.ss_sp)
		return 1;
	sigaction(SIGUSR1, &sa, NULL);
	raise(SIGUSR1);
	sigaltstack(&ss, NULL);
	sa.sa_flags = SA_ONSTACK;
	sigaction(SIGUSR2, &sa, NULL);
	raise(SIGUSR2);
	if (argc > 1)
		(void)block[40];
	if (!fork()) {
		execl("/bin/true", "true", (char *)NULL);
		_exit(1);
	}
	wait(&status);
	printf("seen %d status %d\n", seen, status);
	ss.ss_flags = SS_DISABLE;
	sigaltstack(&ss, NULL);
	free(ss.ss_sp);
	free((void *)block);
	return 0;
}
