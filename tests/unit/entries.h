/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * entries.h - how often the engine enters the kernel for a call. For check_cost.c and check_cost_union.c. */
#ifndef ENTRIES_H
#define ENTRIES_H

#include <stdint.h>

/* Make the call; how often the kernel was entered for it stands in unit_entries then. Asking whether
 * memory can be read or written is not about files, and does not count. */
long unit_counted(long nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d);
extern unsigned unit_entries;

#endif
