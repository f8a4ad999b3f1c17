/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * mount.h - the calls of <sys/mount.h> and <sys/statfs.h>: file systems.
 * Each function is the call of section 2 of the man-pages that has its name, and returns the result or -errno. */
#ifndef FJ_SYSCALL_MOUNT_H
#define FJ_SYSCALL_MOUNT_H

#include <stddef.h>
#include <stdint.h>

long fj_sys_statfs(const char *path, void *out);
long fj_sys_fstatfs(int fd, void *out);
long fj_sys_open_tree(int dir, const char *path, unsigned flags);
long fj_sys_fsconfig(int fd, unsigned command, const char *key, const void *value, int number);
long fj_sys_statmount(const void *request, void *out, size_t size, unsigned flags);
long fj_sys_listmount(const void *request, uint64_t *out, size_t count, unsigned flags);

#endif
