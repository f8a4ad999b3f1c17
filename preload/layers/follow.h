/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * follow.h - descriptors of a lower file follow its copy: how the processes of a jail tell each other of copies
 * (layers/union_follow.c). Called by the rooms walk, union and dispatch. */
#ifndef FJ_LAYERS_FOLLOW_H
#define FJ_LAYERS_FOLLOW_H

#include "sys/process.h"

#include <stdbool.h>
#include <stdint.h>

struct fj_jail;
struct fj_place;
struct fj_thread;
extern struct fj_jail *fj_jail; /* jail/jail.h */

/* How many regular files were copied up in this jail. Each call reads it in a jail that has met a union: it lies beside
 * what says so. */
#define FJ_COPIED_AT 0xb0u
struct fj_copied {
	uint32_t count;
};
static inline struct fj_copied *fj_copied(void)
{
	return (struct fj_copied *)((char *)fj_jail + FJ_COPIED_AT);
}
/* How many of them this process has heard of. An exec passes it on, since the descriptors remain, too. */
#define FJ_COPIES_HEARD_AT 0x1f8u
struct fj_copies_heard {
	uint32_t count;
};
static inline bool fj_copies_are_unheard(void)
{
	const struct fj_copies_heard *heard = fj_process_at(FJ_COPIES_HEARD_AT);

	return __atomic_load_n(&fj_copied()->count, __ATOMIC_ACQUIRE) != heard->count;
}

/* Which copies this process waits for: those of the files that it has open for reading. */
#define FJ_AWAITED 8u
#define FJ_COPIES_AWAITED_AT 0x2220u
struct fj_copies_awaited {
	uint32_t is_complete; /* there are no others. 0: not known, or there are more */
	uint32_t count;
	uint32_t
		looks; /* as many calls look again whether a descendant still has one of these descriptors */
	struct {
		uint32_t place;	   /* in struct fj_copies, */
		uint32_t sequence; /* and its sequence count when the process has looked at it */
	} at[FJ_AWAITED];
};
/* The process will get such a descriptor. */
static inline void fj_copies_await(void)
{
	struct fj_copies_awaited *awaited =
		(struct fj_copies_awaited *)(uintptr_t)fj_process_at(FJ_COPIES_AWAITED_AT);

	if (awaited->is_complete)
		awaited->is_complete = 0;
}

/* The last copies: one for each value of a hash of the lower file. So a copy may be overwritten by another one,
 * and then no descriptor follows it any more. Written by the process that has made the copy. */
#define FJ_COPIES 1024u
struct fj_file_copy {
	uint32_t sequence; /* locking/seq.h */
	uint32_t dev;	   /* of the lower file, as in stat(2); */
	uint64_t ino;	   /* 0: there is none */
	uint64_t copy;	   /* a hash of the copy's device, number and time of birth */
};
#define FJ_COPIES_AT 0x428000u
struct fj_copies {
	struct fj_file_copy at[FJ_COPIES];
};
static inline struct fj_copies *fj_copies(void)
{
	return (struct fj_copies *)((char *)fj_jail + FJ_COPIES_AT);
}

/* The regular file with this device and number was copied up, and `fd` is the engine's descriptor of the copy. Tell all
 * processes of the jail. */
void fj_copies_tell(uint32_t dev, uint64_t ino, int fd);
/* Hear of the copies so far: the program's descriptors of their lower files that are open for reading, or O_PATH, become
 * descriptors of the copies, where that cannot be wrong. No handler of the program may run meanwhile. */
void fj_copies_hear(struct fj_thread *t);

/* union_kin.c: has an ancestor or a descendant the open file description of `fd`, or the same table of descriptors?
 * `*is_descendant`: it is a descendant. */
bool fj_kin_has_fd(struct fj_thread *t, int fd, bool *is_descendant);

/* union_replace.c: replace descriptor `fd` by one of the file at `place`, if it is none yet. It keeps its number, its flags and its file
 * offset. Returns 0 or -errno. */
long fj_union_replace_fd(int fd, const struct fj_place *place);
bool fj_is_fifo(int fd);

#endif
