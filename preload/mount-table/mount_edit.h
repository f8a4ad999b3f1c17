/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * mount_edit.h - changes of a namespace's mounts. Called by the rooms mount, setup and devfs. */
#ifndef FJ_MOUNT_EDIT_H
#define FJ_MOUNT_EDIT_H

#include "locking/lock.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fj_mount;

/* unshare(2) with CLONE_NEWNS: a copy of the mounts for this process and its later children. Returns 0 or
 * -errno. */
long fj_namespace_unshare(void);

/* A change of the mounts. Between begin and end, `e.v` is the version to change.
 *
 * struct fj_edit e = {.times = 0};
 * do {
 *         if (!fj_edit_begin(&e))
 *                 return -EBUSY;
 *         ... r is 0 or more, or -errno
 * } while ((r = fj_edit_end(&e, r)) == FJ_EDIT_AGAIN);
 *
 * fj_edit_begin() bounds this loop. */
struct fj_edit {
	struct fj_namespace *ns;
	struct fj_mounts *v;
	uint64_t from; /* `current`, when it was copied */
	uint32_t place;
	uint32_t times;		  /* how often it was begun */
	struct fj_lock_hold hold; /* of that place */
	uint64_t mask;
};
/* Returns false if all places are taken by writers that do not continue, or if others have published their
 * changes before this one 10,000 times. */
bool fj_edit_begin(struct fj_edit *e);
/* Publish the change. If `r` is an error, drop it. Returns `r`, or FJ_EDIT_AGAIN: another change was
 * published meanwhile, and this one must be made again. */
#define FJ_EDIT_AGAIN (-512L) /* not an errno of the kernel */
long fj_edit_end(struct fj_edit *e, long r);
/* Has the calling thread begun a change that has not ended? */
bool fj_edit_is_open(const struct fj_namespace *ns);
/* Free the places that a thread of this process had taken when another thread's exec ended it. */
void fj_edit_forget(struct fj_namespace *ns);
/* Used between the files of changes. fj_mounts_keep(): append a text to a version, which has room for it;
 * returns its offset. fj_mounts_derive(): compute what follows from the mounts. */
uint32_t fj_mounts_keep(struct fj_mounts *v, const char *text, size_t len);
void fj_mounts_derive(struct fj_mounts *v);
/* mounts_aliases.c: `host` will be mounted at `pos`. Note whether another position leads there, too. */
void fj_mounts_note_aliases(const struct fj_mounts *v, const char *host, const char *pos);
/* The union `m`, which is already in `v`, will be mounted: note the other positions of all its layers. */
void fj_mounts_note_layers(const struct fj_mounts *v, const struct fj_mount *m);
/* Set the position of `m`, in `v`, to `to` followed by `rest`, which may point into the text of `v`.
 * Returns 0 or -ENOSPC. */
long fj_mounts_keep_pos(struct fj_mounts *v, const char *to, const char *rest, struct fj_mount *m);
/* Add a mount of `host` (absolute, canonical) on top of position `pos`. Returns its id or -ENOSPC. */
long fj_edit_add(struct fj_edit *e, const char *host, const char *pos, uint32_t flags,
	const char *type, const char *source);
/* Set the options of the FJ_MOUNT_PRIVATE mount `id`. Returns 0, -ENOSPC or -EINVAL (no such mount). */
long fj_edit_options(struct fj_edit *e, uint32_t id, const char *text);
/* Set the layers and the work directory of mount `id`. Returns 0, -ENOSPC or -EINVAL. */
long fj_edit_layers(struct fj_edit *e, uint32_t id, const char *layers, const char *work);
/* Remove entry `i`. */
void fj_edit_remove(struct fj_edit *e, uint32_t i);
/* Add a copy of entry `i` at position `to` followed by `rest`. Returns its id or -ENOSPC. */
long fj_edit_copy(struct fj_edit *e, uint32_t i, const char *to, const char *rest);
/* Move the entries marked in `in` (`top` and the mounts below it) to position `to`, which is in mount
 * `parent`. */
long fj_edit_move(struct fj_edit *e, const bool *in, uint32_t top, uint32_t parent, const char *to);

#endif
