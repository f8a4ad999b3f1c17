/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * making.h - the owner of a file that is being made. */
#ifndef FJ_MAKING_H
#define FJ_MAKING_H

#include "jail/memory.h"
#include "records/records.h"

#include <stdbool.h>
#include <stdint.h>

struct fj_call;
struct fj_place;

#define FJ_CREATORS 64u
#define FJ_CREATORS_AT 0x100u
struct fj_creators {
	uint64_t made; /* how often one has made a file */
	/* creators.c: the processes that are making a file just now. */
	int32_t maker[FJ_CREATORS];
};
static inline struct fj_creators *fj_creators(void)
{
	return (struct fj_creators *)fj_jail_at(FJ_CREATORS_AT);
}

struct fj_making {
	struct fj_owner owner;
	uint32_t real_mode; /* 0777, to be given to the kernel */
	bool needs_record;
	bool may_be_stale;    /* a record of a removed file with its number may be found for it */
	bool has_default_acl; /* of the directory, which the file inherits (acl(5)) */
	struct fj_owner_key parent;
	int32_t *maker; /* creators.c: where it is said that somebody is at work */
};

/* What a file of `type` (S_IFMT) made at `place` with `mode` is to be: the maker's ids, less the
 * umask, the group of a setgid directory. */
void fj_making_begin(struct fj_call *c, const struct fj_place *place, uint32_t type, uint32_t mode,
	struct fj_making *m);
/* The call that makes it has returned `made`. When that is no error, write the file's record, if it
 * needs one: of descriptor `made`, when `is_open`, else of what lies at `place`. Returns `made`; or
 * -errno, and then the file is removed again. */
long fj_making_end(struct fj_call *c, long made, bool is_open, const struct fj_place *place,
	struct fj_making *m);

/* creators.c. fj_making_begin() enters whom a record is needed for, fj_making_end() leaves; in
 * between, nobody waits for anything. */
void fj_creators_enter(struct fj_making *m);
/* `has_made`: a file. Only then may somebody have been refused because of us, and is told. */
void fj_creators_leave(struct fj_making *m, bool has_made);

/* Of one call that may be refused, from its beginning on. */
struct fj_creators_seen {
	uint64_t made;	/* how many had made a file */
	unsigned looks; /* how often this call has looked for others since */
};
void fj_creators_begin(struct fj_creators_seen *seen);
/* The call was refused: has a maker made a file since it began or was judged last, or does one now?
 * Then it is worth to judge it again. Says no in the end, whatever the others do. */
bool fj_creators_wait(struct fj_creators_seen *seen);

#endif
