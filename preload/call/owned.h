/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * owned.h - a file with what it shows in the jail: the disk's facts and its owner record, put together. */
#ifndef FJ_OWNED_H
#define FJ_OWNED_H

#include "call/call.h"
#include "own/own.h"

#include <linux/stat.h>

struct fj_file {
	struct fj_own_key key;
	uint32_t real_uid, real_gid, real_mode;
	uint32_t nlink;
	bool has_record;
	bool is_foreign;      /* reached through a bind mount */
	struct fj_owner owner; /* what it shows: record or default; mode with S_IFMT */
};

/* Look at `name` in `dirfd` ("" with AT_EMPTY_PATH: the descriptor itself). `flags`: AT_ flags of statx(2); never followed
 * unless AT_SYMLINK_FOLLOW is among them. Returns 0 or the kernel's errno. */
long fj_file_look(struct fj_call *c, int dirfd, const char *name, int flags, struct fj_file *file);

#endif
