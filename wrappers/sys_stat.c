/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * sys_stat.c - looking at files, and making them. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/stat.h>

#include "wrappers/wrap.h"

WRAP(int, stat, (const char *path, struct stat *st), newfstatat, AT_FDCWD, path, st, 0)
WRAP(int, stat64, (const char *path, struct stat64 *st), newfstatat, AT_FDCWD, path, st, 0)
WRAP(int, lstat, (const char *path, struct stat *st), newfstatat, AT_FDCWD, path, st,
	AT_SYMLINK_NOFOLLOW)
WRAP(int, lstat64, (const char *path, struct stat64 *st), newfstatat, AT_FDCWD, path, st,
	AT_SYMLINK_NOFOLLOW)
WRAP(int, fstatat, (int dirfd, const char *path, struct stat *st, int flags), newfstatat, dirfd,
	path, st, flags)
WRAP(int, fstatat64, (int dirfd, const char *path, struct stat64 *st, int flags), newfstatat, dirfd,
	path, st, flags)
WRAP_IF_ASKED(int, fstat, (int fd, struct stat *st), fstat, fd, st)
WRAP_IF_ASKED(int, fstat64, (int fd, struct stat64 *st), fstat, fd, st)
WRAP(int, statx, (int dirfd, const char *path, int flags, unsigned mask, struct statx *st), statx,
	dirfd, path, flags, mask, st)

/* Programs that were linked with a glibc older than 2.33 call these. `version` is 0 or 1 on x86_64,
 * which mean the same. */
WRAP_AS(int, __xstat, (int version, const char *path, struct stat *st), newfstatat, AT_FDCWD, path,
	st, ((void)version, 0))
WRAP_AS(int, __xstat64, (int version, const char *path, struct stat64 *st), newfstatat, AT_FDCWD,
	path, st, ((void)version, 0))
WRAP_AS(int, __lxstat, (int version, const char *path, struct stat *st), newfstatat, AT_FDCWD, path,
	st, ((void)version, AT_SYMLINK_NOFOLLOW))
WRAP_AS(int, __lxstat64, (int version, const char *path, struct stat64 *st), newfstatat, AT_FDCWD,
	path, st, ((void)version, AT_SYMLINK_NOFOLLOW))
WRAP_AS(int, __fxstatat, (int version, int dirfd, const char *path, struct stat *st, int flags),
	newfstatat, dirfd, path, st, ((void)version, flags))
WRAP_AS(int, __fxstatat64, (int version, int dirfd, const char *path, struct stat64 *st, int flags),
	newfstatat, dirfd, path, st, ((void)version, flags))
WRAP_AS(int, __xmknod, (int version, const char *path, mode_t mode, dev_t *dev), mknodat, AT_FDCWD,
	path, mode, ((void)version, *dev))
WRAP_AS(int, __xmknodat, (int version, int dirfd, const char *path, mode_t mode, dev_t *dev),
	mknodat, dirfd, path, mode, ((void)version, *dev))

WRAP(int, chmod, (const char *path, mode_t mode), fchmodat, AT_FDCWD, path, mode)
WRAP(int, mkdir, (const char *path, mode_t mode), mkdirat, AT_FDCWD, path, mode)
WRAP(int, mkdirat, (int dirfd, const char *path, mode_t mode), mkdirat, dirfd, path, mode)
WRAP(int, mkfifo, (const char *path, mode_t mode), mknodat, AT_FDCWD, path,
	(mode & 07777) | S_IFIFO, 0)
WRAP(int, mkfifoat, (int dirfd, const char *path, mode_t mode), mknodat, dirfd, path,
	(mode & 07777) | S_IFIFO, 0)
WRAP(int, mknod, (const char *path, mode_t mode, dev_t dev), mknodat, AT_FDCWD, path, mode, dev)
WRAP(int, mknodat, (int dirfd, const char *path, mode_t mode, dev_t dev), mknodat, dirfd, path,
	mode, dev)

/* Without a path this is futimens(3)'s call in musl, and an error in glibc. volatile: the header
 * says nonnull. */
int utimensat(int dirfd, const char *path, const struct timespec times[2], int flags)
{
	const char *volatile given = path;
	int (*next)(int, const char *, const struct timespec *, int);

	if (given)
		return (int)CALL(utimensat, dirfd, path, times, flags);
	next = (int (*)(int, const char *, const struct timespec *, int))fj_next("utimensat");
	return next(dirfd, given, times, flags);
}
