/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * handlers.h - between handler.S and handlers.c. */
#ifndef FJ_DOOR_HANDLERS_H
#define FJ_DOOR_HANDLERS_H

#include <stdint.h>

struct fj_thread;

extern const char fj_handler_entry[];
extern const char fj_handler_back[];

/* A signal has come. In `go` is room for one frame; returns that from which rt_sigreturn goes on.
 */
struct fj_frame *fj_handler_came(
	int sig, const void *info, struct fj_frame *f, struct fj_frame *go);
/* A handler that was given a stack has returned. */
void fj_handler_done(struct fj_frame *f, const struct fj_frame *context);

/* handler_masks.c: what the thread blocks while the handler of `sig`, which came to frame `f`, runs. In
 * `context` the program is shown what was blocked before. Its SIGSYS is in both; the kernel's masks
 * never have it, so `owner`, who may be NULL, keeps that. */
uint64_t fj_handler_masks(
	int sig, const struct fj_frame *f, struct fj_thread *owner, struct fj_frame *context);

/* At process start: handlers are entered by way of ours. */
void fj_handlers_start(void);

#endif
