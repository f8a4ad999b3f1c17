/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * child_state.h - the copies of sections that a vfork(2) child has made: when they are there, who takes them over, and
 * when they are given up. For rooms that keep more in a section than its bytes. sys/process.h explains child states. All
 * functions are async-signal-safe. */
#ifndef FJ_CHILD_STATE_H
#define FJ_CHILD_STATE_H

#include <stdbool.h>
#include <stdint.h>

/* Would fj_process_to_change() return a copy? */
bool fj_process_is_copied(uint32_t at, int shared);

/* Call in a forked child before other processes in its memory may change the section: what its
 * parent had becomes its own. Returns whether that was a copy. (Reading and changing do it by themselves.) */
bool fj_process_take_over(uint32_t at);

/* Call when no process that had a copy of the section exists any more. */
void fj_process_forget(const void *section);

/* Called for each section of a child state that is given up; or NULL. */
extern void (*fj_process_release)(const void *section, void *copy);

#endif
