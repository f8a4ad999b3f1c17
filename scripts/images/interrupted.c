/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * interrupted.c - what Ctrl-C and similar signals do to a command that has done half of its work;
 * and the verb .sweep, which that command then becomes. The launcher starts .sweep, too, when it
 * sees what may be left by a killed command. */
#include "images.h"

#include <signal.h>
#include <sys/wait.h>

/* Set for signals: the child to be killed. */
static volatile sig_atomic_t worker;
static const char *volatile half_written;

/* This process executes .sweep, which may do what a signal handler may not. Its locks end with the
 * exec. */
static void sweep_instead(int number)
{
	char text[3] = {(char)('0' + number / 10), (char)('0' + number % 10)};
	char self[] = "/proc/self/exe", verb[] = ".sweep";
	char *const words[] = {self, verb, text, NULL};

	if (worker)
		kill((pid_t)worker, SIGKILL);
	if (half_written)
		unlink(half_written);
	execv(self, words);
	_exit(128 + number);
}

void store_sweeps_at_signals(void)
{
	static const int numbers[] = {SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGTERM, SIGXFSZ};
	struct sigaction now, then = {.sa_handler = sweep_instead};

	sigfillset(&then.sa_mask);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		if (!sigaction(numbers[i], NULL, &now) && now.sa_handler == SIG_DFL)
			sigaction(numbers[i], &then, NULL);
}

void store_worker_is(pid_t pid)
{
	worker = pid;
}

void store_writes(const char *path)
{
	half_written = path;
}

int sweep_main(int argc, char **argv)
{
	const int number = argc > 1 ? atoi(argv[1]) : 0;

	/* The worker was killed, and may still have a lock. */
	while (number && waitpid(-1, NULL, 0) > 0)
		;
	store_dir(false);
	return number > 0 && number < NSIG ? end_by(number) : 0;
}
