/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * handlers.h - the program's signal handlers, entered by way of ours. */
#ifndef FJ_HANDLERS_H
#define FJ_HANDLERS_H

#include <stdbool.h>
#include <stdint.h>

struct fj_call;
struct fj_sigaction;

/* Where the kernel enters handlers: door/handlers.c sets it at process start. 0: they are left
 * alone. */
extern uint64_t fj_handlers_entry;

/* rt_sigaction(2) of all signals but those of which others keep the action. */
long fj_handler_action(struct fj_call *c);
/* The program's handler, where the kernel has ours. */
uint64_t fj_handler_of(int sig);
/* What the kernel blocks meanwhile: all that may be. */
uint64_t fj_handlers_mask(void);
/* What the program's handler blocks, and as it said that. */
uint64_t fj_handler_mask(int sig);
uint64_t fj_handler_asked_mask(int sig);
/* Where the handler of SIGSYS returns to: the trap, by which that comes, has a restorer of its own.
 */
uint64_t fj_handler_sigsys_restorer(void);
/* Has that SA_ONSTACK? */
bool fj_handler_wants_stack(int sig);
/* The kernel is about to have fj_handlers_entry for this one. */
void fj_handler_note(int sig, const struct fj_sigaction *action);

#endif
