/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * union_replace.c - puts a descriptor of the copy in the place of one of a lower file that was used for the change that
 * copied the file up. Called by union-held/union_fd.c. */
#include "layers/follow.h"
#include "layers/place.h"
#include "sys/abi.h"
#include "syscall/fcntl.h"
#include "syscall/stat.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_io.h"

#include <asm/stat.h>
#include <linux/fcntl.h>

static bool have_same_number(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_dev == b->st_dev;
}

bool fj_is_fifo(int fd)
{
	struct stat st;

	return !fj_sys_fstat(fd, &st) && (st.st_mode & FJ_S_IFMT) == FJ_S_IFIFO;
}

/* Open the copy with these flags. A fifo has both ends while it is opened, so nothing waits and nothing is
 * refused: fifo(7). */
static long open_flagged(const struct fj_place *place, long flags, bool opens_fifo)
{
	const long both = opens_fifo ? fj_sys_openat(place->dirfd, place->name,
					       O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC, 0) :
				       -1;
	const long up = fj_sys_openat(place->dirfd, place->name,
		flags | O_NOFOLLOW | O_CLOEXEC | (opens_fifo ? O_NONBLOCK : 0), 0);

	if (opens_fifo && both >= 0)
		fj_sys_close((int)both);
	if (opens_fifo && up >= 0)
		fj_sys_fcntl(up, F_SETFL, flags);
	return up;
}

/* Has it been replaced when the file was copied up? */
static bool is_at(int fd, const struct fj_place *place)
{
	struct stat its, copy;

	return !fj_sys_fstat(fd, &its) &&
	       !fj_sys_newfstatat(place->dirfd, place->name, &copy, AT_SYMLINK_NOFOLLOW) &&
	       have_same_number(&its, &copy);
}

long fj_union_replace_fd(int fd, const struct fj_place *place)
{
	const long flags = fj_sys_fcntl(fd, F_GETFL, 0), cloexec = fj_sys_fcntl(fd, F_GETFD, 0);
	const long at = flags & O_PATH ? 0 : fj_sys_lseek(fd, 0, 1 /* SEEK_CUR */);
	long up, r;

	if (is_at(fd, place))
		return 0;
	up = open_flagged(place, flags & ~(long)(O_CREAT | O_EXCL | O_TRUNC),
		!(flags & O_PATH) && fj_is_fifo(fd));
	if (up < 0)
		return up;
	if (at > 0)
		fj_sys_lseek(up, at, 0 /* SEEK_SET */);
	r = fj_sys_dup3(up, fd, cloexec & 1 /* FD_CLOEXEC */ ? O_CLOEXEC : 0);
	fj_sys_close((int)up);
	return r < 0 ? r : 0;
}
