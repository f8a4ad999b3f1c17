/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * handlers.h - between handler.S and handlers.c. */
#ifndef FJ_DOOR_HANDLERS_H
#define FJ_DOOR_HANDLERS_H

#include "call/tail.h"

extern const char fj_handler_entry[];

struct fj_handler_entered {	  /* handler.S knows the offsets */
	uint64_t handler;	  /* the program's */
	uint64_t sp;		  /* where its stack shall begin; 0: where it is */
	struct fj_frame *context; /* the ucontext for it */
};
/* A signal has come. */
void fj_handler_came(int sig, struct fj_frame *f, struct fj_handler_entered *e);
/* A handler that was given a stack has returned. */
void fj_handler_done(struct fj_frame *f, const struct fj_frame *context);

/* At process start: handlers are entered by way of ours. */
void fj_handlers_start(void);

#endif
