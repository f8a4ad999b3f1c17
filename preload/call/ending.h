/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * ending.h - the jail's first process is to come here at its end, though the filter lets ends pass. */
#ifndef FJ_ENDING_H
#define FJ_ENDING_H

#include "sys/thread.h"

#include <asm/siginfo.h>

/* The jail has now something that goes with it, which its first filter did not know of: the ends
 * of the first process, and of those that it makes from now on, become traps; when it is gone,
 * those of all. Once a jail. Where it cannot be done the next start of a jail takes away what is
 * left. */
void fj_ending_watch(struct fj_thread *t);
/* In a process that gets SIGSYS: was it told so by another? Then that is done, and it is no signal
 * of the program's. */
bool fj_ending_is_told(const siginfo_t *info);

#endif
