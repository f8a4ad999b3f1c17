/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_cancel.h - threads of which one can tell that they wait: for case_cancel.c and
 * case_cancel_anywhere.c.
 */
#ifndef CASE_CANCEL_H
#define CASE_CANCEL_H

#include "twin.h"

#ifndef TWIN_RAW
#include <pthread.h>

/* Descriptors that are open, below 200. */
static inline int open_count(void)
{
	int n = 0;

	for (int fd = 0; fd < 200; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

/* Is thread `tid` of ours asleep in a call? What it does there is the kernel's to know. */
static inline int is_asleep(pid_t tid)
{
	char path[64], text[400] = "";
	const char *state;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	f = fopen(path, "r");
	if (!f)
		return 0;
	if (!fgets(text, sizeof(text), f))
		text[0] = 0;
	fclose(f);
	state = strrchr(text, ')');
	return state && state[1] == ' ' && state[2] == 'S';
}

static volatile pid_t waiter; /* the thread that does, once it is there */

/* It sleeps: seen so three times, with time to fall out of a lock between. */
static inline void wait_for_sleep(void)
{
	for (int seen = 0; seen < 3;) {
		nanosleep(&((struct timespec){0, 2000000}), NULL);
		seen = waiter && is_asleep(waiter) ? seen + 1 : 0;
	}
}
#endif

#endif
