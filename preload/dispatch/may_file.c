/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * may_file.c - may the calling process do this to that file? What each call wants of its object. */
#include "dispatch/may.h"

#include "inode/owned.h"
#include "sys/guest.h"

#include <linux/fanotify.h>

#define UTIME_NOW_ 0x3fffffffL /* linux/stat.h keeps them from user space */
#define UTIME_OMIT_ 0x3ffffffeL

/* UTIME_NOW for both is like no times at all: who may write may do that. */
static long judge_times(struct fj_call *c, const struct fj_ids *ids, const struct fj_owner *file)
{
	const uint64_t at = fj_arg(c, FJ_PTR, 0);
	int64_t time[4] = {0, UTIME_NOW_, 0, UTIME_NOW_};

	if (c->nr == __NR_utimensat && at && fj_guest_read(time, at, sizeof(time)))
		return 0;
	if (c->nr == __NR_utimensat && time[1] == UTIME_OMIT_ && time[3] == UTIME_OMIT_)
		return 0;
	if (fj_is_owner(ids, file))
		return 0;
	if (!at || (c->nr == __NR_utimensat && time[1] == UTIME_NOW_ && time[3] == UTIME_NOW_))
		return fj_may(ids, file, FJ_MAY_WRITE);
	return -EPERM;
}

static long judge_attribute(
	struct fj_call *c, const struct fj_ids *ids, const struct fj_owner *file, bool writes)
{
	char *name = fj_scratch(c->thread, FJ_NAME_MAX + 1);

	if (fj_guest_string(name, fj_arg(c, FJ_TEXT, 0), FJ_NAME_MAX + 1) <= 0)
		return 0;
	return fj_may_attribute(ids, file, name, writes);
}

static long judge_access(const struct fj_ids *ids, const struct fj_owner *file, unsigned want)
{
	return fj_may(ids, file, want & 7);
}

static long judge_dir(const struct fj_ids *ids, const struct fj_owner *file, bool becomes_root)
{
	if ((file->mode & FJ_S_IFMT) != FJ_S_IFDIR)
		return 0; /* ENOTDIR */
	if (fj_may(ids, file, FJ_MAY_EXEC))
		return -EACCES;
	return !becomes_root || fj_ids_can(ids, FJ_CAP_SYS_CHROOT) ? 0 : -EPERM;
}

/* The integer arguments of chown, which come in this order. */
static uint32_t int_argument(const struct fj_call *c, int which)
{
	for (int i = 0; i < FJ_ARGS; i++)
		if (c->row->kind[i] == FJ_INT && !which--)
			return (uint32_t)c->arg[i];
	return FJ_NO_ID;
}

/* To take the set-id bits away is a change of mode, which is the owner's: setattr_prepare(). */
static long judge_chown(
	const struct fj_ids *ids, const struct fj_owner *file, uint32_t uid, uint32_t gid)
{
	const long r = fj_may_chown(ids, file, uid, gid);

	return !r && fj_own_mode_after_chown(ids, file) != file->mode && !fj_is_owner(ids, file) ?
		       -EPERM :
		       r;
}

/* Others have no flags to be changed: EOPNOTSUPP. */
static bool has_flags(const struct fj_owner *file)
{
	const uint32_t type = file->mode & FJ_S_IFMT;

	return type == FJ_S_IFREG || type == FJ_S_IFDIR;
}

long fj_may_file(struct fj_call *c, const struct fj_ids *ids, const struct fj_owner *file)
{
	uint64_t range[2]; /* struct cachestat_range, linux/mman.h */

	switch (c->nr) {
	case __NR_faccessat:
	case __NR_faccessat2:
		return judge_access(ids, file, (unsigned)fj_arg(c, FJ_MODE, 0));
	case __NR_fchmodat:
	case __NR_fchmodat2:
	case __NR_fchmod:
		return (file->mode & FJ_S_IFMT) == FJ_S_IFLNK || fj_is_owner(ids, file) ? 0 :
											  -EPERM;
	case __NR_file_setattr:
		return has_flags(file) && !fj_is_owner(ids, file) ? -EPERM : 0;
	case __NR_fchownat:
	case __NR_fchown:
		return judge_chown(ids, file, int_argument(c, 0), int_argument(c, 1));
	case __NR_utimensat:
	case __NR_futimesat:
	case __NR_utime:
		return judge_times(c, ids, file);
	case __NR_truncate:
		return (file->mode & FJ_S_IFMT) == FJ_S_IFREG ? fj_may(ids, file, FJ_MAY_WRITE) : 0;
	case __NR_fanotify_mark:
		if ((c->arg[1] & FAN_MARK_ONLYDIR) && (file->mode & FJ_S_IFMT) != FJ_S_IFDIR)
			return 0; /* ENOTDIR */
				  /* fall through */
	case __NR_inotify_add_watch:
		return fj_may(ids, file, FJ_MAY_READ);
	case __NR_chdir:
	case __NR_fchdir:
		return judge_dir(ids, file, false);
	case __NR_chroot:
		return judge_dir(ids, file, true);
	case __NR_cachestat:
		if (fj_guest_read(range, c->arg[1], sizeof(range)))
			return 0; /* EFAULT */
		/* can_do_cachestat() of mm/filemap.c; a descriptor that may write may */
		return (fj_sys3(__NR_fcntl, c->arg[0], F_GETFL, 0) & O_ACCMODE) != O_RDONLY ||
				       fj_is_owner(ids, file) || !fj_may(ids, file, FJ_MAY_WRITE) ?
			       0 :
			       -EPERM;
	case __NR_execve:
	case __NR_execveat:
		return (file->mode & FJ_S_IFMT) == FJ_S_IFREG ? fj_may(ids, file, FJ_MAY_EXEC) : 0;
	case __NR_mount: /* these two look the path up first */
	case __NR_umount2:
		return fj_ids_can(ids, FJ_CAP_SYS_ADMIN) ? 0 : -EPERM;
	case __NR_setxattr:
	case __NR_lsetxattr:
	case __NR_setxattrat:
	case __NR_removexattr:
	case __NR_lremovexattr:
	case __NR_removexattrat:
	case __NR_fsetxattr:
	case __NR_fremovexattr:
		return judge_attribute(c, ids, file, true);
	case __NR_getxattr:
	case __NR_lgetxattr:
	case __NR_getxattrat:
	case __NR_fgetxattr:
		return judge_attribute(c, ids, file, false);
	default:
		return 0;
	}
}
