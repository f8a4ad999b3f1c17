/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * met_roots.h - roots other than the jail's own, whose records count for the files in them: their list, and
 * how jails tell each other of new ones. Called by the rooms nested, ownership and setup, and by the tools
 * of scripts/ that work on records. */
#ifndef FJ_MET_ROOTS_H
#define FJ_MET_ROOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fj_owner_key;

#define FJ_OWNER_ROOTS 128u
#define FJ_OWNER_ROOT_PATH 2048u
#define FJ_OWNER_SEEN 8192u
#define FJ_OWNER_SEEN_FEW 512u /* in the first page */
#define FJ_OWNER_CALM 1u       /* fj_owner_roots_state.generation until something changes */
enum {
	FJ_OWNER_ROOT_FREE,
	FJ_OWNER_ROOT_BEING_MET,
	FJ_OWNER_ROOT_MET,
	FJ_OWNER_ROOT_LEFT /* removed, or met again at another path */
};
enum fj_owner_root_kind {
	FJ_OWNER_ROOT_INNER, /* in the jail's tree */
	FJ_OWNER_ROOT_OUTER, /* the jail's own root lies in it */
	FJ_OWNER_ROOT_WORK,  /* a work directory: its files move to an inner root, whose records
				they get */
	FJ_OWNER_ROOT_LOWER, /* a lower layer of a union: only read, whoever owns it */
};
struct fj_owner_root {
	uint32_t state;
	uint32_t kind;	   /* enum fj_owner_root_kind */
	uint64_t dev, ino; /* of the directory */
	uint64_t records_dev, records_ino;
	char path[FJ_OWNER_ROOT_PATH], records[FJ_OWNER_ROOT_PATH];
};
/* Lies in the memory that the jail's processes share. */
struct fj_owner_roots {
	/* nested/roots.h: hashes of directories that were asked for records. */
	uint64_t seen[FJ_OWNER_SEEN];
	struct fj_owner_root root[FJ_OWNER_ROOTS];
};
/* What every process reads of them often: a section in the first page of the jail's memory. */
#define FJ_ROOTS_STATE_AT 0x5a0u
struct fj_owner_roots_state {
	uint64_t known_news;
	uint32_t generation;  /* which generation `seen` belongs to; FJ_OWNER_CALM until
				 something changes */
	uint32_t count;	      /* entries from here on are not in use */
	uint32_t keeps_apart; /* --db: this jail records its changes in its own file only */
	uint32_t has_told;    /* the jail has already said that there are too many roots */
	uint64_t counted_dev; /* the root's device, if a directory there has a link for each
				 directory in it; else 0 */
	/* How many entries of `seen` were written, until there are many. Not exact: a process may
	 * overwrite what another has added. From then on FJ_OWNER_SEEN - 1. */
	uint32_t seen_count, seen_mask;
};
/* NULL, both: there are no records but the jail's own and the host's. */
extern struct fj_owner_roots *fj_owner_roots;
extern struct fj_owner_roots_state *fj_owner_roots_state;
static inline uint32_t fj_owner_roots_met(void)
{
	return fj_owner_roots ? __atomic_load_n(&fj_owner_roots_state->count, __ATOMIC_ACQUIRE) : 0;
}
/* Enters a root: the directory whose host path is the first `len` bytes of `records`, the path of its file
 * of records. A root that was entered as an inner one may become a lower one. Returns 1 if it is new, 0 if
 * it is known or must not be looked up, -ENOSPC when FJ_OWNER_ROOTS have been met, or another -errno. */
long fj_owner_meet(
	const char *records, size_t len, uint64_t dev, uint64_t ino, enum fj_owner_root_kind kind);
/* Enters the work directory `path`: the files in it will move to a root with the file `records`, so
 * their changes are recorded there. Returns what fj_owner_meet() returns. */
long fj_owner_meet_beside(const char *path, const char *records, uint64_t dev, uint64_t ino);
/* Enters a known root again: from now on it is asked before the roots that were met after it. */
long fj_owner_meet_again(const char *records, size_t len, uint64_t dev, uint64_t ino);
/* Is the directory whose path is the first `len` bytes of `path` a lower layer whose records were met, and so were
 * whole? */
bool fj_owner_met_lower(const char *path, size_t len);
/* Is the file of records of root `r` still the one that was met? Not when it was removed. */
bool fj_owner_records_are_there(const struct fj_owner_root *r);
/* Is the record of `key` in the right file of records, for the root `key->home`? Returns false when
 * it is in the records of another root that is no longer at its path: that root is marked as left,
 * and processes get news. */
bool fj_owner_is_in_place(const struct fj_owner_key *key);
/* Was a root made below one of ours, moved or forgotten, and has this process not yet looked
 * whether its working directory or an open file lies there? True until fj_owner_hear(). */
bool fj_owner_has_news(void);
/* The process has looked. `generation`: that of fj_owner_roots_state before it did. */
void fj_owner_hear(uint32_t generation);
/* Has another process told of a root, and no process of this jail has heard it? `*news` is for
 * fj_owner_know_news(), to be called when everything remembered of directories was forgotten. */
bool fj_owner_is_told(uint64_t *news);
void fj_owner_know_news(uint64_t news);
/* This jail's root is new: tells the jails whose roots are around it. */
void fj_owner_tell_news(void);
/* This jail made a root at host path `path`, or moved one from or to there: tells other jails on
 * the same tree, jails whose roots are around it, and this one. */
void fj_owner_tell_of(const char *path);

#endif
