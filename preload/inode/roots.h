/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * roots.h - directories with owner records of their own, which the jail meets in its tree. */
#ifndef FJ_ROOTS_H
#define FJ_ROOTS_H

#include "call/call.h"
#include "own/own.h"

/* The place in the jail's memory where roots are kept, in each process. */
void fj_roots_start(struct fj_own_roots *roots);

/* Was directory `ino` of `dev` looked at before? */
static inline uint64_t fj_roots_hash(uint64_t dev, uint64_t ino)
{
	const uint64_t h =
		(ino ^ dev << 40 ^ (uint64_t)fj_own_roots->generation << 20) * 0x9e3779b97f4a7c15UL;

	return (h ^ h >> 29) | 1;
}
static inline bool fj_roots_saw(uint64_t hash)
{
	return __atomic_load_n(&fj_own_roots->seen[hash >> 16 & (FJ_OWN_SEEN - 1)],
		       __ATOMIC_RELAXED) == hash;
}
/* Directory `ino` of `dev` is `name` in `dirfd` (NULL or "": itself). When it is seen for the first
 * time, look which of the directories on the way to it have records. True when one was met. */
bool fj_roots_look(struct fj_thread *t, int dirfd, const char *name);
static inline bool fj_roots_see(
	struct fj_thread *t, int dirfd, const char *name, uint64_t dev, uint64_t ino)
{
	return fj_own_roots && !fj_roots_saw(fj_roots_hash(dev, ino)) &&
	       fj_roots_look(t, dirfd, name);
}
/* The same of the directory behind `fd`, or of the working directory (AT_FDCWD). One fstat(2). */
void fj_roots_see_fd(struct fj_thread *t, int fd);
/* fj_own_has_news(): forget what is remembered, and look on the way to this place. */
void fj_roots_renew(struct fj_thread *t, int dirfd, const char *name);

/* In which root is it, for fj_own_key.home? 0: in none but the jail's own. */
uint32_t fj_roots_ask_home(struct fj_thread *t, int dirfd, const char *name);
static inline uint32_t fj_roots_home(struct fj_thread *t, int dirfd, const char *name)
{
	return fj_own_roots_met() ? fj_roots_ask_home(t, dirfd, name) : 0;
}
/* Is the directory one of them? */
bool fj_roots_is_one(uint64_t dev, uint64_t ino);
/* `to` was `from`, or (`is_exchange`) also the other way round: roots in it have moved along. Host
 * paths. */
void fj_roots_moved(struct fj_thread *t, const char *from, const char *to, bool is_exchange);
/* The host path of a place, in scratch memory; "" when it has none. */
char *fj_roots_path(struct fj_thread *t, int dirfd, const char *name);
/* Directory `name` of `dirfd`, whose removal was refused as it is not empty, has nothing in it but
 * the records of a root: remove those. */
bool fj_roots_empty(struct fj_thread *t, int dirfd, const char *name);

#endif
