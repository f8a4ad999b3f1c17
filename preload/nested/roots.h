/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * roots.h - roots in the jail's tree: directories with owner records of their own. For inode/,
 * file/, open/, mount/ and walks. */
#ifndef FJ_ROOTS_H
#define FJ_ROOTS_H

#include "bytes/hash.h"
#include "met-roots/met_roots.h"
#include "mount-table/mount_table.h"
#include "walk/walk.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fj_thread;

/* Sets the place in the jail's memory where roots are kept, and of what every process reads of them;
 * call in each process. */
void fj_roots_start(struct fj_owner_roots *roots, struct fj_owner_roots_state *state);

/* -- reached.c: when a directory is asked for records -- */

/* The word in fj_owner_roots->seen that says: directory `ino` of `dev` was asked.
 * fj_roots_hash_of_text() gives the word for the directory with the path `text` at `epoch`. */
static inline uint64_t fj_roots_hash(uint64_t dev, uint64_t ino)
{
	const uint64_t h = (ino ^ dev << 40 ^ (uint64_t)fj_owner_roots_state->generation << 20) *
			   0x9e3779b97f4a7c15UL;

	return (h ^ h >> 29) | 1;
}
static inline uint64_t fj_roots_hash_of_text(const char *text, size_t len, uint64_t epoch)
{
	const uint64_t h =
		fj_hash_quick(text, len) ^
		(epoch + ((uint64_t)fj_owner_roots_state->generation << 40)) * 0x9e3779b97f4a7c15UL;

	return (h ^ h >> 31) | 1;
}
/* The entry for `hash` among those of `mask`. The first entries are all in one page: most jails meet few
 * directories, and each page of memory that is used for the first time costs as much as several calls. */
static inline uint64_t *fj_roots_seen(uint64_t hash, uint32_t mask)
{
	return &fj_owner_roots->seen[hash >> 16 & (mask | (FJ_OWNER_SEEN_FEW - 1))];
}
/* Was the directory of this word asked? False may be wrong: another word may have replaced it. */
static inline bool fj_roots_saw(uint64_t hash)
{
	const uint32_t mask = __atomic_load_n(&fj_owner_roots_state->seen_mask, __ATOMIC_RELAXED);

	return __atomic_load_n(fj_roots_seen(hash, mask), __ATOMIC_RELAXED) == hash ||
	       (mask && __atomic_load_n(fj_roots_seen(hash, 0), __ATOMIC_RELAXED) == hash);
}
/* Notes that the directory of this word was asked. */
void fj_roots_note(uint64_t hash);

/* stat(2) without following has shown that `name` in `dirfd` (NULL or "": `dirfd` itself) is a
 * directory. When it is seen for the first time, finds out whether it has records; the directory
 * around it was asked before. Returns true when records were met. */
bool fj_roots_look(struct fj_thread *t, int dirfd, const char *name, uint64_t dev, uint64_t ino,
	uint64_t links);
/* As fj_roots_look(), for a directory that may have been asked before. */
static inline bool fj_roots_see(struct fj_thread *t, int dirfd, const char *name, uint64_t dev,
	uint64_t ino, uint64_t links)
{
	if (!fj_owner_roots)
		return false;
	if ((!name || !name[0]) && __builtin_expect(dirfd == fj_dir_unasked, 0))
		fj_dir_is_asked(dirfd);
	return !fj_roots_saw(fj_roots_hash(dev, ino)) &&
	       fj_roots_look(t, dirfd, name, dev, ino, links);
}
/* Asks the directory behind `fd`, or the working directory (AT_FDCWD). `is_entry`: the
 * program has not come to it from the directory around it (but by a mount, a link of procfs, or a
 * descriptor from elsewhere), so the directories around it are asked, too. One fstat(2). */
void fj_roots_see_fd(struct fj_thread *t, int fd, bool is_entry);
/* The program has come to a directory from the one around it; the directory is now behind `fd`, or
 * the working directory. It is asked before anything in it is looked at. */
void fj_roots_see_later(struct fj_thread *t, int fd);
/* Looks at everything that the process has open, and at the working directory. At a jail's start
 * these come from outside; and after a change they may lie in a new root. */
void fj_roots_see_held(struct fj_thread *t);

/* -- roots.c -- */

/* Asks all directories on the way to this place, and the place itself. Returns true when records
 * were met. */
bool fj_roots_meet(struct fj_thread *t, int dirfd, const char *name);
/* Call when fj_owner_has_news(): drops what is remembered, and looks at the way to this place, and
 * at what the process has open. */
void fj_roots_renew(struct fj_thread *t, int dirfd, const char *name);

/* Place `name` of `dirfd` has a new file or directory: if it may be the records of a root, what was
 * looked at before is looked at again. */
void fj_roots_made(struct fj_thread *t, int dirfd, const char *name);

/* The root that the file lies in, for fj_owner_key.home. 0: only in the jail's own. */
uint32_t fj_roots_ask_home(struct fj_thread *t, int dirfd, const char *name);
static inline uint32_t fj_roots_home(struct fj_thread *t, int dirfd, const char *name)
{
	if (__builtin_expect(fj_owner_has_news(), 0))
		fj_roots_renew(t, dirfd, name);
	return fj_owner_roots_met() ? fj_roots_ask_home(t, dirfd, name) : 0;
}
/* Is the directory a root that was met? */
bool fj_roots_is_one(uint64_t dev, uint64_t ino);
/* `from` was renamed to `to`, or (`is_exchange`) the two were exchanged: roots in them have moved
 * along. Host paths. */
void fj_roots_moved(struct fj_thread *t, const char *from, const char *to, bool is_exchange);
/* The host path of a place, in scratch memory; "" when it has none. */
char *fj_roots_path(struct fj_thread *t, int dirfd, const char *name);

/* -- roots_layers.c -- */

/* The directory behind `fd` is a lower layer of a union: if it is a root, its records count and are
 * never written, from now on and for the life of the jail. */
void fj_roots_see_lower(struct fj_thread *t, int fd);
/* The same for all `layers`, which are written as in mount-table/mounts.h. `are_canonical`: the kernel spells the paths
 * so; then the result is false. Returns whether one has records. */
bool fj_roots_see_lowers(struct fj_thread *t, const char *layers, bool are_canonical);
/* Files that are made in directory `work` will be renamed into `upper`: if that is a root, their
 * records go to it. */
void fj_roots_see_work(struct fj_thread *t, int work, int upper);

/* -- roots_empty.c -- */

/* Calls `each` for the names in directory `fd` except "." and "..", until it returns false. Returns
 * what it returned last, or true. */
bool fj_roots_each_name(
	struct fj_thread *t, int fd, bool (*each)(struct fj_thread *t, int fd, const char *name));
/* Directory `name` of `dirfd` could not be removed because it is not empty. If it has nothing but
 * the records of a root, removes those and returns true. */
bool fj_roots_empty(struct fj_thread *t, int dirfd, const char *name);

#endif
