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

static volatile pid_t waiter; /* the thread that does, once it is there */

static inline void wait_for_sleep(void)
{
	while (!waiter)
		sched_yield();
	wait_until_asleep(waiter);
}
#endif

#endif
