/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * sys_xattr.c - extended attributes by path. */
#include <sys/types.h>
#include <sys/xattr.h>

#include "wrappers/wrap.h"

WRAP(int, setxattr, (const char *path, const char *name, const void *value, size_t size, int flags),
	setxattr, path, name, value, size, flags)
WRAP(int, lsetxattr,
	(const char *path, const char *name, const void *value, size_t size, int flags), lsetxattr,
	path, name, value, size, flags)
WRAP_IF_ASKED(int, fsetxattr, (int fd, const char *name, const void *value, size_t size, int flags),
	fsetxattr, fd, name, value, size, flags)
WRAP(ssize_t, getxattr, (const char *path, const char *name, void *value, size_t size), getxattr,
	path, name, value, size)
WRAP(ssize_t, lgetxattr, (const char *path, const char *name, void *value, size_t size), lgetxattr,
	path, name, value, size)
WRAP_IF_ASKED(ssize_t, fgetxattr, (int fd, const char *name, void *value, size_t size), fgetxattr,
	fd, name, value, size)
WRAP(ssize_t, listxattr, (const char *path, char *list, size_t size), listxattr, path, list, size)
WRAP(ssize_t, llistxattr, (const char *path, char *list, size_t size), llistxattr, path, list, size)
WRAP_IF_ASKED(ssize_t, flistxattr, (int fd, char *list, size_t size), flistxattr, fd, list, size)
WRAP(int, removexattr, (const char *path, const char *name), removexattr, path, name)
WRAP(int, lremovexattr, (const char *path, const char *name), lremovexattr, path, name)
WRAP_IF_ASKED(int, fremovexattr, (int fd, const char *name), fremovexattr, fd, name)
