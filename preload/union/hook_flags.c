/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hook_flags.c - calls that change a file through a descriptor that is open only for reading: its flags
 * (chattr(1)), and locks. In a union they must change the copy. Called by dispatch and file.
 *
 * A lock on a lower file would be visible to other jails, and not to a program that opens the copy. */
#include "call/call.h"
#include "call/hooks.h"
#include "guest/guest.h"
#include "ownership/ownership.h"
#include "signal/waiting.h"
#include "syscall/ioctl.h"
#include "union/change.h"

#include <linux/fs.h>

#define LOCK_NB_ 4u /* asm-generic/fcntl.h */
#define LOCK_UN_ 8u
/* Setting these needs a capability on the host: linux/fs.h. */
#define PRIVILEGED (FS_IMMUTABLE_FL | FS_APPEND_FL)
#define PRIVILEGED_X (FS_XFLAG_IMMUTABLE | FS_XFLAG_APPEND)

/* Would the kernel refuse to set these flags on any file? */
static bool is_refused(struct fj_call *c)
{
	struct fsxattr x = {0}, had_x = {0};
	uint32_t flags = 0, had = 0;

	if ((uint32_t)c->arg[1] == FS_IOC_SETFLAGS)
		return fj_guest_read(&flags, c->arg[2], sizeof(flags)) ||
		       fj_sys_ioctl(c->arg[0], FS_IOC_GETFLAGS, (unsigned long)&had) < 0 ||
		       (fj_owner_real_uid() && ((flags ^ had) & PRIVILEGED));
	return fj_guest_read(&x, c->arg[2], sizeof(x)) ||
	       fj_sys_ioctl(c->arg[0], FS_IOC_FSGETXATTR, (unsigned long)&had_x) < 0 ||
	       (fj_owner_real_uid() && ((x.fsx_xflags ^ had_x.fsx_xflags) & PRIVILEGED_X));
}

long fj_union_before_flags(struct fj_call *c)
{
	const uint32_t request = (uint32_t)c->arg[1];

	if (__builtin_expect(!fj_mount_flags()->has_unions, 1) ||
		(request != FS_IOC_SETFLAGS && request != FS_IOC_FSSETXATTR) || is_refused(c))
		return 0;
	return fj_union_before_change(c->thread, (int)c->arg[0]);
}

/* flock(fd, operation) */
long fj_hook_flock(struct fj_call *c)
{
	const uint32_t operation = (uint32_t)c->arg[1];

	/* (If the file cannot be copied up, all programs lock the lower file.) */
	if (!(operation & LOCK_UN_))
		fj_union_before_change_of_open(c->thread, (int)c->arg[0]);
	return operation & (LOCK_NB_ | LOCK_UN_) ? fj_kernel(c) :
						   fj_kernel_waiting(c, c->nr, c->arg, -1);
}
