/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * private.h - directories of the host that a jail uses as tmpfs. They belong to one jail, and are removed
 * with it. Called by mount, devfs, setup, launch and others. */
#ifndef FJ_PRIVATE_H
#define FJ_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>

struct fj_str;
struct fj_thread;

#define FJ_PRIVATE_AT 0x220u
struct fj_private {
	uint32_t base; /* index + 1 of the base directory in use: private.c; 0: none was made yet */
	uint32_t last; /* number in the name of the directory that was made last */
	char runtime_dir[256]; /* the caller's $XDG_RUNTIME_DIR, or "" */
};
/* The section, in the jail's memory. */
struct fj_private *fj_private(void);

/* The processes that were about to end last, and have looked whether they are the last of the jail. Only
 * so many of them at the same time do not overlook each other. */
#define FJ_LEAVERS_AT 0x600u
#define FJ_LEAVERS 8u
struct fj_leavers {
	uint32_t count; /* of all */
	struct fj_leaver {
		uint32_t pid;
		uint32_t since; /* seconds of CLOCK_MONOTONIC */
	} last[FJ_LEAVERS];
};

/* Make a directory. Its host path, shorter than FJ_PRIVATE_PATH bytes, goes to `out`. Returns 0 or
 * -errno. */
#define FJ_PRIVATE_PATH 384
long fj_private_make(struct fj_thread *t, uint32_t mode, struct fj_str *out);
/* Remove such a directory with all that is in it, as far as possible. */
void fj_private_remove(struct fj_thread *t, const char *host_path);
/* fj_private_remove() for a process that is in no jail and has no scratch memory. `room`: FJ_PRIVATE_ROOM bytes. */
#define FJ_PRIVATE_ROOM 2048u
void fj_private_remove_with(char *room, const char *host_path);
/* Open the file `name` ("/x") beside those directories, which all jails of this user share. O_CREAT in
 * `flags` makes it. It stays until the machine is restarted. Returns a descriptor or -errno. */
long fj_private_file(const char *name, int flags);
/* private_users.c: has a process of this user its working directory or an open file below `host_path`? */
bool fj_private_is_busy(struct fj_thread *t, const char *host_path);
/* Append the name of this jail, "INODE-NUMBER", as in the paths of its directories. */
void fj_private_name(struct fj_str *out);
/* Does process `pid` hold the memory of this jail? A process that has ended does not, also before its
 * parent has waited for it. Nor does, as far as the kernel shows, one that is not dumpable (docs/LIMITS.md). */
bool fj_private_holds(struct fj_thread *t, int32_t pid);
/* Does another process hold the memory of the jail with the name "INODE-NUMBER"? */
bool fj_private_is_alive(struct fj_thread *t, const char *name);
/* For processes of this jail that are about to end. Each notes this before it looks. So of those that end
 * at the same time, none leaves the directories to another that has looked already. Is `pid` such a
 * process? Is this the last process of the jail `own_name` ("INODE-NUMBER"), besides them? */
void fj_private_note_leaving(void);
bool fj_private_is_leaving(int32_t pid);
bool fj_private_is_last(struct fj_thread *t, const char *own_name);
/* The number that the name of a process in /proc says. */
int32_t fj_private_pid(const char *pid);
/* Ask `question` about each process until one answer is true. Returns whether there was one. `about` is
 * passed on. */
bool fj_private_any_process(struct fj_thread *t,
	bool (*question)(struct fj_thread *, const char *pid, const void *), const void *about,
	bool also_this_one);
/* The size of what is below `host_path`: what a tmpfs with the same files would use. */
struct fj_private_usage {
	uint64_t bytes, inodes; /* including the root */
};
void fj_private_count(struct fj_thread *t, const char *host_path, struct fj_private_usage *u);
/* This process is about to end: if it is the last of the jail, remove the jail's directories. Returns false if
 * others remain who must do it, and the jail's first process is not one of them. */
bool fj_private_leave(struct fj_thread *t);
/* Called at the start of a jail: remove what killed jails have left. */
void fj_private_clean(struct fj_thread *t);

#endif
