/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * following.c - whether a call follows a symlink that its path names, by the flags that are its other arguments.
 * Called by run.c. */
#include "call/args.h"
#include "call/replaced.h"
#include "call/row.h"
#include "call/translate.h"
#include "mount-table/mount_flags.h"
#include "walk/walk.h"

#define IN_DONT_FOLLOW 0x02000000u /* linux/inotify.h */
#define IN_ISDIR 0x40000000u
#define FAN_MARK_DONT_FOLLOW 0x4u /* linux/fanotify.h */

unsigned fj_follow_flags_of(const struct fj_call *c, enum fj_kind kind)
{
	unsigned how = FJ_FOLLOW;

	if (kind == FJ_NEW || kind == FJ_OLD)
		how = FJ_ENTRY |
		      (fj_mount_flags()->mounts_share_device || fj_is_rename(c) ? FJ_WANT_POS : 0);
	else if (kind == FJ_LPATH || (fj_arg(c, FJ_ATFLAGS, 0) & AT_SYMLINK_NOFOLLOW) ||
		 (fj_arg(c, FJ_WATCH, 0) & IN_DONT_FOLLOW) ||
		 (fj_arg(c, FJ_FANFLAGS, 0) & FAN_MARK_DONT_FOLLOW) ||
		 !(fj_arg(c, FJ_LINKFLAGS, AT_SYMLINK_FOLLOW) & AT_SYMLINK_FOLLOW))
		how = 0;
	if (c->row->flags & FJ_WRITES)
		how |= how & FJ_ENTRY ? FJ_WRITE : FJ_WRITE | FJ_COPY_UP;
	if (c->nr == __NR_linkat)
		how |= FJ_NOT_DIRS;
	if (c->nr == __NR_truncate)
		how |= FJ_OPENS; /* a directory is refused, and not copied up */
	if (__builtin_expect(fj_mount_flags()->has_unions, 0) && c->nr == __NR_utimensat &&
		fj_times_are_bad(c))
		how &= ~(unsigned)FJ_COPY_UP;
	if (kind == FJ_OLD)
		how |= fj_is_rename(c) ? FJ_REMOVES | FJ_LOOKS_LATER : FJ_REMOVES;
	return how;
}

void fj_follow_replacement(struct fj_call *c)
{
	for (int i = 0; i < FJ_ARGS; i++)
		switch ((enum fj_kind)c->row->kind[i]) {
		case FJ_ATFLAGS:
			c->arg[i] &= ~(uint64_t)AT_SYMLINK_NOFOLLOW;
			break;
		case FJ_LINKFLAGS:
			c->arg[i] |= AT_SYMLINK_FOLLOW;
			break;
		case FJ_WATCH:
			/* A mask without any bit is refused. The other one asks for nothing either:
			 * inotify_arg_to_mask() of fs/notify/inotify/inotify_user.c. */
			if ((uint32_t)c->arg[i] == IN_DONT_FOLLOW)
				c->arg[i] = IN_ISDIR;
			c->arg[i] &= ~(uint64_t)IN_DONT_FOLLOW;
			break;
		case FJ_FANFLAGS:
			c->arg[i] &= ~(uint64_t)FAN_MARK_DONT_FOLLOW;
			break;
		default:
			break;
		}
	c->nr = c->row->as;
}
