/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * made.h - the owner of a file that is being made. */
#ifndef FJ_MADE_H
#define FJ_MADE_H

#include "call/owned.h"

struct fj_making {
	struct fj_owner owner;
	uint32_t real_mode; /* 0777, to be given to the kernel */
	bool needs_record;
	bool has_default_acl; /* of the directory, which the file inherits (acl(5)) */
	struct fj_own_key parent;
	int32_t *maker; /* makers.c: where it is said that somebody is at work */
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

/* makers.c. fj_making_begin() enters whom a record is needed for, fj_making_end() leaves; in
 * between, nobody waits for anything. */
void fj_makers_enter(struct fj_making *m);
void fj_makers_leave(struct fj_making *m);
/* How many have left. */
uint64_t fj_makers_done(void);
/* Somebody was refused, and `*done` was the count before: has a maker left since, or did one now?
 * Then it is worth to ask again, and `*done` is the count for the next time. */
bool fj_makers_wait(uint64_t *done);

#endif
