/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * unistd.c - names, permissions, links, and the working directory. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <unistd.h>

#include "wrappers/wrap.h"

WRAP(int, access, (const char *path, int mode), faccessat, AT_FDCWD, path, mode)
WRAP(int, chdir, (const char *path), chdir, path)
WRAP(int, chroot, (const char *path), chroot, path)
WRAP(int, chown, (const char *path, uid_t uid, gid_t gid), fchownat, AT_FDCWD, path, uid, gid, 0)
WRAP(int, lchown, (const char *path, uid_t uid, gid_t gid), fchownat, AT_FDCWD, path, uid, gid,
	AT_SYMLINK_NOFOLLOW)
WRAP(int, fchownat, (int dirfd, const char *path, uid_t uid, gid_t gid, int flags), fchownat, dirfd,
	path, uid, gid, flags)
WRAP(int, link, (const char *from, const char *to), linkat, AT_FDCWD, from, AT_FDCWD, to, 0)
WRAP(int, linkat, (int from_fd, const char *from, int to_fd, const char *to, int flags), linkat,
	from_fd, from, to_fd, to, flags)
WRAP(int, symlink, (const char *target, const char *path), symlinkat, target, AT_FDCWD, path)
WRAP(int, symlinkat, (const char *target, int dirfd, const char *path), symlinkat, target, dirfd,
	path)
WRAP(ssize_t, readlink, (const char *path, char *buf, size_t size), readlinkat, AT_FDCWD, path, buf,
	size)
WRAP(ssize_t, readlinkat, (int dirfd, const char *path, char *buf, size_t size), readlinkat, dirfd,
	path, buf, size)
WRAP(int, rmdir, (const char *path), unlinkat, AT_FDCWD, path, AT_REMOVEDIR)
WRAP(int, unlink, (const char *path), unlinkat, AT_FDCWD, path, 0)
WRAP(int, unlinkat, (int dirfd, const char *path, int flags), unlinkat, dirfd, path, flags)
WRAP(int, truncate, (const char *path, off_t size), truncate, path, size)
WRAP(int, truncate64, (const char *path, off64_t size), truncate, path, size)

/* A fortified program calls these. If a buffer is smaller than the program says, libc ends the
 * program. */
ssize_t __readlink_chk(const char *path, char *buf, size_t size, size_t room);
ssize_t __readlinkat_chk(int dirfd, const char *path, char *buf, size_t size, size_t room);
extern _Noreturn void __chk_fail(void) __attribute__((weak));

static void check(size_t size, size_t room)
{
	if (size > room)
		__chk_fail();
}

ssize_t __readlink_chk(const char *path, char *buf, size_t size, size_t room)
{
	check(size, room);
	return CALL(readlinkat, AT_FDCWD, path, buf, size);
}

ssize_t __readlinkat_chk(int dirfd, const char *path, char *buf, size_t size, size_t room)
{
	check(size, room);
	return CALL(readlinkat, dirfd, path, buf, size);
}

/* faccessat(3) has flags that the kernel's old call lacks. What libc does without the new call is
 * left to libc. */
int faccessat(int dirfd, const char *path, int mode, int flags)
{
	int (*next)(int, const char *, int, int);

	if (!flags)
		return (int)CALL(faccessat, dirfd, path, mode);
	next = (int (*)(int, const char *, int, int))fj_next("faccessat");
	return next(dirfd, path, mode, flags);
}

/* Without a buffer libc allocates one. */
char *getcwd(char *buf, size_t size)
{
	char *(*next)(char *, size_t);

	if (buf && size)
		return CALL(getcwd, buf, size) < 0 ? NULL : buf;
	next = (char *(*)(char *, size_t))fj_next("getcwd");
	return next(buf, size);
}

WRAP_IF_ASKED(uid_t, getuid, (void), getuid, 0)
WRAP_IF_ASKED(uid_t, geteuid, (void), geteuid, 0)
WRAP_IF_ASKED(gid_t, getgid, (void), getgid, 0)
WRAP_IF_ASKED(gid_t, getegid, (void), getegid, 0)
WRAP_IF_ASKED(int, getgroups, (int size, gid_t *groups), getgroups, size, groups)
WRAP_IF_ASKED(int, getresuid, (uid_t * real, uid_t *effective, uid_t *saved), getresuid, real,
	effective, saved)
WRAP_IF_ASKED(int, getresgid, (gid_t * real, gid_t *effective, gid_t *saved), getresgid, real,
	effective, saved)
