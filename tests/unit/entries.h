/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * entries.h - counts the system calls that the engine makes for a call. For tests of what calls cost. */
#ifndef ENTRIES_H
#define ENTRIES_H

#include <stdint.h>

/* Makes the call, and returns its result. unit_entries then has the number of system calls, without
 * those that only ask whether memory can be read or written. */
long unit_counted(long nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d);
extern unsigned unit_entries;
/* The number of system calls that the engine makes for the call, which must not fail. What it opens is closed. */
unsigned unit_cost(long nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d);
#define COST_ONCE(nr, a, b, c, d)                                                                  \
	unit_cost(nr, (uint64_t)(a), (uint64_t)(b), (uint64_t)(c), (uint64_t)(d))
/* The same when the call is made the second time. */
unsigned unit_cost_again(long nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d);
#define COST(nr, a, b, c, d)                                                                       \
	unit_cost_again(nr, (uint64_t)(a), (uint64_t)(b), (uint64_t)(c), (uint64_t)(d))
/* The same when it is made the third time. */
unsigned unit_cost_third(long nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d);
#define COST_THIRD(nr, a, b, c, d)                                                                 \
	unit_cost_third(nr, (uint64_t)(a), (uint64_t)(b), (uint64_t)(c), (uint64_t)(d))

#endif
