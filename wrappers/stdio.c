/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * stdio.c - renaming. Functions that open streams need no wrapper: their system calls in libc are
 * caught. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>

#include "wrappers/wrap.h"

WRAP(int, rename, (const char *from, const char *to), renameat, AT_FDCWD, from, AT_FDCWD, to)
WRAP(int, renameat, (int from_fd, const char *from, int to_fd, const char *to), renameat, from_fd,
	from, to_fd, to)
WRAP(int, renameat2, (int from_fd, const char *from, int to_fd, const char *to, unsigned flags),
	renameat2, from_fd, from, to_fd, to, flags)
