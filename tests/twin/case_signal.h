/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_signal.h - for case_signal.c and case_signal_handlers.c: what a handler was told,
 * and the mask as the program sees it. */
#ifndef CASE_SIGNAL_H
#define CASE_SIGNAL_H

#include "twin.h"

static volatile int seen, seen_code;
static volatile uintptr_t seen_value;

static inline void count_info(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	seen++;
	seen_code = info->si_code;
	seen_value = (uintptr_t)info->si_value.sival_ptr;
}

static inline void show_mask(const char *what)
{
	sigset_t s;
	unsigned long mask;

	sigprocmask(SIG_BLOCK, NULL, &s);
	memcpy(&mask, &s, sizeof(mask));
	say("%s: mask %lx\n", what, mask);
}

#endif
