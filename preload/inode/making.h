/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * making.h - the owner record of a file that is being made. For the hooks that make files, and for
 * dispatch/, which makes refused calls again. */
#ifndef FJ_MAKING_H
#define FJ_MAKING_H

#include "records/records.h"

#include <stdbool.h>
#include <stdint.h>

struct fj_call;
struct fj_place;

#define FJ_CREATORS 64u
#define FJ_CREATORS_AT 0x100u
struct fj_creators {
	uint64_t made; /* how often a creator has made a file */
	/* The processes that are making a file now (creators.c). */
	int32_t maker[FJ_CREATORS];
};

struct fj_making {
	struct fj_owner owner;
	uint32_t real_mode; /* the permission bits (0777) for the disk */
	bool needs_record;
	bool may_be_stale;    /* the record of a removed file with the same number may be found
				 for it */
	bool has_default_acl; /* the directory has a default ACL, which the file inherits
				 (acl(5)) */
	struct fj_owner_key parent; /* the directory, if has_default_acl */
	int32_t *maker;		    /* creators.c: the entry of this process */
};

/* Finds the owner and mode for a new file of `type` (S_IFMT) at `place`, made with `mode`: the
 * caller's ids, the umask, and the group of a directory with the setgid bit. */
void fj_making_begin(struct fj_call *c, const struct fj_place *place, uint32_t type, uint32_t mode,
	struct fj_making *m);
/* `made` is the result of the call that makes the file. If it is no error, writes the file's
 * record, if one is needed: for descriptor `made` when `is_open`, else for the file at `place`.
 * Returns `made`; or -errno, and then the file was removed again. */
long fj_making_end(struct fj_call *c, long made, bool is_open, const struct fj_place *place,
	struct fj_making *m);

/* creators.c. fj_making_begin() enters a process whose file needs a record, and fj_making_end()
 * takes it out. The process waits for nothing in between. */
void fj_creators_enter(struct fj_making *m);
/* `has_made`: a file was made. Only then another process may have been refused because of it. */
void fj_creators_leave(struct fj_making *m, bool has_made);

/* State of one call that may be refused, from its beginning on. */
struct fj_creators_seen {
	uint64_t made;	/* how many files had been made */
	unsigned looks; /* how often this call has looked for creators since */
};
void fj_creators_begin(struct fj_creators_seen *seen);
/* Call when the call was refused. Has a creator made a file since the call began or was last
 * judged, or is one doing so now? Then waits for it, and returns true: judge the call again.
 * Returns false in the end, whatever other processes do. */
bool fj_creators_wait(struct fj_creators_seen *seen);

#endif
