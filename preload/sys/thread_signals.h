/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * thread_signals.h - the signals of a thread, as the program believes them to be: of the thread that asks, also where a child
 * of vfork(2) has the thread area of its parent. For signal/ and trap/. All functions are async-signal-safe. */
#ifndef FJ_THREAD_SIGNALS_H
#define FJ_THREAD_SIGNALS_H

#include "sys/process.h"
#include "sys/thread.h"

#include <stdint.h>

/* A child in its parent's memory has its parent's thread area, too. This returns the caller's own
 * state. */
static inline const struct fj_thread_signals *fj_thread_signals(const struct fj_thread *t)
{
	return fj_owner_section((void *)(uintptr_t)&t->signals, FJ_SLOTS_BIT);
}
/* The caller's own state, to be changed. Never NULL: without memory for a copy it is the parent's. */
struct fj_thread_signals *fj_thread_signals_to_change(struct fj_thread *t);

#endif
