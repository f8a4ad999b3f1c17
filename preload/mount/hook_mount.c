/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hook_mount.c - mount, umount2, pivot_root and unshare, by the jail's root. They change the jail's
 * own mount table. Called by dispatch. (clone: hook_clone.c) */
#include "bytes/equal.h"
#include "bytes/str.h"
#include "call/args.h"
#include "call/call.h"
#include "call/clone_seen.h"
#include "call/hooks.h"
#include "guest/guest.h"
#include "jail/root.h"
#include "layers/union.h"
#include "mount-table/mount_edit.h"
#include "mount-table/mount_flags.h"
#include "mount-table/mounts.h"
#include "mount/mounting.h"
#include "mount/overlay.h"
#include "path/path.h"
#include "private/private.h"
#include "sys/scratch.h"
#include "syscall/sched.h"
#include "syscall/unistd_close.h"

#include <linux/mount.h>
#include <linux/sched.h>

#define MS_MGC_VAL_ 0xC0ED0000u /* mount(2): ignored since Linux 2.4 */
#define MNT_FORCE 1u
#define MNT_DETACH 2u
#define MNT_EXPIRE 4u
#define UMOUNT_NOFOLLOW 8u
#define NAMESPACES_AND_PARTS                                                                       \
	(CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | \
		CLONE_NEWCGROUP | CLONE_NEWTIME | CLONE_FS | CLONE_FILES | CLONE_SYSVSEM)
#define PROPAGATION (MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE)

/* Copy a string argument; NULL becomes "". */
static long optional_string(struct fj_call *c, int i, char **out)
{
	long n;

	*out = fj_scratch_path(c->thread);
	(*out)[0] = 0;
	if (!c->arg[i])
		return 0;
	n = fj_guest_string(*out, c->arg[i], PATH_MAX);
	return n == -ENAMETOOLONG ? -EINVAL :
	       n < 0		  ? n :
				    0; /* copy_mount_string() of fs/namespace.c */
}

static long new_mount(struct fj_call *c, const char *source, const char *type, const char *options,
	uint64_t flags, const struct fj_mount_point *at)
{
	struct fj_filesystem fs = {
		.source = *source ? source : "none", .flags = fj_mounting_options(flags)};
	long r;

	if (!*type)
		return -EINVAL;
	fs.host = fj_scratch_path(c->thread);
	r = fj_filesystem_known(type);
	if (!r && !at->is_dir)
		r = -ENOTDIR;
	if (!r)
		r = fj_filesystem_make(c, type, options, &fs);
	if (!r)
		r = fj_mounting_add(&fs, true, at);
	if (r < 0 && (fs.flags & FJ_MOUNT_PRIVATE))
		fj_private_remove(c->thread, fs.host);
	return r;
}

static long bind_mount(
	struct fj_call *c, const char *source, bool is_recursive, const struct fj_mount_point *at)
{
	struct fj_mount_point from;
	long r;

	if (!*source)
		return -EINVAL; /* do_loopback() of fs/namespace.c */
	r = fj_mount_point_find(c->thread, AT_FDCWD, source, true, &from);
	if (r >= 0)
		r = fj_overlay_bind_source(c->thread, &from);
	return r < 0 ? r : fj_mounting_bind(&from, at, is_recursive, 0, 0);
}

static long move_mount(struct fj_call *c, const char *source, const struct fj_mount_point *at)
{
	struct fj_mount_point from;
	long r;

	if (!*source)
		return -EINVAL;
	r = fj_mount_point_find(c->thread, AT_FDCWD, source, true, &from);
	return r < 0 ? r : fj_mounting_move(&from, at);
}

static long change_propagation(uint64_t flags, const struct fj_mount_point *at)
{
	const uint64_t kind = flags & ~(uint64_t)(MS_REC | MS_SILENT);

	if ((kind & ~(uint64_t)PROPAGATION) || (kind & (kind - 1)))
		return -EINVAL; /* flags_to_propagation_type() of fs/namespace.c */
	return fj_mounting_change(at, FJ_MOUNT_SHARED | FJ_MOUNT_UNBINDABLE,
		kind == MS_SHARED     ? FJ_MOUNT_SHARED :
		kind == MS_UNBINDABLE ? FJ_MOUNT_UNBINDABLE :
					0,
		flags & MS_REC);
}

/* With MS_BIND only the mount changes, without it the file system, too. */
static long change_mount(
	struct fj_call *c, const char *options, uint64_t flags, const struct fj_mount_point *at)
{
	long r = flags & MS_BIND ? 0 : fj_mounting_reconfigure(c->thread, at, options);

	if (!r && !(flags & (MS_BIND | MS_RDONLY)) && at->is_mount &&
		fj_overlay_is_read_only(c->thread, at->pos))
		return -EROFS; /* ovl_reconfigure() of fs/overlayfs/params.c */

	return r ? r : fj_mounting_change(at, FJ_MOUNT_OPTIONS, fj_mounting_options(flags), false);
}

long fj_hook_mount(struct fj_call *c)
{
	char *source, *target, *type, *options;
	uint64_t flags = c->arg[3];
	struct fj_mount_point at;
	long r;

	if ((flags & 0xffff0000u) == MS_MGC_VAL_)
		flags &= 0xffffu;
	r = optional_string(c, 2, &type);
	if (!r)
		r = optional_string(c, 0, &source);
	if (!r && c->arg[4] && !(flags & (MS_BIND | MS_MOVE | PROPAGATION)))
		r = optional_string(c, 4, &options);
	else
		options = (char *)"";
	if (r < 0)
		return r;
	target = fj_arg_path(c, 1, &r);
	if (!target)
		return r ? r : c->arg[1] ? -ENOENT : -EFAULT;
	r = fj_mount_point_find(c->thread, AT_FDCWD, target, true, &at);
	if (r < 0)
		return r;
	r = fj_mounting_allowed();
	if (r < 0)
		return r;
	/* In the order of path_mount() of fs/namespace.c. */
	if (flags & MS_REMOUNT)
		return change_mount(c, options, flags, &at);
	if (flags & MS_BIND)
		return bind_mount(c, source, flags & MS_REC, &at);
	if (flags & PROPAGATION)
		return change_propagation(flags, &at);
	if (flags & MS_MOVE)
		return move_mount(c, source, &at);
	return new_mount(c, source, type, options, flags, &at);
}

long fj_hook_umount(struct fj_call *c)
{
	const uint64_t flags = (uint32_t)c->arg[1];
	struct fj_mount_point at;
	long r;
	char *target;

	if (flags & ~(uint64_t)(MNT_FORCE | MNT_DETACH | MNT_EXPIRE | UMOUNT_NOFOLLOW))
		return -EINVAL;
	target = fj_arg_path(c, 0, &r);
	if (!target)
		return r ? r : c->arg[0] ? -ENOENT : -EFAULT;
	r = fj_mount_point_find_any(c->thread, AT_FDCWD, target, !(flags & UMOUNT_NOFOLLOW), &at);
	if (r >= 0)
		r = fj_mounting_allowed();
	if (r < 0)
		return r;
	if (flags & MNT_EXPIRE) /* can_umount() and do_umount() of fs/namespace.c */
		return !at.is_mount || !at.pos[0] || at.is_bare_root ? -EINVAL :
		       flags & (MNT_FORCE | MNT_DETACH)		     ? -EINVAL :
								       -EAGAIN;
	return fj_mounting_remove(c->thread, &at, flags & MNT_DETACH);
}

static uint32_t mount_id(const char *pos)
{
	struct fj_mount_found m;

	return fj_mount_of(pos, &m, NULL) ? m.id : 0;
}

/* The new root becomes the root of this process, and the old one is shown at put_old. Other processes of
 * the namespace keep their root. */
long fj_hook_pivot_root(struct fj_call *c)
{
	const char *old_root = fj_root()->pos;
	struct fj_mount_point new_root, put_old, shown;
	char *path;
	long fd, r = fj_mounting_allowed();

	if (r < 0)
		return r;
	path = fj_arg_path(c, 0, &r);
	if (!path)
		return r ? r : c->arg[0] ? -ENOENT : -EFAULT;
	r = fj_mount_point_find(c->thread, AT_FDCWD, path, true, &new_root);
	if (r < 0)
		return r;
	path = fj_arg_path(c, 1, &r);
	if (!path)
		return r ? r : c->arg[1] ? -ENOENT : -EFAULT;
	r = fj_mount_point_find(c->thread, AT_FDCWD, path, true, &put_old);
	if (r < 0)
		return r;
	if (!new_root.is_dir || !put_old.is_dir)
		return -ENOTDIR;
	if (mount_id(new_root.pos) == mount_id(old_root) ||
		mount_id(put_old.pos) == mount_id(old_root))
		return -EBUSY;
	if (!new_root.is_mount || !fj_path_has_prefix(put_old.pos, new_root.pos))
		return -EINVAL;
	if (fj_mount_flags()->has_unions && fj_union_holds(old_root))
		return -EINVAL; /* put_old could not show a whole overlay */
	shown = put_old;
	fd = fj_path_open_pos(c->thread, new_root.pos, O_DIRECTORY);
	if (fd < 0)
		return fd;
	/* pivot_root(".", "."): the old root would be mounted on the new one, for the umount that follows. */
	if (!fj_streq(put_old.pos, new_root.pos)) {
		struct fj_str host;

		fj_str_init(&host, shown.host, PATH_MAX);
		fj_path_host(old_root, &host);
	}
	r = fj_mounting_repeat(
		old_root, fj_streq(put_old.pos, new_root.pos) ? NULL : new_root.pos, &shown);
	if (r < 0) {
		fj_sys_close((int)fd);
		return r;
	}
	return fj_root_enter((int)fd, new_root.pos);
}

long fj_hook_unshare(struct fj_call *c)
{
	/* The upper half may have FJ_CLONE_SEEN, the mark of hook_clone.c, and is no flag then. */
	const uint64_t flags = c->arg[0] >> 32 & FJ_CLONE_SEEN ? (uint32_t)c->arg[0] : c->arg[0];
	long r = 0;

	if (flags & CLONE_NEWUSER) {
		/* In a chroot this is refused: create_user_ns() of kernel/user_namespace.c. Before that the
		 * kernel refuses bad flags and more than one thread. This call has no other effect. */
		r = fj_sys_unshare((flags & ~(uint64_t)NAMESPACES_AND_PARTS) | CLONE_THREAD);
		return r ? r : -EPERM;
	}
	r = fj_mounting_allowed();
	if (!r)
		r = fj_sys_unshare((flags & ~(uint64_t)CLONE_NEWNS) | CLONE_FS);
	return r ? r : fj_namespace_unshare();
}
