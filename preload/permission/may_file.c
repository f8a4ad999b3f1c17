/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * may_file.c - may the calling process do this to that file? For each kind of call, what it needs.
 * Called by may.c. */
#include "bytes/equal.h"
#include "call/args.h"
#include "call/call.h"
#include "call/row.h"
#include "cred/ids.h"
#include "guest/guest.h"
#include "inode/writes.h"
#include "ownership/ownership.h"
#include "permission/may.h"
#include "records/records.h"
#include "sys/abi.h"
#include "syscall/fcntl.h"
#include "xattr/xattr.h"

#include <asm/unistd.h>
#include <linux/fanotify.h>
#include <linux/inotify.h>
#include <stdint.h>

/* UTIME_NOW for both times means the same as no times: whoever may write to the file may set
 * them. */
static long judge_times(struct fj_call *c, const struct fj_ids *ids, const struct fj_owner *file)
{
	const uint64_t at = fj_arg(c, FJ_PTR, 0);
	int64_t time[4] = {0, FJ_UTIME_NOW, 0, FJ_UTIME_NOW};

	if (c->nr == __NR_utimensat && at && fj_guest_read(time, at, sizeof(time)))
		return 0;
	if (c->nr == __NR_utimensat && time[1] == FJ_UTIME_OMIT && time[3] == FJ_UTIME_OMIT)
		return 0;
	if (fj_is_owner(ids, file))
		return 0;
	if (!at || (c->nr == __NR_utimensat && time[1] == FJ_UTIME_NOW && time[3] == FJ_UTIME_NOW))
		return fj_may(ids, file, FJ_MAY_WRITE);
	return -EPERM;
}

static long judge_attribute(
	struct fj_call *c, const struct fj_ids *ids, const struct fj_owner *file, bool writes)
{
	char name[NAME_MAX + 1];
	long r;

	if (fj_guest_string(name, fj_arg(c, FJ_TEXT, 0), sizeof(name)) <= 0)
		return 0;
	r = fj_may_attribute(ids, file, name, writes);
	/* The value is looked at before who sets it, and nobody is asked about an empty one.
	 * (setxattrat(2) has it in a structure.) */
	if (r == -EPERM && fj_streq(name, FJ_CAPABILITY) &&
		(c->nr == __NR_setxattr || c->nr == __NR_lsetxattr || c->nr == __NR_fsetxattr)) {
		const long bad =
			fj_xattr_check_capability(fj_arg(c, FJ_PTR, 0), fj_arg(c, FJ_SIZE, 0));

		return bad || !fj_arg(c, FJ_SIZE, 0) ? bad : r;
	}
	return r;
}

static long judge_dir(const struct fj_ids *ids, const struct fj_owner *file, bool becomes_root)
{
	if ((file->mode & FJ_S_IFMT) != FJ_S_IFDIR)
		return 0; /* ENOTDIR */
	if (fj_may(ids, file, FJ_MAY_EXEC))
		return -EACCES;
	return !becomes_root || fj_ids_can(ids, FJ_CAP_SYS_CHROOT) ? 0 : -EPERM;
}

/* The integer arguments of chown(2), in their order. */
static uint32_t int_argument(const struct fj_call *c, int which)
{
	for (int i = 0; i < FJ_ARGS; i++)
		if (c->row->kind[i] == FJ_INT && !which--)
			return (uint32_t)c->arg[i];
	return FJ_NO_ID;
}

/* Clearing the set-id bits is a change of mode, which only the owner may make: setattr_prepare() of
 * fs/attr.c. */
static long judge_chown(
	const struct fj_ids *ids, const struct fj_owner *file, uint32_t uid, uint32_t gid)
{
	const long r = fj_may_chown(ids, file, uid, gid);

	return !r && fj_owner_mode_after_chown(ids, file) != file->mode && !fj_is_owner(ids, file) ?
		       -EPERM :
		       r;
}

/* can_do_cachestat() of mm/filemap.c; a descriptor that is open for writing is enough. */
static long judge_cache(
	const struct fj_call *c, const struct fj_ids *ids, const struct fj_owner *file)
{
	uint64_t range[2]; /* struct cachestat_range, linux/mman.h */

	if (fj_guest_read(range, c->arg[1], sizeof(range)))
		return 0; /* EFAULT */
	return (fj_sys_fcntl(c->arg[0], F_GETFL, 0) & O_ACCMODE) != O_RDONLY ||
			       fj_is_owner(ids, file) || !fj_may(ids, file, FJ_MAY_WRITE) ?
		       0 :
		       -EPERM;
}

static bool wants_directory(const struct fj_call *c)
{
	return (fj_arg(c, FJ_FANFLAGS, 0) & FAN_MARK_ONLYDIR) ||
	       (fj_arg(c, FJ_WATCH, 0) & IN_ONLYDIR);
}

long fj_may_file(struct fj_call *c, const struct fj_ids *ids, const struct fj_owner *file)
{
	const uint32_t type = file->mode & FJ_S_IFMT;

	switch ((enum fj_asks)c->row->asks) {
	case FJ_ASKS_NOTHING: /* these rows are not about an existing file */
	case FJ_ASKS_NOBODY:
	case FJ_ASKS_OPENED:
	case FJ_ASKS_HOOK:
	case FJ_ASKS_SEARCH:
	case FJ_ASKS_OPEN:
	case FJ_ASKS_OPEN_HOW:
	case FJ_ASKS_MAKE:
	case FJ_ASKS_MAKE_NODE:
	case FJ_ASKS_LINK:
	case FJ_ASKS_REMOVE:
	case FJ_ASKS_RENAME:
	case FJ_ASKS_BIND:
	case FJ_ASKS_SIGNAL:
	case FJ_ASKS_TRACE:
	case FJ_ASKS_LIMIT:
	case FJ_ASKS_SCHEDULE:
		return 0;
	case FJ_ASKS_ACCESS:
		return fj_may(ids, file, fj_arg(c, FJ_MODE, 0) & 7);
	case FJ_ASKS_CHANGE_MODE:
		return type == FJ_S_IFLNK || fj_is_owner(ids, file) ? 0 : -EPERM; /* EOPNOTSUPP */
	case FJ_ASKS_CHANGE_FLAGS: /* other types have no flags: EOPNOTSUPP */
		return (type == FJ_S_IFREG || type == FJ_S_IFDIR) && !fj_is_owner(ids, file) ?
			       -EPERM :
			       0;
	case FJ_ASKS_CHANGE_OWNER:
		return judge_chown(ids, file, int_argument(c, 0), int_argument(c, 1));
	case FJ_ASKS_CHANGE_TIMES:
		return judge_times(c, ids, file);
	case FJ_ASKS_TRUNCATE:
		return type == FJ_S_IFREG ? fj_may(ids, file, FJ_MAY_WRITE) : 0;
	case FJ_ASKS_WATCH:
		return wants_directory(c) && type != FJ_S_IFDIR ? 0 : /* ENOTDIR */
								  fj_may(ids, file, FJ_MAY_READ);
	case FJ_ASKS_EXECUTE:
		return type == FJ_S_IFREG ? fj_may(ids, file, FJ_MAY_EXEC) : 0;
	case FJ_ASKS_ENTER:
		return judge_dir(ids, file, false);
	case FJ_ASKS_ENTER_ROOT:
		return judge_dir(ids, file, true);
	case FJ_ASKS_GET_ATTRIBUTE:
		return judge_attribute(c, ids, file, false);
	case FJ_ASKS_SET_ATTRIBUTE:
		return judge_attribute(c, ids, file, true);
	case FJ_ASKS_SEE_CACHE:
		return judge_cache(c, ids, file);
	}
	return -EPERM;
}
