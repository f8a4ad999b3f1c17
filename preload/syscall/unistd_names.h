/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * unistd_names.h - the calls of <unistd.h> and <stdio.h> on names: links, removal, renaming, access, working directory.
 * Each function is the call of section 2 of the man-pages that has its name, and returns the result or -errno. */
#ifndef FJ_SYSCALL_UNISTD_NAMES_H
#define FJ_SYSCALL_UNISTD_NAMES_H

#include <stddef.h>

long fj_sys_readlinkat(int dir, const char *path, char *out, size_t size);
long fj_sys_faccessat(int dir, const char *path, unsigned mode);
long fj_sys_faccessat2(int dir, const char *path, unsigned mode, unsigned flags);
long fj_sys_linkat(int from, const char *path, int to, const char *name, unsigned flags);
long fj_sys_symlinkat(const char *text, int dir, const char *path);
long fj_sys_unlinkat(int dir, const char *path, unsigned flags);
long fj_sys_renameat(int from, const char *path, int to, const char *name);
long fj_sys_renameat2(int from, const char *path, int to, const char *name, unsigned flags);
long fj_sys_fchown(int fd, unsigned uid, unsigned gid);
long fj_sys_fchownat(int dir, const char *path, unsigned uid, unsigned gid, unsigned flags);
long fj_sys_chdir(const char *path);
long fj_sys_fchdir(int fd);
long fj_sys_getcwd(char *out, size_t size);

#endif
