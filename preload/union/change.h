/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * change.h - removes, moves and lists names in a union. Called by the hooks of these calls, and by loader
 * and setup. */
#ifndef FJ_UNION_CHANGE_H
#define FJ_UNION_CHANGE_H

#include "layers/union.h"
#include "mount-table/mount_flags.h"
#include "sys/abi.h"
#include "sys/thread_area.h"
#include "syscall/fcntl.h"
#include "union-held/held.h"

#include <linux/fcntl.h>
#include <linux/stat.h>
#include <stdbool.h>
#include <stdint.h>

struct fj_call;
struct fj_place;
struct fj_thread;
struct fj_union_alone;

/* The call that a thread makes, in a jail with unions. For functions that are called through pointers
 * (start.c). */
#define FJ_CALLING_AT 0xa0u
struct fj_calling {
	struct fj_call *call;
	/* The lower file whose copy a handler with SA_RESTART has interrupted, until it is copied up, by a hash
	 * of device and inode number: copy_data.c. 0: none. */
	uint64_t again_file;
};
static inline struct fj_calling *fj_calling(const struct fj_thread *t)
{
	return (struct fj_calling *)fj_thread_area_at(t, FJ_CALLING_AT);
}

/* At process start: give the room layers its pointers to functions of this room. */
void fj_union_start(void);

/* unlinkat(2) of a place with layers. `wants_dir`: AT_REMOVEDIR. Returns 0 or -errno. */
long fj_union_unlink(struct fj_thread *t, const struct fj_place *place, bool wants_dir);

/* renameat2(2) of two places, at least one of which has layers. The record of a file that is replaced goes, too. Returns 0
 * or -errno. */
long fj_union_rename(struct fj_thread *t, const struct fj_place *from, const struct fj_place *to,
	uint32_t flags);

/* Remove whiteout `name` of `dirfd`, and its record. */
long fj_union_discard(struct fj_thread *t, int dirfd, const char *name);

/* Move file `from`, which is no directory, to whiteout `name` of `dirfd`. The whiteout's record goes, too. */
long fj_union_replace(
	struct fj_thread *t, int from_dirfd, const char *from, int dirfd, const char *name);

/* getdents(2) and getdents64(2) of a directory in a union. Returns bytes, -errno, or -FJ_RESTART: the
 * directory is in no union, or the kernel can list it. In the latter case `*is_alone` is set: one layer
 * alone has it, or had it when the listing began. fj_union_lists() then decides about each entry; `*dir` is
 * its argument; the device is 0 if it is not known. `*listed_from`: the file offset from which the kernel has listed
 * the directory already, or -1. It becomes -1 if that was of no use; then the offset is that one again. */
long fj_union_getdents(
	struct fj_call *c, bool *is_alone, struct fj_union_alone *dir, long *listed_from);

/* Is directory `name` of `parent` empty? Returns 0, -ENOTEMPTY or another -errno. */
long fj_union_see_empty(struct fj_thread *t, const struct fj_layers *parent, const char *name);
/* Replace `name` in the upper directory of `l` by a whiteout. `is_free`: the name was free, and a file that has come
 * meanwhile stays: -EEXIST. Returns 0 or -errno. */
long fj_union_put_whiteout(
	struct fj_thread *t, struct fj_layers *l, const char *name, bool is_free);

/* Is this, by what the file shows with its record, a whiteout? */
static inline bool fj_union_shows_whiteout(const struct statx *sx)
{
	return (sx->stx_mode & FJ_S_IFMT) == FJ_S_IFCHR && !sx->stx_rdev_major &&
	       !sx->stx_rdev_minor;
}

/* Called before a change of the file behind descriptor `fd` of the program. Returns 0 or -errno. */
static inline long fj_union_before_change(struct fj_thread *t, int fd)
{
	return __builtin_expect(fj_mount_flags()->has_unions, 0) && fd >= 0 ?
		       fj_union_bring_fd_up(t, fd) :
		       0;
}
/* As fj_union_before_change(), for a call that fails with an O_PATH descriptor by itself. */
static inline long fj_union_before_change_of_open(struct fj_thread *t, int fd)
{
	return __builtin_expect(fj_mount_flags()->has_unions, 0) &&
			       !(fj_sys_fcntl(fd, F_GETFL, 0) & O_PATH) ?
		       fj_union_before_change(t, fd) :
		       0;
}

/* hook_flags.c: called before an ioctl that sets a file's flags. Returns 0 or -errno. */
long fj_union_before_flags(struct fj_call *c);

#endif
