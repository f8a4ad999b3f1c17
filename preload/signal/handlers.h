/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * handlers.h - the program's signal handlers, which are entered through a handler of the engine.
 * For this room and door/. */
#ifndef FJ_HANDLERS_H
#define FJ_HANDLERS_H

#include <stdbool.h>
#include <stdint.h>

struct fj_call;
struct fj_sigaction;

/* The address at which the kernel enters handlers: door/handlers.c sets it at process start. 0:
 * handlers are not changed. */
extern uint64_t fj_handlers_entry;

/* rt_sigaction(2) of all signals but those whose action is kept by other files. Returns 0 or -errno. */
long fj_handler_action(struct fj_call *c);
/* The program's handler, where the kernel has the engine's. */
uint64_t fj_handler_of(int sig);
/* The signals that the kernel blocks in the engine's handler: all that may be blocked. */
uint64_t fj_handlers_mask(void);
/* The signals that the program's handler blocks. fj_handler_asked_mask(): the mask as the program gave it. */
uint64_t fj_handler_mask(int sig);
uint64_t fj_handler_asked_mask(int sig);
/* The restorer of the program's handler of SIGSYS: the trap, by which SIGSYS comes, has its own. */
uint64_t fj_handler_sigsys_restorer(void);
/* Has the handler's action SA_ONSTACK? */
bool fj_handler_wants_stack(int sig);
/* Call before the kernel gets fj_handlers_entry for this signal. */
void fj_handler_note(int sig, const struct fj_sigaction *action);

#endif
