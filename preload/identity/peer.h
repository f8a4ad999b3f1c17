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

/* For a directory of mode 0555 on device `dev`, which belongs to the user: if it is one that procfs has for a process of
 * the jail, puts the effective ids of that process into `*uid` and `*gid`. Makes two system calls, and a few more for
 * another process. `dirfd` and `name` are the directory's place; `name` NULL or "": the one that `dirfd` is. */
void fj_identity_shown(struct fj_thread *t, uint64_t dev, int dirfd, const char *name,
	uint32_t *uid, uint32_t *gid);

/* Is `tid` a thread of the calling process? */
bool fj_is_own_thread(int32_t tid);
/* The process that thread `tid` belongs to; `tid` when there is no such thread. */
int32_t fj_process_of(struct fj_thread *t, int32_t tid);

/* For the control data of a message to be sent: `*control` of `len` bytes, in the program's memory. `*control` becomes a copy
 * in scratch memory, which another thread does not change, unless it is longer than 4096 bytes. If it has credentials, the ids in
 * them are checked and published (cred/identity_table.h), and replaced in the copy by the ids that the kernel knows. Returns 0,
 * -EPERM for these ids, or -EBADF when a descriptor in it is the jail's own, which does not exist for the program. */
long fj_control_sent(struct fj_call *c, uint64_t *control, uint64_t len);
/* For control data that was received: replaces the sender's real ids by its pretended ones, in
 * place. */
void fj_credentials_received(struct fj_call *c, uint64_t control, uint64_t len);

#endif
