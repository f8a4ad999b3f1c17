/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * private.h - directories of the host that stand for a tmpfs: the jail's alone, and gone with it.
 */
#ifndef FJ_PRIVATE_H
#define FJ_PRIVATE_H

#include "jail/memory.h"

#include <stdbool.h>
#include <stdint.h>

struct fj_str;
struct fj_thread;

#define FJ_PRIVATE_AT 0x220u
struct fj_private {
	uint32_t base; /* where directories for tmpfs are made: private.c; 0: none was made */
	uint32_t last;
	char runtime_dir[256]; /* the caller's $XDG_RUNTIME_DIR, or "" */
};
static inline struct fj_private *fj_private(void)
{
	return (struct fj_private *)fj_jail_at(FJ_PRIVATE_AT);
}

/* Make a directory; its host path, of less than FJ_PRIVATE_PATH bytes, goes to `out`. Returns 0 or
 * -errno. */
#define FJ_PRIVATE_PATH 384
long fj_private_make(struct fj_thread *t, uint32_t mode, struct fj_str *out);
/* Remove one with all that is in it, as far as that is possible. */
void fj_private_remove(struct fj_thread *t, const char *host_path);
/* The same of a process that is in no jail, and has no scratch memory. */
#define FJ_PRIVATE_ROOM 2048u
void fj_private_remove_with(char *room, const char *host_path);
/* Open file `name` ("/x") beside those directories, for all jails of this user: `flags` with
 * O_CREAT make it. It stays until the machine is started anew. A descriptor or -errno. */
long fj_private_file(const char *name, int flags);
/* private_users.c: does a process of this user stand in a directory or hold a file below
 * `host_path`? */
bool fj_private_is_busy(struct fj_thread *t, const char *host_path);
/* Append the name of this jail, as its directories have it: "INODE-NUMBER". */
void fj_private_name(struct fj_str *out);
/* Does any process but this one hold the memory of the jail whose directories are in
 * "INODE-NUMBER"? */
bool fj_private_is_alive(struct fj_thread *t, const char *name);
/* Is `question` answered with yes for some process? They are asked until one is. */
bool fj_private_any_process(struct fj_thread *t,
	bool (*question)(struct fj_thread *, const char *pid, const void *), const void *about,
	bool also_this_one);
/* How much is below it: what a tmpfs with the same files would hold. */
struct fj_private_usage {
	uint64_t bytes, inodes; /* with the root's */
};
void fj_private_count(struct fj_thread *t, const char *host_path, struct fj_private_usage *u);
/* The process is about to end: when it is the jail's last, its directories go. */
void fj_private_leave(struct fj_thread *t);
/* Remove what jails have left behind that were killed; at the start of a jail. */
void fj_private_clean(struct fj_thread *t);

#endif
