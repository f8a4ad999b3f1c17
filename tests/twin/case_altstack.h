/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_altstack.h - a signal stack in memory of its own, and handlers that note whether they run
 * there: for case_altstack_frames.c and case_altstack_gone.c. */
#ifndef CASE_ALTSTACK_H
#define CASE_ALTSTACK_H

#include "twin.h"

#define SIZE 65536UL

static char *region;
static volatile int seen, is_on, code;
static sigjmp_buf jump;

static inline void set_stack(int flags)
{
	stack_t ss = {.ss_size = SIZE, .ss_flags = flags};

	region = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ss.ss_sp = region;
	R(sigaltstack(&ss, NULL));
}

static inline void note(int sig, siginfo_t *info, void *context)
{
	struct stat st;
	char here;

	(void)sig;
	(void)context;
	seen++;
	code = info->si_code;
	is_on = &here >= region && &here < region + SIZE;
	stat("/etc/passwd", &st);
}

static inline void handle(int sig, void (*handler)(int, siginfo_t *, void *), int flags)
{
	struct sigaction sa = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags};

	sigemptyset(&sa.sa_mask);
	sigaction(sig, &sa, NULL);
}

static inline void say_seen(const char *name)
{
	say("%s: seen %d on it %d code %d\n", name, seen, is_on, code);
	seen = is_on = code = 0;
}

#endif
