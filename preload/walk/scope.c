/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * scope.c - walks that must not go everywhere: RESOLVE_BENEATH, RESOLVE_IN_ROOT and RESOLVE_NO_XDEV of
 * openat2(2), with the jail's own mounts. The rules are those of nd_jump_root(), nd_jump_link() and
 * follow_dotdot() in fs/namei.c. Called by the other files of this room. */
#include "bytes/copy.h"
#include "jail/root.h"
#include "sys/abi.h"
#include "sys/scratch.h"
#include "syscall/stat.h"
#include "walk/steps.h"

#include <asm/stat.h>
#include <linux/errno.h>
#include <linux/fcntl.h>

static uint32_t mount_of(const char *pos)
{
	struct fj_mount_found m;

	return fj_mount_of(pos, &m, NULL) ? m.id : 0;
}

long fj_walk_scope(struct fj_walk *w, const char *jail_path)
{
	struct fj_root *scope = (struct fj_root *)fj_scratch(w->t, sizeof(*scope));
	struct stat st;
	char *pos;
	const long r = w->fd == AT_FDCWD ? fj_sys_newfstatat(AT_FDCWD, ".", &st, 0) :
					   fj_sys_newfstatat(w->fd, "", &st, AT_EMPTY_PATH);

	if (r < 0)
		return r;
	if ((st.st_mode & FJ_S_IFMT) != FJ_S_IFDIR)
		return -ENOTDIR;
	if (jail_path[0] == '/' && (w->how & FJ_BENEATH))
		return -EXDEV;
	fj_walk_learn_pos(w);
	w->is_loose = false; /* `..` from here is answered by counting: the walk never goes above
			      * its beginning */
	pos = fj_scratch(w->t, w->pos.len + 1);
	memcpy(pos, w->pos.at, w->pos.len + 1);
	*scope = (struct fj_root){.fd = w->fd,
		.dev = st.st_dev,
		.ino = st.st_ino,
		.len = (uint32_t)w->pos.len,
		.pos = pos};
	w->root = scope;
	w->is_root_detached = w->is_detached;
	w->has_met_root = true;
	return 0;
}

long fj_walk_jump_to_root(struct fj_walk *w, bool is_magic)
{
	if (w->how & (is_magic ? FJ_BENEATH | FJ_IN_ROOT : FJ_BENEATH))
		return -EXDEV;
	/* The kernel looks up the root only when it needs it, and compares with that. */
	if ((w->how & FJ_NO_XDEV) &&
		((!is_magic && !w->has_met_root) ||
			(fj_walk_learn_pos(w) && mount_of(w->pos.at) != mount_of(w->root->pos))))
		return -EXDEV;
	fj_walk_to_root(w);
	return 0;
}

long fj_walk_stop_at_root(const struct fj_walk *w)
{
	return w->how & FJ_BENEATH ? -EXDEV : 0;
}
