/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * memory.h - which process owns this memory: a child of vfork(2) does not, and after a fork(2) the child owns its copy.
 * For rooms that keep a state of the process. All functions are async-signal-safe. */
#ifndef FJ_MEMORY_H
#define FJ_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

/* Is the calling process a vfork(2) child, or does it otherwise share the memory of the process
 * that owns this state? Costs one system call. */
bool fj_is_borrowed_memory(void);
/* The process that owns the memory. */
int32_t fj_memory_owner(void);
/* As fj_memory_owner(), for a caller that knows its process id `pid`: no system call, except after a fork. */
int32_t fj_memory_owner_for(int32_t pid);
/* How many forks lie between this process and the one that began with this memory. `before`, which
 * may be NULL, gets the owner before the last fork. Call after a fork was noticed. */
uint32_t fj_memory_forks(int32_t *before);
/* Makes the calling process the owner of this memory. Call at process start. `page` is a page that is
 * mapped for this and can be written to, or 0: then one is mapped. */
void fj_thread_start(uint64_t page);
/* The process that called fj_thread_start(), until it forks: no system call. */
int32_t fj_memory_first_owner(void);
/* A word for another room, 0 at first, which the kernel clears in a forked child. Call after
 * fj_thread_start(). */
uint32_t *fj_thread_fork_mark(void);

#endif
