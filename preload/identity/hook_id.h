/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hook_id.h - changing a thread's identity, and what the seccomp filter has to do with that. For
 * the hooks of this room, for exec/, seccomp/ and launch/, and for inode/writes.c. */
#ifndef FJ_HOOK_ID_H
#define FJ_HOOK_ID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fj_call;
struct fj_ids;

/* Makes `next` the calling thread's identity. `c` is NULL outside of a call.
 *
 * Programs call getuid, geteuid, getgid and getegid often. So in a process that is root the jail's
 * filter itself returns 0 for them. Once one of these ids is not 0, a second filter traps them. A
 * filter cannot be removed, and is inherited; so every thread that is not root has it. Returns 0,
 * or -ENOMEM as fj_ids_become(). */
long fj_id_become(struct fj_call *c, const struct fj_ids *next);
/* Called when the change takes CAP_FSETID away from the thread (inode/writes.c). */
extern void (*fj_id_lost_fsetid)(struct fj_call *c);

/* Call before the calling thread executes a program that will have the identity `next`: installs
 * the second filter if it is needed. */
void fj_id_before_exec(const struct fj_ids *next);
/* The calls that show or obey an identity, and which the first filter answers or lets through for
 * root: the rows of the table with FJ_IF_NOT_ROOT and FJ_IF_LIMITED. A unit test compares the
 * two. */
extern const uint16_t fj_id_calls[];
extern const size_t fj_id_call_count;

#endif
