/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * trap.h - the trap: a seccomp filter that raises SIGSYS for the calls of the table, and the handler of
 * this signal. Called by launch and loader. */
#ifndef FJ_TRAP_H
#define FJ_TRAP_H

#include <stdint.h>

struct fj_thread;

/* Install the jail's filter in the calling process. It cannot be removed, and children inherit it. Sets
 * no_new_privs. Returns 0 or -errno. */
long fj_trap_filter(struct fj_thread *t);

/* Does this host let a filter raise SIGSYS? Tried in a forked child. Returns 0, or the -errno of what was
 * refused. */
long fj_trap_probe(void);

/* Install the handler of SIGSYS in the calling process, and give its first thread a signal stack. */
void fj_trap_arm(struct fj_thread *t);

/* Called for each trapped call with the address after its instruction. NULL: not set. */
extern void (*fj_trap_watcher)(uint64_t ip);

#endif
