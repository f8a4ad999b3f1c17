/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * fcntl.c - open and related functions. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdarg.h>

#include "wrappers/wrap.h"

/* The mode argument exists only if the flags may make a file. */
#define TAKE_MODE(flags, mode)                                                                     \
	do {                                                                                       \
		if ((flags) & (O_CREAT | (O_TMPFILE & ~O_DIRECTORY))) {                            \
			va_list rest;                                                              \
			va_start(rest, flags);                                                     \
			mode = va_arg(rest, mode_t);                                               \
			va_end(rest);                                                              \
		}                                                                                  \
	} while (0)

/* open(2), whose last argument may be missing. */
#define WRAP_OPEN(name)                                                                            \
	int name(const char *path, int flags, ...)                                                 \
	{                                                                                          \
		mode_t mode = 0;                                                                   \
		TAKE_MODE(flags, mode);                                                            \
		const int cancel_type = fj_cancellation_begin();                                   \
		const int fd = (int)CALL(openat, AT_FDCWD, path, flags, mode);                     \
		fj_cancellation_end(cancel_type);                                                  \
		return fd;                                                                         \
	}
#define WRAP_OPENAT(name)                                                                          \
	int name(int dirfd, const char *path, int flags, ...)                                      \
	{                                                                                          \
		mode_t mode = 0;                                                                   \
		TAKE_MODE(flags, mode);                                                            \
		const int cancel_type = fj_cancellation_begin();                                   \
		const int fd = (int)CALL(openat, dirfd, path, flags, mode);                        \
		fj_cancellation_end(cancel_type);                                                  \
		return fd;                                                                         \
	}

int __open(const char *path, int flags, ...);
int __open64(const char *path, int flags, ...);

WRAP_OPEN(open)
WRAP_OPEN(open64)
WRAP_OPEN(__open)
WRAP_OPEN(__open64)
WRAP_OPENAT(openat)
WRAP_OPENAT(openat64)
/* With -D_FORTIFY_SOURCE an open without a mode calls these. */
int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);
int __openat_2(int dirfd, const char *path, int flags);
int __openat64_2(int dirfd, const char *path, int flags);
WRAP_CANCEL(int, __open_2, (const char *path, int flags), openat, AT_FDCWD, path, flags, 0)
WRAP_CANCEL(int, __open64_2, (const char *path, int flags), openat, AT_FDCWD, path, flags, 0)
WRAP_CANCEL(int, __openat_2, (int fd, const char *path, int flags), openat, fd, path, flags, 0)
WRAP_CANCEL(int, __openat64_2, (int fd, const char *path, int flags), openat, fd, path, flags, 0)

WRAP_CANCEL(int, creat, (const char *path, mode_t mode), openat, AT_FDCWD, path,
	O_CREAT | O_WRONLY | O_TRUNC, mode)
WRAP_CANCEL(int, creat64, (const char *path, mode_t mode), openat, AT_FDCWD, path,
	O_CREAT | O_WRONLY | O_TRUNC, mode)
WRAP(int, name_to_handle_at,
	(int dirfd, const char *path, struct file_handle *handle, int *mount_id, int flags),
	name_to_handle_at, dirfd, path, handle, mount_id, flags)
