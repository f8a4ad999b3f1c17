/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * copied.c - what overlay-signals.sh runs: it opens a large lower file for writing, and leaves its
 * handler of SIGUSR1 by a jump.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static sigjmp_buf back;

static void handler(int sig)
{
	(void)sig;
	siglongjmp(back, 1);
}

int main(int argc, char **argv)
{
	struct sigaction sa = {.sa_handler = handler};

	if (argc != 2)
		return 1;
	sigaction(SIGUSR1, &sa, NULL);
	if (sigsetjmp(back, 1)) {
		/* What an abandoned call has open is closed by the next one. */
		access("/", F_OK);
		puts("jumped");
	} else {
		printf("%d\n", (int)getpid());
		fflush(stdout);
		getchar();
		puts(open(argv[1], O_WRONLY) < 0 ? "refused" : "opened");
	}
	fflush(stdout);
	for (;;)
		pause();
}
