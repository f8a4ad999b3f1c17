/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * procfs.h - files of procfs as the jail's programs must read them. For open/ and file/.
 *
 * Such a file is written anew at each open, into a memory file that the program gets instead. What
 * the program then does with that (pread(2), lseek(2), passing it on) needs no help of ours.
 * report.h is for the files of this room. */
#ifndef FJ_PROCFS_H
#define FJ_PROCFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fj_call;
struct fj_place;
struct fj_str;
struct fj_thread;

/* Opens `place`, whose `proc` is set, for reading, with O_CLOEXEC if `flags` have it. Returns a
 * descriptor, -errno, or -EAGAIN when the file itself must be opened. */
long fj_procfs_open(struct fj_call *c, const struct fj_place *place, uint64_t flags);

/* Is `place`, a link of /proc/PID/map_files with this text, the link of a copy (patch/copies.c)?
 * Then appends the host path of the copy's file. */
bool fj_proc_mapping_of_copy(struct fj_thread *t, const struct fj_place *place, const char *text,
	struct fj_str *host_path);
/* May `path` name a file of fdinfo? The name of such a file is a number; other files of procfs have such
 * names, too. */
bool fj_procfs_names_fdinfo(int dirfd, const char *path, size_t len);
static inline bool fj_procfs_may_be_fdinfo(int dirfd, const char *path, size_t len)
{
	return __builtin_expect((unsigned)(path[len - 1] - '0') <= 9, 0) &&
	       fj_procfs_names_fdinfo(dirfd, path, len);
}
/* Sets `place->proc` to FJ_PROC_FDINFO if the place is a file of fdinfo. */
void fj_procfs_find_fdinfo(struct fj_thread *t, struct fj_place *place);

#endif
