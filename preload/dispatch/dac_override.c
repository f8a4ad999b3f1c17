/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * dac_override.c - root is never refused by mode bits, though the user behind it is.
 *
 * A tree unpacked with directories 0555 or files 0000, by somebody else or before there were
 * records, stops the user. So when a call of root's fails with EACCES, each part of its paths that
 * belongs to the user gets what is missing (rw, and x for directories), while its record keeps
 * showing the mode it had; then the call is made again. What belongs to others on the host stays
 * refused. Called by dispatch.c. */
#include "call/args.h"
#include "call/call.h"
#include "call/row.h"
#include "call/translate.h"
#include "cred/ids.h"
#include "inode/owned.h"
#include "jail/root.h"
#include "layers/place.h"
#include "layers/union.h"
#include "mount-table/mount_flags.h"
#include "ownership/ownership.h"
#include "path/path.h"
#include "records/records.h"
#include "sys/abi.h"
#include "sys/fd.h"
#include "sys/scratch.h"
#include "sys/scratch_mark.h"
#include "syscall/stat.h"
#include "walk/walk.h"

#include <stdint.h>

static bool override_file(struct fj_call *c, int dirfd, const char *name)
{
	struct fj_file file;
	struct fj_owner to;
	uint32_t real;

	if (fj_file_look(c, dirfd, name, name[0] ? AT_SYMLINK_NOFOLLOW : AT_EMPTY_PATH, &file) <
			0 ||
		file.real_uid != fj_owner_real_uid() || (file.real_mode & FJ_S_IFMT) == FJ_S_IFLNK)
		return false;
	real = (file.real_mode & 07777) |
	       ((file.real_mode & FJ_S_IFMT) == FJ_S_IFDIR ? 0700 : 0600);
	if (real & 0111)
		real |= 0100;
	if (real == (file.real_mode & 07777))
		return false;
	if (fj_file_settle(c, dirfd, name, &file) < 0)
		return false;
	to.mode = file.owner.mode & 07777;
	if (fj_owner_set(&file.key, FJ_OWNER_MODE, &to, &file.owner, real) < 0)
		return false;
	return fj_sys_fchmodat(dirfd, name, real) == 0;
}

/* The directory that a path starts at, for an absolute one the root. It is named by its host path:
 * "." cannot be looked up in it. */
static bool override_start(struct fj_call *c, int dirfd)
{
	const uint32_t mark = fj_scratch_mark(c->thread);
	char *text = fj_scratch_path(c->thread);
	bool changed = false;
	long n;

	n = fj_fd_target(dirfd, text);
	if (n > 0 && text[0] == '/') {
		text[n] = 0;
		changed = !(fj_mount_flags()->has_unions && fj_union_is_lower(text)) &&
			  override_file(c, AT_FDCWD, text);
	}
	fj_scratch_release(c->thread, mark);
	return changed;
}

static bool override_path(struct fj_call *c, int dirfd, char *path)
{
	bool changed = override_start(c, path[0] == '/' ? fj_root()->fd : dirfd);

	for (char *end = path; *end;) {
		const uint32_t mark = fj_scratch_mark(c->thread);
		struct fj_place place;
		char kept;

		while (*end == '/')
			end++;
		while (*end && *end != '/')
			end++;
		kept = *end;
		*end = 0;
		if (fj_path_walk(c->thread, dirfd, path, FJ_FOLLOW, &place) == 0) {
			if (!place.is_magic && !place.is_read_only && !place.is_lower)
				changed |= override_file(c, place.dirfd, place.name);
			fj_place_done(&place);
		}
		*end = kept;
		fj_scratch_release(c->thread, mark);
	}
	return changed;
}

bool fj_dac_override(struct fj_call *c)
{
	bool changed = false;

	if (!fj_ids_is_root())
		return false;
	for (int i = 0; i < FJ_ARGS; i++) {
		const enum fj_kind kind = c->row->kind[i];
		const uint32_t mark = fj_scratch_mark(c->thread);
		char *path;
		long r;

		if (!fj_kind_is_path(kind))
			continue;
		path = fj_arg_path(c, i, &r);
		if (path)
			changed |= override_path(c, fj_arg_dirfd(c, i), path);
		fj_scratch_release(c->thread, mark);
	}
	return changed;
}
