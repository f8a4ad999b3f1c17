/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * dirent.h - the calls of <dirent.h>.
 * Each function is the call of section 2 of the man-pages that has its name, and returns the result or -errno. */
#ifndef FJ_SYSCALL_DIRENT_H
#define FJ_SYSCALL_DIRENT_H

#include <stddef.h>

long fj_sys_getdents64(int fd, void *list, size_t size);

#endif
