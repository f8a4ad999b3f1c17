/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * handlers.h - the program's signal handlers, entered by way of ours. */
#ifndef FJ_HANDLERS_H
#define FJ_HANDLERS_H

#include "call/call.h"

struct fj_frame;

/* rt_sigaction(2) of all signals but those of which others keep the action. */
long fj_handler_action(struct fj_call *c);

/* handler.S: a signal has come. */
struct fj_handler_entered {
	uint64_t handler;  /* the program's */
	uint64_t sp;	   /* where its stack shall begin; 0: where it is */
	uint64_t outer_sp; /* for fj_handler_done() */
};
void fj_handler_came(int sig, const struct fj_frame *f, struct fj_handler_entered *e);
/* A handler that was given a stack has returned. */
void fj_handler_done(const struct fj_frame *f, uint64_t outer_sp);

#endif
