/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * interrupted.h - what a thread's area keeps of calls that wait, and of signals that come
 * meanwhile. Called by the rooms signal, trap and door. */
#ifndef FJ_INTERRUPTED_H
#define FJ_INTERRUPTED_H

#include "sys/thread_area.h"

#include <stdbool.h>
#include <stdint.h>

struct fj_thread;

#define FJ_INTERRUPTED_AT 0x80u
struct fj_interrupted {
	/* Where an engine entered while this thread area's stack is in use, but not the current
	 * stack (a handler on the program's own signal stack), must begin; 0: at the top. */
	uintptr_t inner_sp;
	/* Of the call that waits there, by the trap: the program's stack pointer and the trap's
	 * frame (0: none waits), and how many handlers of the program's have interrupted it and are
	 * at work on the program's stack: door/handlers.c */
	uintptr_t waiting_sp;
	const void *waiting_frame;
	uint32_t handlers;
	bool lets_sigsys_in; /* the call that it left the engine for does, whatever it blocks */
};
static inline struct fj_interrupted *fj_interrupted(const struct fj_thread *t)
{
	return (struct fj_interrupted *)fj_thread_area_at(t, FJ_INTERRUPTED_AT);
}

/* With fj_thread.deferred: libc_signals.c. */
#define FJ_DEFERRED_AT 0x1a100u
struct fj_deferred {
	uint64_t info[3][16];
};
static inline struct fj_deferred *fj_deferred(const struct fj_thread *t)
{
	return (struct fj_deferred *)fj_thread_area_at(t, FJ_DEFERRED_AT);
}

#endif
