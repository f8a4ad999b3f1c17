/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * xattr.h - the calls of <sys/xattr.h>.
 * Each function is the call of section 2 of the man-pages that has its name, and returns the result or -errno. */
#ifndef FJ_SYSCALL_XATTR_H
#define FJ_SYSCALL_XATTR_H

#include <stddef.h>

long fj_sys_setxattr(const char *path, const char *name, const void *value, size_t size, int flags);
long fj_sys_fsetxattr(int fd, const char *name, const void *value, size_t size, int flags);
long fj_sys_getxattr(const char *path, const char *name, void *value, size_t size);
long fj_sys_fgetxattr(int fd, const char *name, void *value, size_t size);
long fj_sys_flistxattr(int fd, char *list, size_t size);
long fj_sys_getxattrat(
	int dir, const char *path, unsigned flags, const char *name, const void *args, size_t size);
long fj_sys_listxattrat(int dir, const char *path, unsigned flags, char *list, size_t size);

#endif
