/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * trap.h - the second door: a seccomp filter that raises SIGSYS for the calls of the table, and its
 * handler. */
#ifndef FJ_TRAP_H
#define FJ_TRAP_H

#include <stdint.h>

struct fj_thread;

/* Install the jail's filter on the calling process, for good: it is inherited. Sets no_new_privs.
 * Returns 0 or -errno. */
long fj_trap_filter(struct fj_thread *t);

/* Does this host let a filter raise SIGSYS? Tried in a forked child. 0, or -errno of what was
 * refused. */
long fj_trap_probe(void);

/* Make the calling process's SIGSYS ours, and give its first thread a signal stack. */
void fj_trap_arm(struct fj_thread *t);

/* Told of each call that was trapped: the address behind its instruction. NULL: nobody. */
extern void (*fj_trap_watcher)(uint64_t ip);

#endif
