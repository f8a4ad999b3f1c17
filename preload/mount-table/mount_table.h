/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * mount_table.h - the table of all mounts of a namespace, and how it is read while others write. Used by
 * the rooms that read all mounts.
 *
 * A mount namespace is memory that all its processes share. It has room for several versions. A writer
 * takes a free place, copies the current version there, changes the copy, and publishes it with one
 * compare-and-swap. If another writer was faster, it begins again, at most 10,000 times. A reader begins again if the place that
 * it read was written to meanwhile. So nobody waits: a stopped writer keeps its place until it continues,
 * and then finds that others were faster. A dead writer's place is taken over by a process in its PID
 * namespace (locking/lock.h). */
#ifndef FJ_MOUNT_TABLE_H
#define FJ_MOUNT_TABLE_H

#include "locking/lock.h"
#include "locking/seq.h"
#include "sys/process.h"

#include <stdbool.h>
#include <stdint.h>

struct fj_str;

#define FJ_MOUNTS_MAX 256u
#define FJ_MOUNT_TEXT                                                                              \
	65536u /* a power of two: offsets from a version that is being written are masked */

struct fj_mount {
	uint32_t id, parent; /* parent 0: the root's tree */
	uint32_t flags;
	uint32_t jail, jail_len; /* position: offset into `text`, and length */
	uint32_t host, host_len; /* host path; "" is the host's root */
	uint32_t type, source;	 /* what mountinfo shows; "": what the host shows */
	uint32_t options;	 /* of a tmpfs or a union, as mountinfo shows them; 0: none */
	/* Of a union: the host paths of all layers from the top, with a slash between two (so "//"
	 * separates them), and of the work directory; "" if there is no upper layer. */
	uint32_t layers, work;
};
_Static_assert(sizeof(struct fj_mount) == 48, "shared by processes of two builds");

struct fj_mounts {
	uint32_t count, text_used;
	uint32_t root_flags;	/* of the root's own tree */
	uint32_t last_id;	/* the last id given to a mount */
	uint64_t leaves[4];	/* a set of hashes, fj_mounts_name_bits(): names of mount points */
	uint64_t on_the_way[4]; /* names of the directories above them */
	struct fj_mount mount[FJ_MOUNTS_MAX];
	char text[FJ_MOUNT_TEXT]; /* the last byte is always NUL */
};

/* Which bits a name with this hash has in the word of its set, which two other bits of the hash choose. A name
 * that is in no such set costs a walk if its bits happen to be there, so each has three. (With two, "group" and "linux"
 * are met in a jail with /dev, /proc, /sys and /dev/shm, and 16 of 9293 names of a Debian root; with three, 1.) */
static inline uint64_t fj_mounts_name_bits(uint64_t hash)
{
	return 1UL << (hash & 63) | 1UL << (hash >> 8 & 63) | 1UL << (hash >> 16 & 63);
}
#define FJ_VERSIONS 8u /* a power of two; all writers but one may be stopped at once */

struct fj_namespace {
	uint64_t current; /* sequence of the current version, times FJ_VERSIONS, plus its place */
	uint32_t sequence[FJ_VERSIONS]; /* of the version that a place has or gets */
	uint32_t id;			/* 0: the jail's own namespace */
	uint32_t unused;
	struct fj_lock writer[FJ_VERSIONS]; /* the writer that has taken a place: a thread id */
	struct fj_mounts version[FJ_VERSIONS];
};

/* The namespace of the calling process. */
#define FJ_OWNER_NAMESPACE_AT 0x30u
struct fj_owner_namespace {
	struct fj_namespace *at;
};
static inline struct fj_namespace *fj_namespace(void)
{
	const struct fj_owner_namespace *own = fj_process_at(FJ_OWNER_NAMESPACE_AT);

	return __atomic_load_n(&own->at, __ATOMIC_ACQUIRE);
}
/* At process start: enter the jail's namespace, or the inherited one. */
void fj_namespace_start(void);

/* The version that was read, and its namespace. (The process may enter another namespace meanwhile.) */
struct fj_mounts_seen {
	const struct fj_namespace *in;
	uint64_t current;
};
/* Read with v = fj_mounts_look(&seen), until fj_mounts_held(&seen). What is read in between may be wrong,
 * but can be read safely. Each repetition means that others have published seven changes since the version
 * was current, each of which copies the table, while this thread read it once. A stopped or dead writer
 * causes none. */
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
/* fj_mounts_of(): the mount that contains position `pos`, or NULL: the root's tree. fj_mounts_at(): the top
 * mount whose mount point is `pos`, or NULL. */
const struct fj_mount *fj_mounts_of(const struct fj_mounts *v, const char *pos);
const struct fj_mount *fj_mounts_at(const struct fj_mounts *v, const char *pos);

/* The tmpfs mount that contains the host path `host`, or NULL. */
const struct fj_mount *fj_mounts_private(const struct fj_mounts *v, const char *host);
/* The options of the mount itself, or "". */
static inline const char *fj_mounts_options(const struct fj_mounts *v, const struct fj_mount *m)
{
	return m->options ? fj_mounts_text(v, m->options) : "";
}

/* The index of the layer of union `m` that contains `host_path`, or -1. `*rest` is the path below the
 * layer. `v` may be being written. */
int fj_mounts_layer(const struct fj_mounts *v, const struct fj_mount *m, const char *host_path,
	const char **rest);
/* mounts_aliases.c: if an overlay that can be written to is the only mount in which the file at this host path is seen, and this
 * at one position, `upper`, which is empty, gets the host path of its copy in the upper layer. `room`: a string for a
 * position; what it holds afterwards means nothing. */
bool fj_mounts_find_upper(const char *host_path, struct fj_str *room, struct fj_str *upper);

#endif
