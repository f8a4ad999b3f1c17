/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * cpu_time.c - run a command; tell the CPU time of it and of everything it started, and the time on
 * the wall.
 *
 * time(1) counts only what the command itself waited for. fakeroot's daemon is nobody's child by
 * then, and would work for nothing; as a subreaper (prctl(2)) we inherit such leftovers, end them,
 * and count them in.
 *
 * `cpu_time COMMAND [ARG]...`, by lib.sh. Writes "cpu_us wall_us" to fd 3, which the command does
 * not get; exits as the command did, 128+n for a signal, 127 if it could not be started. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long now_us(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000L + ts.tv_nsec / 1000;
}

/* Ask whoever is still our child to end. The list is per thread, and we have one (proc(5),
 * task/TID/children). */
static void end_leftovers(void)
{
	char name[64];
	snprintf(name, sizeof(name), "/proc/self/task/%d/children", (int)getpid());
	FILE *list = fopen(name, "re");
	if (!list)
		return;
	int pid;
	while (fscanf(list, "%d", &pid) == 1)
		kill(pid, SIGTERM);
	fclose(list);
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	if (fcntl(3, F_SETFD, FD_CLOEXEC) < 0 ||
		prctl(PR_SET_CHILD_SUBREAPER, 1L, 0L, 0L, 0L) < 0) {
		perror("cpu_time");
		return 2;
	}

	long start = now_us();
	pid_t command = fork();
	if (command < 0)
		return 2;
	if (command == 0) {
		execvp(argv[1], argv + 1);
		perror(argv[1]);
		_exit(127);
	}

	int status = 0, how;
	while (waitpid(command, &status, 0) < 0 && errno == EINTR)
		;
	long wall_us = now_us() - start;
	do
		end_leftovers();
	while (wait(&how) > 0 || errno == EINTR);

	struct rusage use;
	getrusage(RUSAGE_CHILDREN, &use);
	dprintf(3, "%ld %ld\n",
		(use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1000000L + use.ru_utime.tv_usec +
			use.ru_stime.tv_usec,
		wall_us);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
