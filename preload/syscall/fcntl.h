/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * fcntl.h - the calls of fcntl(2) and open(2) for all rooms.
 * Each function is the call of section 2 of the man-pages that has its name, and returns the result or -errno. */
#ifndef FJ_SYSCALL_FCNTL_H
#define FJ_SYSCALL_FCNTL_H

#include <linux/fcntl.h>
#include <stddef.h>
#include <stdint.h>

long fj_sys_openat(int dir, const char *path, int flags, unsigned mode);
long fj_sys_openat2(int dir, const char *path, const void *how, size_t size);
long fj_sys_fcntl(int fd, unsigned command, unsigned long arg);
long fj_sys_fallocate(int fd, int mode, uint64_t at, uint64_t size);
long fj_sys_sync_file_range(int fd, uint64_t at, uint64_t size, unsigned flags);
long fj_sys_name_to_handle_at(int dir, const char *path, void *handle, void *mount_id, int flags);

#endif
