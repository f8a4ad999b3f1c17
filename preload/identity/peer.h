/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * peer.h - the identities of other processes, and credentials in messages. */
#ifndef FJ_PEER_H
#define FJ_PEER_H

#include <stdbool.h>
#include <stdint.h>

struct fj_call;
struct fj_posted;
struct fj_thread;

/* The number in the line of a process's status (proc(5)) that begins with `name`; -1: there is
 * none. */
long fj_status_value(const char *text, const char *name);
/* Who does process `pid` pretend to be? False: it is not in the jail, as far as can be told. */
bool fj_identity_of(struct fj_thread *t, int32_t pid, struct fj_posted *out);

/* Is `tid` a thread of the calling process? */
bool fj_is_own_thread(int32_t tid);
/* The process that thread `tid` belongs to; `tid` when there is no such thread. */
int32_t fj_process_of(struct fj_thread *t, int32_t tid);

/* Control data of a message to be sent: `*control` of `len` bytes, in the program's memory. When it
 * has credentials, the ids in them are checked, posted, and replaced in a copy by those that the
 * kernel knows; then `*control` is the copy. Returns 0, -EPERM, -EFAULT. */
long fj_credentials_sent(struct fj_call *c, uint64_t *control, uint64_t len);
/* The same: -EBADF when it sends a descriptor of the jail's own, which is not open to the program;
 * else 0. */
long fj_rights_sent(uint64_t control, uint64_t len);
/* Control data that was received: put the sender's pretended ids into it, in place. */
void fj_credentials_received(struct fj_call *c, uint64_t control, uint64_t len);

#endif
