/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * waiting.h - calls that may wait, and the signals of the program meanwhile. For hooks of such calls, and for the doors.
 * All functions are async-signal-safe. */
#ifndef FJ_WAITING_H
#define FJ_WAITING_H

#include <stdint.h>

struct fj_call;

/* Makes the system call `nr` with the six arguments `arg`, which may wait: the program's signals are let in
 * meanwhile. `held_fd` is a descriptor to be closed if a handler does not return, or -1. Returns the kernel's result, or -FJ_RESTART. */
long fj_kernel_waiting(struct fj_call *c, long nr, const uint64_t *arg, int held_fd);

/* From here on no handler of the program runs, except for faults, until the call waits or has ended. */
void fj_hold_signals(struct fj_call *c);
/* Ends what fj_hold_signals() began. Called by the direct door when the call has ended. */
void fj_release_signals(struct fj_call *c);

/* Returned when the call was not made and the program must make it again, after a signal was
 * delivered to it: signal/libc_signals.h. It is no errno that programs see; the kernel's
 * ERESTARTSYS. */
#define FJ_RESTART 512

#endif
