/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * interrupted.h - the part of a thread area about calls that wait, and about signals that come
 * meanwhile. For the rooms signal, trap and door. */
#ifndef FJ_INTERRUPTED_H
#define FJ_INTERRUPTED_H

#include "sys/thread_area.h"

#include <stdbool.h>
#include <stdint.h>

struct fj_thread;

#define FJ_INTERRUPTED_AT 0x80u
struct fj_interrupted {
	/* This area's engine stack may be in use while a handler runs on the program's own signal
	 * stack. If that handler enters the engine, the engine begins here; 0: at the top. */
	uintptr_t inner_sp;
	/* About the call by the trap that waits there: the program's stack pointer, and the trap's
	 * frame (0: none waits); and how many of the program's handlers have interrupted it and run
	 * on the program's stack: door/handlers.c */
	uintptr_t waiting_sp;
	const void *waiting_frame;
	uint32_t handlers;
	bool lets_sigsys_in; /* the call for which the thread left the engine lets SIGSYS in,
				whatever the thread blocks */
};
static inline struct fj_interrupted *fj_interrupted(const struct fj_thread *t)
{
	return (struct fj_interrupted *)fj_thread_area_at(t, FJ_INTERRUPTED_AT);
}

/* Belongs to fj_thread.deferred: libc_signals.c. */
#define FJ_DEFERRED_AT 0x1a100u
struct fj_deferred {
	uint64_t info[3][16];
};
static inline struct fj_deferred *fj_deferred(const struct fj_thread *t)
{
	return (struct fj_deferred *)fj_thread_area_at(t, FJ_DEFERRED_AT);
}

#endif
