/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * doing.h - what another process does, as far as /proc tells. For locks, and for code that waits
 * for a process. */
#ifndef FJ_DOING_H
#define FJ_DOING_H

#include <stdint.h>

/* What a process does, as far as its threads tell. If threads differ, the later value counts. */
enum fj_doing {
	FJ_IS_GONE, /* or a zombie */
	FJ_SLEEPS,
	FJ_WAITS_FOR_DISK,
	FJ_RUNS,       /* or unknown */
	FJ_IS_STOPPED, /* at least one thread: by a signal or a debugger */
};
/* What the process `pid` does. Costs some system calls. Async-signal-safe. */
enum fj_doing fj_doing(int32_t pid);

#endif
