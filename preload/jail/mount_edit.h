/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * mount_edit.h - changes of a namespace's mounts. Called by the rooms that mount. */
#ifndef FJ_MOUNT_EDIT_H
#define FJ_MOUNT_EDIT_H

#include "locking/lock.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fj_mount;

/* unshare(2), CLONE_NEWNS: a copy of the mounts for this process and those it will make. Returns 0
 * or -errno. */
long fj_namespace_unshare(void);

/* Change: `e.v` is the version to be changed, between begin and end.
 *
 * do {
 *         if (!fj_edit_begin(&e))
 *                 return -EBUSY;
 *         ... r is 0 or more, or -errno
 * } while ((r = fj_edit_end(&e, r)) == FJ_EDIT_AGAIN); */
struct fj_edit {
	struct fj_namespace *ns;
	struct fj_mounts *v;
	uint64_t from; /* `current`, when it was copied */
	uint32_t place;
	struct fj_lock_hold hold; /* of that place */
	uint64_t mask;
};
/* False: all places are taken by writers that stand still. */
bool fj_edit_begin(struct fj_edit *e);
/* Publish the change; forget it where `r` is an error. Returns `r`, or that somebody has published
 * another meanwhile: then this one must be made anew. */
#define FJ_EDIT_AGAIN (-512L) /* no error of the kernel's */
long fj_edit_end(struct fj_edit *e, long r);
/* Is the calling thread between the two? */
bool fj_edit_is_open(const struct fj_namespace *ns);
/* Free what a thread of this process had taken when another thread's exec ended it. */
void fj_edit_forget(struct fj_namespace *ns);
/* Between the files of changes: put a text into a version, which has room; and find what follows
 * from its mounts. */
uint32_t fj_mounts_keep(struct fj_mounts *v, const char *text, size_t len);
void fj_mounts_derive(struct fj_mounts *v);
/* mounts_aliases.c: see whether what `host` leads to, which is about to be mounted at `pos`, can be
 * reached by another position, too. */
void fj_mounts_note_aliases(const struct fj_mounts *v, const char *host, const char *pos);
/* The same of all layers of a union, which is in `v`. */
void fj_mounts_note_layers(const struct fj_mounts *v, const struct fj_mount *m);
/* Let `m`, of `v`, be at the position `to` followed by `rest`, which may lie in the text of `v`
 * itself. Returns 0 or -ENOSPC. */
long fj_mounts_keep_pos(struct fj_mounts *v, const char *to, const char *rest, struct fj_mount *m);
/* Add a mount of `host` (absolute, canonical) on top of position `pos`. `id` 0: a new one. Returns
 * the id or -ENOSPC. */
long fj_edit_add(struct fj_edit *e, const char *host, const char *pos, uint32_t flags,
	const char *type, const char *source);
/* Give the mount `id` of FJ_MOUNT_PRIVATE the options `text`. Returns 0, -ENOSPC or -EINVAL (no
 * such mount). */
long fj_edit_options(struct fj_edit *e, uint32_t id, const char *text);
/* Give the mount `id` these layers. Returns 0, -ENOSPC or -EINVAL. */
long fj_edit_layers(struct fj_edit *e, uint32_t id, const char *layers, const char *work);
/* Take entry `i` out. */
void fj_edit_remove(struct fj_edit *e, uint32_t i);
/* A copy of entry `i`, at position `to` followed by `rest`. Returns its id or -ENOSPC. */
long fj_edit_copy(struct fj_edit *e, uint32_t i, const char *to, const char *rest);
/* Move the entries marked in `in`, which are `top` and what is mounted in it, to position `to`,
 * which lies in mount `parent`. */
long fj_edit_move(struct fj_edit *e, const bool *in, uint32_t top, uint32_t parent, const char *to);

#endif
