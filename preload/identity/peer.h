/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * peer.h - the identities of other processes, and credentials in socket messages. For hooks of this
 * room, permission/, procfs/ and socket/. */
#ifndef FJ_PEER_H
#define FJ_PEER_H

#include <stdbool.h>
#include <stdint.h>

struct fj_call;
struct fj_posted;
struct fj_thread;

/* The number in the line that begins with `name`, in `text`, the content of a process's status file
 * (proc(5)). Returns -1 without such a line. */
long fj_status_value(const char *text, const char *name);
/* Gets the identity of process `pid`. Returns false if the process is not in the jail, as far as
 * can be told. */
bool fj_identity_of(struct fj_thread *t, int32_t pid, struct fj_posted *out);

/* Is `tid` a thread of the calling process? */
bool fj_is_own_thread(int32_t tid);
/* The process that thread `tid` belongs to; `tid` when there is no such thread. */
int32_t fj_process_of(struct fj_thread *t, int32_t tid);

/* For the control data of a message to be sent: `*control` of `len` bytes, in the program's memory.
 * If they have credentials, the ids in them are checked and published (cred/identity_table.h), and
 * replaced in a copy by the ids that the kernel knows; `*control` becomes the copy. Returns 0, -EPERM or -EFAULT. */
long fj_credentials_sent(struct fj_call *c, uint64_t *control, uint64_t len);
/* Looks at the same control data for descriptors. Returns -EBADF when one is a descriptor of the
 * jail's own, which does not exist for the program; else 0. */
long fj_rights_sent(uint64_t control, uint64_t len);
/* For control data that was received: replaces the sender's real ids by its pretended ones, in
 * place. */
void fj_credentials_received(struct fj_call *c, uint64_t control, uint64_t len);

#endif
