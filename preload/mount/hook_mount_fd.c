/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hook_mount_fd.c - the mount calls that use descriptors: open_tree, move_mount, mount_setattr; and the
 * table of such descriptors (mount_fd.h). hook_mount_make.c has those that make a file system. Called by
 * dispatch; the table is used by hook_mount_make.c. */
#include "bytes/bytes.h"
#include "bytes/copy.h"
#include "call/call.h"
#include "call/hooks.h"
#include "guest/guest.h"
#include "mount-table/mounts.h"
#include "mount/mount_fd.h"
#include "mount/mounting.h"
#include "mount/overlay.h"
#include "sys/fd.h"
#include "sys/hot.h"
#include "sys/page.h"
#include "sys/scratch.h"
#include "syscall/fcntl.h"
#include "syscall/stat.h"

#include <asm/stat.h>
#include <linux/mount.h>

#define AT_RECURSIVE_ 0x8000u /* linux/fcntl.h */
#define ENTRIES 8u
#define MOUNT_ATTR_SIZE_VER0_ 32u

static struct fj_mount_fd entries[ENTRIES] FJ_BULKY;
static uint32_t next_entry;

static bool stat_fd(int fd, struct stat *st)
{
	return !fj_sys_newfstatat(fd, "", st, AT_EMPTY_PATH);
}

struct fj_mount_fd *fj_mount_fd_of(int fd)
{
	struct stat now;

	for (uint32_t i = ENTRIES; i--;) {
		struct fj_mount_fd *e = &entries[i];

		if (e->kind != FJ_MOUNT_FD_UNUSED && e->fd == fd && stat_fd(fd, &now) &&
			now.st_dev == e->dev && now.st_ino == e->ino)
			return e;
	}
	return NULL;
}

struct fj_mount_fd *fj_mount_fd_new(enum fj_mount_fd_kind kind)
{
	struct fj_mount_fd *e =
		&entries[__atomic_fetch_add(&next_entry, 1, __ATOMIC_RELAXED) % ENTRIES];

	memset(e, 0, sizeof(*e));
	e->kind = kind;
	e->is_dir = true;
	return e;
}

long fj_mount_fd_give(struct fj_mount_fd *e, long fd, bool cloexec)
{
	struct stat st;

	if (fd < 0) {
		e->kind = FJ_MOUNT_FD_UNUSED;
		return fd;
	}
	e->fd = (int)fd;
	for (uint32_t i = 0; i < ENTRIES; i++) /* an older descriptor with this number was closed */
		if (&entries[i] != e && entries[i].fd == e->fd)
			entries[i].kind = FJ_MOUNT_FD_UNUSED;
	if (stat_fd((int)fd, &st)) {
		e->dev = st.st_dev;
		e->ino = st.st_ino;
	}
	if (!cloexec)
		fj_sys_fcntl(fd, F_SETFD, 0);
	return fd;
}

/* Find the mount point that a descriptor and a path name. */
static long find_mount_point(
	struct fj_call *c, int dirfd, const char *path, bool follows, struct fj_mount_point *p)
{
	const struct fj_mount_fd *e = *path ? NULL : fj_mount_fd_of(dirfd);
	long r = fj_mount_point_find(c->thread, dirfd, path, follows, p);

	if (r >= 0 && e && e->kind == FJ_MOUNT_FD_PLACE) {
		memcpy(p->pos, e->pos, PATH_MAX);
		fj_mount_point_judge(p);
	}
	return r;
}

long fj_hook_open_tree(struct fj_call *c)
{
	const uint64_t flags = (uint32_t)c->arg[2];
	struct fj_mount_point at;
	struct fj_mount_fd *e;
	char *path = fj_scratch_path(c->thread);
	long fd, r;

	if (flags & ~(uint64_t)(AT_EMPTY_PATH | AT_NO_AUTOMOUNT | AT_RECURSIVE_ |
				AT_SYMLINK_NOFOLLOW | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC))
		return -EINVAL;
	if ((flags & (AT_RECURSIVE_ | OPEN_TREE_CLONE)) == AT_RECURSIVE_)
		return -EINVAL;
	r = flags & OPEN_TREE_CLONE ? fj_mounting_allowed() : 0;
	if (!r)
		r = fj_guest_string(path, c->arg[1], PATH_MAX);
	if (r >= 0)
		r = !*path && !(flags & AT_EMPTY_PATH) ? -ENOENT : 0;
	if (!r)
		r = find_mount_point(c, (int)c->arg[0], path, !(flags & AT_SYMLINK_NOFOLLOW), &at);
	if (r < 0)
		return r;
	fd = fj_open_path(AT_FDCWD, at.host, O_NOFOLLOW);
	e = fj_mount_fd_new(!(flags & OPEN_TREE_CLONE) ? FJ_MOUNT_FD_PLACE :
			    flags & AT_RECURSIVE_      ? FJ_MOUNT_FD_RECURSIVE_TREE :
							 FJ_MOUNT_FD_TREE);
	memcpy(e->pos, at.pos, PATH_MAX);
	e->is_dir = at.is_dir;
	return fj_mount_fd_give(e, fd, flags & OPEN_TREE_CLOEXEC);
}

/* Mount what `e` describes at `to`. This works once. */
static long attach_mount(struct fj_call *c, struct fj_mount_fd *e, const struct fj_mount_point *to)
{
	const struct fj_filesystem fs = {.layers = *e->layers ? e->layers : NULL,
		.work = e->work,
		.type = e->type,
		.source = *e->source ? e->source : "none",
		.host = e->host,
		.options = e->options,
		.flags = e->flags};
	struct fj_mount_point from;
	long r;

	if (e->kind == FJ_MOUNT_FD_DETACHED) {
		r = fj_mounting_add(&fs, true, to);
	} else if (e->kind == FJ_MOUNT_FD_TREE || e->kind == FJ_MOUNT_FD_RECURSIVE_TREE) {
		r = fj_mount_point_find(c->thread, e->fd, "", false, &from);
		if (r >= 0) {
			memcpy(from.pos, e->pos, PATH_MAX);
			r = fj_overlay_bind_source(c->thread, &from);
		}
		if (r >= 0) {
			r = fj_mounting_bind(&from, to, e->kind == FJ_MOUNT_FD_RECURSIVE_TREE,
				e->clear, e->flags);
		}
	} else {
		r = -EINVAL;
	}
	if (r >= 0)
		e->kind = FJ_MOUNT_FD_UNUSED;
	return r;
}

long fj_hook_move_mount(struct fj_call *c)
{
	const uint64_t flags = (uint32_t)c->arg[4];
	char *from_path = fj_scratch_path(c->thread), *to_path = fj_scratch_path(c->thread);
	struct fj_mount_point from, to;
	struct fj_mount_fd *e;
	long r = fj_mounting_allowed();

	if (r < 0)
		return r;
	if (flags & ~(uint64_t)0x377 /* MOVE_MOUNT__MASK of linux/mount.h */)
		return -EINVAL;
	r = fj_guest_string(from_path, c->arg[1], PATH_MAX);
	if (r >= 0)
		r = fj_guest_string(to_path, c->arg[3], PATH_MAX);
	if (r < 0)
		return r;
	if ((!*from_path && !(flags & MOVE_MOUNT_F_EMPTY_PATH)) ||
		(!*to_path && !(flags & MOVE_MOUNT_T_EMPTY_PATH)))
		return -ENOENT;
	r = find_mount_point(c, (int)c->arg[2], to_path, flags & MOVE_MOUNT_T_SYMLINKS, &to);
	if (r < 0)
		return r;
	e = *from_path ? NULL : fj_mount_fd_of((int)c->arg[0]);
	if (e && e->kind != FJ_MOUNT_FD_PLACE)
		return attach_mount(c, e, &to);
	r = find_mount_point(c, (int)c->arg[0], from_path, flags & MOVE_MOUNT_F_SYMLINKS, &from);
	return r < 0 ? r : fj_mounting_move(&from, &to);
}

long fj_hook_mount_setattr(struct fj_call *c)
{
	struct {
		uint64_t set, clear, propagation, userns;
	} attr; /* struct mount_attr, linux/mount.h */
	const uint64_t flags = (uint32_t)c->arg[2];
	uint32_t set, clear;
	struct fj_mount_point at;
	struct fj_mount_fd *e;
	char *path = fj_scratch_path(c->thread);
	long r = fj_mounting_allowed();

	if (flags &
		~(uint64_t)(AT_EMPTY_PATH | AT_RECURSIVE_ | AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT))
		return -EINVAL;
	if (c->arg[4] > FJ_PAGE)
		return -E2BIG;
	if (c->arg[4] < MOUNT_ATTR_SIZE_VER0_)
		return -EINVAL;
	if (r < 0)
		return r;
	r = fj_guest_read_structure(&attr, sizeof(attr), c->arg[3], c->arg[4]);
	if (r < 0)
		return r;
	if (!attr.set && !attr.clear && !attr.propagation)
		return 0; /* before the path is looked at: do_mount_setattr() of fs/namespace.c */
	r = fj_guest_string(path, c->arg[1], PATH_MAX);
	if (r < 0)
		return r;
	if (!*path && !(flags & AT_EMPTY_PATH))
		return -ENOENT;
	if (attr.set & 0x100000 /* MOUNT_ATTR_IDMAP: only the jail decides about ids */)
		return -EPERM;
	set = fj_mounting_attributes(attr.set) |
	      (attr.propagation & MS_SHARED ? FJ_MOUNT_SHARED : 0) |
	      (attr.propagation & MS_UNBINDABLE ? FJ_MOUNT_UNBINDABLE : 0);
	clear = fj_mounting_attributes(attr.clear) |
		(attr.clear & MOUNT_ATTR__ATIME ? FJ_MOUNT_NOATIME | FJ_MOUNT_STRICTATIME : 0) |
		(attr.propagation ? FJ_MOUNT_SHARED | FJ_MOUNT_UNBINDABLE : 0);
	e = *path ? NULL : fj_mount_fd_of((int)c->arg[0]);
	if (e && e->kind != FJ_MOUNT_FD_PLACE) {
		e->flags = (e->flags & ~clear) | set;
		e->clear |= clear;
		return 0;
	}
	r = find_mount_point(c, (int)c->arg[0], path, !(flags & AT_SYMLINK_NOFOLLOW), &at);
	return r < 0 ? r : fj_mounting_change(&at, clear, set, flags & AT_RECURSIVE_);
}
