/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * ending.h - makes the end of processes trap in a jail, although its filter lets ends pass. For
 * devfs/, dispatch/hook_exit.c, mount/, launch/inside.c and trap/sigsys.c. */
#ifndef FJ_ENDING_H
#define FJ_ENDING_H

#include "sys/thread.h"

#include <asm/siginfo.h>
#include <stdbool.h>

/* Call when the jail has private directories to be removed at its end, which its first filter did
 * not know of. From now on the ends of the first process, and of those that it makes later, trap;
 * when the first process is gone, those of all. Works once in a jail. Where it fails, the next start
 * of a jail removes what is left. */
void fj_ending_watch(struct fj_thread *t);
/* This process is about to end. If it is the last of the jail, it removes the private directories; else those that
 * remain trap their ends from now on, if the first process does not remain. */
void fj_ending_leave(struct fj_thread *t);
/* For a SIGSYS: did another process of the jail ask by it to trap ends? Then it is done, and the
 * signal is not for the program. */
bool fj_ending_is_told(const siginfo_t *info);

#endif
