/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * handlers.c - signal actions, set and shown, and signals that are sent while a call waits.
 */
#include "twin.h"

int set_handler(int sig, void *handler, int flags)
{
	struct sigaction sa = {.sa_flags = flags};

	sa.sa_handler = (void (*)(int))handler;
	sigemptyset(&sa.sa_mask);
	sigaddset(&sa.sa_mask, SIGUSR1);
	return sigaction(sig, &sa, NULL);
}

void show_handler(int sig, void (*mine)(int))
{
	struct sigaction sa;
	unsigned long mask;

	memset(&sa, 0, sizeof(sa));
	R(sigaction(sig, NULL, &sa));
	memcpy(&mask, &sa.sa_mask, sizeof(mask));
	say("%s flags %x mask %lx\n",
		sa.sa_handler == SIG_DFL ? "default" :
		sa.sa_handler == SIG_IGN ? "ignored" :
		sa.sa_handler == mine	 ? "mine" :
					   "other",
		(unsigned)sa.sa_flags & ~0x04000000u, mask);
}

void exec_with_handlers(int sig, void *handler, const char *tool)
{
	sigset_t s;

	sigemptyset(&s);
	sigaddset(&s, sig);
	CHILD("default")
		R(execve(twin_self, ARGV("x", tool), environ));
	CHILD("handled") {
		R(set_handler(sig, handler, 0));
		R(execve(twin_self, ARGV("x", tool), environ));
	}
	CHILD("ignored") {
		R(set_handler(sig, SIG_IGN, 0));
		R(execve(twin_self, ARGV("x", tool), environ));
	}
	CHILD("blocked and pending") {
		R(sigprocmask(SIG_BLOCK, &s, NULL));
		R(kill(getpid(), sig));
		R(execve(twin_self, ARGV("x", tool), environ));
	}
}

/* The state letter of proc_pid_stat(5), behind the name in parentheses. */
static int is_asleep(pid_t tid)
{
	char path[64], text[400];
	const char *state;

	snprintf(path, sizeof(path), "/proc/%d/stat", tid);
	const int fd = open(path, O_RDONLY);
	const ssize_t n = read(fd, text, sizeof(text) - 1);

	close(fd);
	text[n < 0 ? 0 : n] = 0;
	state = strrchr(text, ')');
	return state && state[1] == ' ' && state[2] == 'S';
}

void wait_until_asleep(pid_t tid)
{
	for (int seen = 0; seen < 3;) {
		nanosleep(&((struct timespec){0, 2000000}), NULL);
		seen = is_asleep(tid) ? seen + 1 : 0;
	}
}

pid_t send_soon(int sig)
{
	const pid_t me = getpid(), child = fork();

	if (!child) {
		wait_until_asleep(me);
		kill(me, sig);
		_exit(0);
	}
	return child;
}

void read_until(int sig)
{
	char byte;
	int p[2];

	R(pipe(p));
	const pid_t child = send_soon(sig);

	R(read(p[0], &byte, 1));
	reap("sender", child);
}
