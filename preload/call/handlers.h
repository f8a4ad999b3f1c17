/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * handlers.h - the program's signal handlers, entered by way of ours. */
#ifndef FJ_HANDLERS_H
#define FJ_HANDLERS_H

#include "call/hook_signal.h"
#include "call/call.h"

/* Where the kernel enters handlers: door/handlers.c sets it at process start. 0: they are left
 * alone. */
extern uint64_t fj_handlers_entry;

/* rt_sigaction(2) of all signals but those of which others keep the action. */
long fj_handler_action(struct fj_call *c);
/* The program's handler, where the kernel has ours. */
uint64_t fj_handler_of(int sig);

#endif
