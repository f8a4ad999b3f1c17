/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * made.h - the owner of a file about to be made. */
#ifndef FJ_MADE_H
#define FJ_MADE_H

#include "call/owned.h"

struct fj_making {
	struct fj_owner owner;
	uint32_t real_mode; /* 0777, to be given to the kernel */
	bool needs_record;
	bool has_default_acl; /* of the directory, which the file inherits (acl(5)) */
	struct fj_own_key parent;
};

/* What a file of `type` (S_IFMT) made at `place` with `mode` is to be: the maker's ids, less the
 * umask, the group of a setgid directory. */
void fj_making_begin(struct fj_call *c, const struct fj_place *place, uint32_t type, uint32_t mode,
	struct fj_making *m);
/* It is made, and here: write its record, when it needs one. Returns 0 or -errno; the caller then
 * removes it again. */
long fj_making_end(struct fj_call *c, int dirfd, const char *name, const struct fj_making *m);

#endif
