/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * sys_inotify.c - watching files by path. */
#include <sys/fanotify.h>
#include <sys/inotify.h>

#include "wrappers/wrap.h"

WRAP(int, inotify_add_watch, (int fd, const char *path, uint32_t mask), inotify_add_watch, fd, path,
	mask)
WRAP(int, fanotify_mark, (int fd, unsigned flags, uint64_t mask, int dirfd, const char *path),
	fanotify_mark, fd, flags, mask, dirfd, path)
