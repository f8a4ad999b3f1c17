/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hook_id.h - becoming another user, and what the seccomp filter has to do with it. */
#ifndef FJ_HOOK_ID_H
#define FJ_HOOK_ID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fj_call;
struct fj_ids;

/* Make `next` the calling thread's identity. `c` is NULL outside of a call.
 *
 * getuid, geteuid, getgid and getegid are called so often that a process which is root gets its 0
 * from the jail's filter, at no more cost than the filter. Once one of its ids is another, a second
 * filter traps them; it cannot be taken off again, and is inherited. So every thread that is not
 * root has it. -ENOMEM, as fj_ids_become(). */
long fj_id_become(struct fj_call *c, const struct fj_ids *next);
/* Called when that takes CAP_FSETID away: inode/writes.c. */
extern void (*fj_id_lost_fsetid)(struct fj_call *c);

/* The calling thread execs a program that will be `next`: see to the filter. */
void fj_id_before_exec(const struct fj_ids *next);
/* The calls that tell or obey an identity, which the first filter answers or lets pass for root:
 * those of the table with FJ_IF_NOT_ROOT and FJ_IF_LIMITED. A unit test compares. */
extern const uint16_t fj_id_calls[];
extern const size_t fj_id_call_count;

#endif
