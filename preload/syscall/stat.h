/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * stat.h - the calls of <sys/stat.h>: what a file is, new files, modes, times, and umask(2).
 * Each function is the call of section 2 of the man-pages that has its name, and returns the result or -errno. */
#ifndef FJ_SYSCALL_STAT_H
#define FJ_SYSCALL_STAT_H

struct stat;

long fj_sys_newfstatat(int dir, const char *path, struct stat *out, int flags);
long fj_sys_fstat(int fd, struct stat *out);
long fj_sys_statx(int dir, const char *path, unsigned flags, unsigned mask, void *out);
long fj_sys_fchmod(int fd, unsigned mode);
long fj_sys_fchmodat(int dir, const char *path, unsigned mode);
long fj_sys_fchmodat2(int dir, const char *path, unsigned mode, unsigned flags);
long fj_sys_mkdirat(int dir, const char *path, unsigned mode);
long fj_sys_mknodat(int dir, const char *path, unsigned mode, unsigned device);
long fj_sys_utimensat(int dir, const char *path, const void *times, int flags);
long fj_sys_umask(unsigned mask);

#endif
