/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * bus.h - the virtual SIGBUS: bus.c. */
#ifndef FJ_BUS_H
#define FJ_BUS_H

#include "call/call.h"

#define FJ_SIGBUS 7
#define FJ_SIGBUS_BIT (1UL << (FJ_SIGBUS - 1))

/* Take SIGBUS for the engine, unless the process ignores it. Once, at the start of a program; the
 * gate page is there. */
void fj_bus_arm(void);
/* Block all others and let it in, though the program blocks it; where the engine holds signals
 * back. */
void fj_bus_let_in(void);
/* rt_sigaction(2) of SIGBUS: what the program would see without us. */
long fj_bus_action(struct fj_call *c);
/* Has the program a handler of its own? */
bool fj_bus_is_caught(void);

#endif
