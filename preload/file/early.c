/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * early.c - errors and results that the kernel gives before it looks at any path: for flags that
 * are unknown or exclude each other, and for times that change nothing.
 *
 * Called by the hooks of these calls, and by permission/may.c, whose errors come after these. */
#include "call/call.h"
#include "call/hooks.h"
#include "guest/guest.h"
#include "sys/abi.h"
#include "syscall/fcntl.h"

#include <asm/unistd.h>
#include <linux/fs.h>

/* do_renameat2() of fs/namei.c */
static long rename_flags(uint64_t flags)
{
	flags = (uint32_t)flags;
	if (flags & ~(uint64_t)(RENAME_NOREPLACE | RENAME_EXCHANGE | RENAME_WHITEOUT))
		return -EINVAL;
	return (flags & (RENAME_NOREPLACE | RENAME_WHITEOUT)) && (flags & RENAME_EXCHANGE) ?
		       -EINVAL :
		       1;
}

/* may_mknod() of fs/namei.c */
static long node_type(uint32_t mode)
{
	switch (mode & FJ_S_IFMT) {
	case 0:
	case FJ_S_IFREG:
	case FJ_S_IFCHR:
	case FJ_S_IFBLK:
	case FJ_S_IFIFO:
	case FJ_S_IFSOCK:
		return 1;
	case FJ_S_IFDIR:
		return -EPERM;
	default:
		return -EINVAL;
	}
}

/* build_open_flags() of fs/open.c differs between kernels. So the kernel is asked, with a
 * descriptor that is not open. */
static long open_flags(uint64_t flags, uint64_t mode)
{
	const bool is_odd = (flags & FJ_TMPFILE) ||
			    (flags & (O_CREAT | O_DIRECTORY)) == (O_CREAT | O_DIRECTORY);
	long r;

	if (!is_odd)
		return 1;
	r = fj_sys_openat(-1, ".", flags, mode);
	return r == -EBADF ? 1 : r;
}

/* utimensat(2): both times omitted. */
static long no_times(uint64_t at)
{
	int64_t time[4];

	if (!at || fj_guest_read(time, at, sizeof(time)))
		return 1; /* the kernel gives EFAULT */
	return time[1] == FJ_UTIME_OMIT && time[3] == FJ_UTIME_OMIT ? 0 : 1;
}

static long refuse_unknown(uint64_t flags, uint64_t known)
{
	return (uint32_t)flags & ~known ? -EINVAL : 1;
}

long fj_early_answer(struct fj_call *c)
{
	switch (c->nr) {
	case __NR_openat:
		return open_flags((uint32_t)c->arg[2], c->arg[3]);
	case __NR_renameat2:
		return rename_flags(c->arg[4]);
	case __NR_mknodat:
		return node_type((uint32_t)c->arg[2]);
	case __NR_unlinkat:
		return refuse_unknown(c->arg[2], AT_REMOVEDIR);
	case __NR_linkat:
		return refuse_unknown(c->arg[4], AT_SYMLINK_FOLLOW | AT_EMPTY_PATH);
	case __NR_utimensat:
		return no_times(c->arg[2]);
	case __NR_truncate: /* do_sys_truncate() of fs/open.c */
		return (int64_t)c->arg[1] < 0 ? -EINVAL : 1;
	default:
		return 1;
	}
}
