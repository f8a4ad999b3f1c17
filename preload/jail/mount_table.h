/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * mount_table.h - all mounts of a namespace: their table, and how it is read while others write.
 *
 * A mount namespace lies in memory shared by all processes that are in it, with room for some
 * versions. A writer takes a place that is free, copies the current version there, changes that,
 * and publishes it by one compare-and-swap; when somebody else was quicker, it begins again.
 * Readers begin again when the place that they read was written to meanwhile. So nobody waits for
 * anybody: a writer that is stopped keeps its place until it goes on (and then finds that others
 * were quicker), and a dead one's is taken over, by who is in its PID namespace (locking/lock.h). */
#ifndef FJ_MOUNT_TABLE_H
#define FJ_MOUNT_TABLE_H

#include "jail/memory.h"
#include "locking/lock.h"
#include "locking/seq.h"
#include "sys/process.h"

#include <stdbool.h>
#include <stdint.h>

#define FJ_MOUNTS_MAX 256u
#define FJ_MOUNT_TEXT                                                                              \
	65536u /* a power of two: offsets read from a version that is being written are masked */

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
	uint64_t
		current; /* the sequence of the current version, times FJ_VERSIONS, plus its place */
	uint32_t sequence[FJ_VERSIONS]; /* of what is in a place, or is being written there */
	uint32_t id;			/* 0: the jail's own */
	uint32_t unused;
	struct fj_lock writer[FJ_VERSIONS]; /* who has taken a place; thread ids */
	struct fj_mounts version[FJ_VERSIONS];
};

/* The jail's own, in which its first program is: jail/memory.h. */
#define FJ_NAMESPACE_AT 0x1ef040u /* right behind the texts: one page fault for both */
static inline struct fj_namespace *fj_jail_namespace(void)
{
	return (struct fj_namespace *)fj_jail_at(FJ_NAMESPACE_AT);
}

/* The calling process's. */
#define FJ_OWNER_NAMESPACE_AT 0x30u
struct fj_owner_namespace {
	struct fj_namespace *at;
};
static inline struct fj_namespace *fj_namespace(void)
{
	const struct fj_owner_namespace *own = fj_process_at(FJ_OWNER_NAMESPACE_AT);

	return __atomic_load_n(&own->at, __ATOMIC_ACQUIRE);
}
/* Its number. (Most are in the jail's own, of which nothing is looked at: a page fault less.) */
static inline uint32_t fj_namespace_id(void)
{
	const struct fj_namespace *ns = fj_namespace();

	return ns == fj_jail_namespace() ? 0 : ns->id;
}
/* At process start: the jail's, or a private one that was inherited. */
void fj_namespace_start(void);

/* Which version was looked at. (The process may enter another namespace meanwhile: it is the
 * sequence in the one that was read that counts.) */
struct fj_mounts_seen {
	const struct fj_namespace *in;
	uint64_t current;
};
/* Read: v = fj_mounts_look(&seen) ... until (fj_mounts_held(&seen)). What is read in between may be
 * nonsense, but can be read. */
const struct fj_mounts *fj_mounts_look(struct fj_mounts_seen *seen);
static inline bool fj_mounts_held(const struct fj_mounts_seen *seen)
{
	return !fj_seq_retry(&seen->in->sequence[seen->current % FJ_VERSIONS],
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

/* Which layer of the union `m` does it lie in (-1: in none), and what follows behind that in *rest?
 * Of a version that may be being written to. */
int fj_mounts_layer(const struct fj_mounts *v, const struct fj_mount *m, const char *host_path,
	const char **rest);

#endif
