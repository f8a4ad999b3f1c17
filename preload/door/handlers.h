/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * handlers.h - the interface between handler.S and handlers.c. Private to this room. */
#ifndef FJ_DOOR_HANDLERS_H
#define FJ_DOOR_HANDLERS_H

#include <stdint.h>

struct fj_thread;

extern const char fj_handler_entry[];
extern const char fj_handler_back[];

/* A signal has come for a handler of the program. `f` is the ucontext that the kernel wrote, `go` is room
 * for one more. Returns the frame that rt_sigreturn(2) is to restore: `go`, or `f` when the handler cannot
 * be entered. All signals are blocked. Called by handler.S. */
struct fj_frame *fj_handler_came(
	int sig, const void *info, struct fj_frame *f, struct fj_frame *go);
/* A handler has returned that was shown the ucontext `context` in place of the kernel's `f`. Called by
 * handler.S, with all signals blocked. */
void fj_handler_done(struct fj_frame *f, const struct fj_frame *context);

/* handler_masks.c: returns the signal mask of the thread while the handler of `sig` runs. `f` is the
 * kernel's frame of the signal. `context` is the ucontext that the program sees: its mask becomes the mask
 * before the signal. Both masks may contain SIGSYS. The kernel's mask never does, so `owner`, the thread
 * area, keeps that bit; it may be NULL. */
uint64_t fj_handler_masks(
	int sig, const struct fj_frame *f, struct fj_thread *owner, struct fj_frame *context);

/* At process start: let the program's handlers be entered through handler.S. */
void fj_handlers_start(void);

#endif
