/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * mounts.h - the mounts of a jail: positions that lead to other places of the host.
 *
 * A mount namespace lies in memory shared by all processes that are in it, with room for some
 * versions. A writer takes a place that is free, copies the current version there, changes that,
 * and publishes it by one compare-and-swap; when somebody else was quicker, it begins again.
 * Readers begin again when the place that they read was written to meanwhile. So nobody waits for
 * anybody: a writer that is stopped keeps its place until it goes on (and then finds that others
 * were quicker), and a dead one's is taken over, by who is in its PID namespace (sys/lock.h). */
#ifndef FJ_MOUNTS_H
#define FJ_MOUNTS_H

#include "sys/lock.h"
#include "sys/part.h"
#include "sys/seq.h"
#include "sys/thread.h"

#define FJ_MOUNTS_MAX 256u
#define FJ_MOUNT_TEXT                                                                              \
	65536u /* a power of two: offsets read from a version that is being written are masked */

#define FJ_TMPFS_TEXT 128u /* of the options of a tmpfs, as they are shown */

enum {
	FJ_MOUNT_READ_ONLY = 1,
	FJ_MOUNT_NOSUID = 2,
	FJ_MOUNT_NODEV = 4,
	FJ_MOUNT_NOEXEC = 8,
	FJ_MOUNT_NOATIME = 16,
	FJ_MOUNT_NODIRATIME = 32,
	FJ_MOUNT_STRICTATIME = 64,
	FJ_MOUNT_OPTIONS = 127, /* those above: what remount changes */
	FJ_MOUNT_LIMITS = FJ_MOUNT_NOSUID | FJ_MOUNT_NODEV | FJ_MOUNT_NOEXEC,
	FJ_MOUNT_DEFAULT = 128, /* made by the launcher unasked: the first explicit mount of its
				   kind takes its place */
	FJ_MOUNT_WITH_SUBMOUNTS = 256, /* what the host has mounted below is part of it */
	FJ_MOUNT_PRIVATE = 512,	       /* a tmpfs: its directory is nothing else */
	FJ_MOUNT_HIDDEN = 1024,	 /* not a mount: one of the host, below another, which was unmounted
				    in the jail */
	FJ_MOUNT_COVERED = 2048, /* another mount lies on the way to it */
	FJ_MOUNT_SHARED = 4096,
	FJ_MOUNT_UNBINDABLE = 8192,
	FJ_MOUNT_FILE = 16384,	 /* of something that is no directory */
	FJ_MOUNT_OWN = 32768,	 /* the user's files in it are root's, as in the jail's own tree */
	FJ_MOUNT_ENTRY = 65536,	 /* not a mount: a name that the jail made in the host's /dev, and
				    that lies elsewhere; mount/dev_names.c */
	FJ_MOUNT_UNION = 131072, /* of several directories: layers/union.h */
};

struct fj_mount {
	uint32_t id, parent; /* parent 0: the root's tree */
	uint32_t flags;
	uint32_t jail, jail_len; /* position: offset into `text`, and length */
	uint32_t host, host_len; /* host path; "" is the host's root */
	uint32_t type, source;	 /* what mountinfo shows; "": what the host shows */
	uint32_t options;	 /* of a tmpfs or a union, as mountinfo shows them; 0: none */
	/* Of a union: the host paths of all layers, from the top, with a slash between two, where
	 * so no name is empty but there; and of the work directory, "" without an upper layer. */
	uint32_t layers, work;
};
_Static_assert(sizeof(struct fj_mount) == 48, "shared by processes of two builds");

struct fj_mounts {
	uint32_t count, text_used;
	uint32_t root_flags;	/* of the jail's own tree */
	uint32_t last_id;	/* of a mount */
	uint64_t leaves[4];	/* by hash: names of mount points */
	uint64_t on_the_way[4]; /* names of directories above them */
	struct fj_mount mount[FJ_MOUNTS_MAX];
	char text[FJ_MOUNT_TEXT]; /* the last byte stays NUL */
};

#define FJ_VERSIONS 8u /* a power of two; so many writers less one may stand still at once */

struct fj_namespace {
	uint64_t current; /* the turn of the current version, times FJ_VERSIONS, plus its place */
	uint32_t turn[FJ_VERSIONS]; /* of what is in a place, or is being written there */
	uint32_t id, unused;
	struct fj_lock writer[FJ_VERSIONS]; /* who has taken a place; thread ids */
	struct fj_mounts version[FJ_VERSIONS];
};

/* The calling process's. */
extern struct fj_part fj_namespace_part;
extern struct fj_namespace *fj_namespace_of_process;
static inline struct fj_namespace *fj_namespace(void)
{
	return __atomic_load_n(
		fj_mine(&fj_namespace_part, &fj_namespace_of_process), __ATOMIC_ACQUIRE);
}
/* At process start: the jail's, or a private one that was inherited. */
void fj_namespace_start(void);
/* unshare(2), CLONE_NEWNS: a copy of the mounts for this process and those it will make. Returns 0
 * or -errno. */
long fj_namespace_unshare(void);

/* Which version was looked at. (The process may enter another namespace meanwhile: it is the turn
 * in the one that was read that counts.) */
struct fj_mounts_seen {
	const struct fj_namespace *in;
	uint64_t current;
};
/* Read: v = fj_mounts_look(&seen) ... until (fj_mounts_held(&seen)). What is read in between may be
 * nonsense, but can be read. */
const struct fj_mounts *fj_mounts_look(struct fj_mounts_seen *seen);
static inline bool fj_mounts_held(const struct fj_mounts_seen *seen)
{
	return !fj_seq_retry(&seen->in->turn[seen->current % FJ_VERSIONS],
		(uint32_t)(seen->current / FJ_VERSIONS));
}
static inline const char *fj_mounts_text(const struct fj_mounts *v, uint32_t at)
{
	return v->text + (at & (FJ_MOUNT_TEXT - 1));
}
static inline uint32_t fj_mounts_count(const struct fj_mounts *v)
{
	const uint32_t n = v->count;

	return n < FJ_MOUNTS_MAX ? n : FJ_MOUNTS_MAX;
}
/* The mount that position `pos` lies in, or NULL for the root's tree; the top one whose point is
 * exactly `pos`. */
const struct fj_mount *fj_mounts_of(const struct fj_mounts *v, const char *pos);
const struct fj_mount *fj_mounts_at(const struct fj_mounts *v, const char *pos);

/* The tmpfs that host path `host` lies in, when one of the mounts is one; else NULL. */
const struct fj_mount *fj_mounts_private(const struct fj_mounts *v, const char *host);
/* The options of a mount's own, "" for none. */
static inline const char *fj_mounts_options(const struct fj_mounts *v, const struct fj_mount *m)
{
	return m->options ? fj_mounts_text(v, m->options) : "";
}

/* Give the mount `id` these layers. Returns 0, -ENOSPC or -EINVAL. */
struct fj_edit;
long fj_edit_layers(struct fj_edit *e, uint32_t id, const char *layers, const char *work);

/* What a lookup found: a copy. */
struct fj_mount_found {
	uint32_t id, flags, jail_len;
};
/* The same lookups in the current version; `host`, when not NULL, receives the host path. False:
 * none. */
bool fj_mount_at(const char *pos, struct fj_mount_found *found, struct fj_str *host);
bool fj_mount_of(const char *pos, struct fj_mount_found *found, struct fj_str *host);
/* The union that `pos` lies in, and its texts. False: in none. */
bool fj_mount_union_of(
	const char *pos, struct fj_mount_found *found, struct fj_str *layers, struct fj_str *work);
bool fj_mount_union_by_id(
	uint32_t id, struct fj_mount_found *found, struct fj_str *layers, struct fj_str *work);
/* The mount that the entry at `pos` lies in, which is not what is mounted on it. */
bool fj_mount_around(const char *pos, struct fj_mount_found *found);
/* Is anything mounted on a name in the directory at `pos`? */
bool fj_mount_is_in(const char *pos);
/* May `name` be the last component of a mount point? One of a directory above? (Quick, may be wrong
 * when saying yes.) */
bool fj_mount_may_be_named(const char *name, size_t len);
bool fj_mount_may_be_below(const char *name, size_t len);
bool fj_mount_is_read_only(const char *pos);
/* The FJ_MOUNT_LIMITS of the mount that `pos` lies in. */
uint32_t fj_mount_limits(const char *pos);

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
/* All three at once. Returns 0 or -ENOSPC. */
long fj_mount_add(const char *host, const char *pos, uint32_t flags, const char *type);
/* mounts_renamed.c: the directory `from` was renamed to `to`: mounts below move with it. */
void fj_mounts_renamed(const char *from, const char *to);
/* The jail's root was moved on the host: so were the places below it that mounts lead to. */
void fj_mounts_root_moved(const char *from, const char *to);
/* Take entry `i` out. */
void fj_edit_remove(struct fj_edit *e, uint32_t i);
/* A copy of entry `i`, at position `to` followed by `rest`. Returns its id or -ENOSPC. */
long fj_edit_copy(struct fj_edit *e, uint32_t i, const char *to, const char *rest);
/* Move the entries marked in `in`, which are `top` and what is mounted in it, to position `to`,
 * which lies in mount `parent`. */
long fj_edit_move(struct fj_edit *e, const bool *in, uint32_t top, uint32_t parent, const char *to);

/* Which layer of the union `m` does it lie in (-1: in none), and what follows behind that in *rest?
 * Of a version that may be being written to. */
int fj_mounts_layer(const struct fj_mounts *v, const struct fj_mount *m, const char *host_path,
	const char **rest);

#endif
