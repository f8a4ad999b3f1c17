/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * change.h - names in a union are taken away, moved and listed. */
#ifndef FJ_UNION_CHANGE_H
#define FJ_UNION_CHANGE_H

#include "call/call.h"
#include "jail/mount_flags.h"
#include "layers/union.h"
#include "sys/thread_area.h"

#include <stdbool.h>
#include <stdint.h>

struct fj_place;
struct fj_thread;
struct fj_union_alone;

/* The call that a thread makes, in a jail with unions: for who is asked by pointers (start.c). */
#define FJ_CALLING_AT 0xa0u
struct fj_calling {
	struct fj_call *call;
};
static inline struct fj_calling *fj_calling(const struct fj_thread *t)
{
	return (struct fj_calling *)fj_thread_area_at(t, FJ_CALLING_AT);
}

/* At process start: what path/ asks of us. */
void fj_union_start(void);

/* unlinkat(2) of a place with layers; `wants_dir`: AT_REMOVEDIR. Returns 0 or its errno. */
long fj_union_unlink(struct fj_thread *t, const struct fj_place *place, bool wants_dir);

/* renameat2(2) of two places, one of which has layers at least. Returns 0 or its errno. */
long fj_union_rename(struct fj_thread *t, const struct fj_place *from, const struct fj_place *to,
	uint32_t flags);

/* Remove whiteout `name` of `dirfd`, and its record. */
long fj_union_discard(struct fj_thread *t, int dirfd, const char *name);

/* getdents(2) and getdents64(2) of a directory in a union. -FJ_RESTART: it is in none, or the
 * kernel can answer; `*is_alone`: it is in one, but in one layer alone, or was so when the listing
 * began, and of what the kernel answers fj_union_lists() is to be asked. `*dir`: what that wants to know but its device. */
long fj_union_getdents(struct fj_call *c, bool *is_alone, struct fj_union_alone *dir);

/* Is directory `name` of `parent` empty? 0, -ENOTEMPTY or another errno. */
long fj_union_see_empty(struct fj_thread *t, const struct fj_layers *parent, const char *name);
/* Let a whiteout take the place of `name` in the upper directory of `l`. */
long fj_union_put_whiteout(struct fj_thread *t, struct fj_layers *l, const char *name);

/* What descriptor `fd` of the program's leads to is about to be changed. Returns 0 or -errno. */
static inline long fj_union_before_change(struct fj_call *c, int fd)
{
	return __builtin_expect(fj_mount_flags()->has_unions, 0) && fd >= 0 ?
		       fj_union_bring_fd_up(c->thread, fd) :
		       0;
}
/* The same, by a call that does nothing by a descriptor of O_PATH, and says so itself. */
static inline long fj_union_before_change_of_open(struct fj_call *c, int fd)
{
	return __builtin_expect(fj_mount_flags()->has_unions, 0) &&
			       !(fj_sys3(__NR_fcntl, fd, F_GETFL, 0) & O_PATH) ?
		       fj_union_before_change(c, fd) :
		       0;
}

/* hook_flags.c: an ioctl that sets the flags of a file is about to be made. Returns 0 or -errno. */
long fj_union_before_flags(struct fj_call *c);

#endif
