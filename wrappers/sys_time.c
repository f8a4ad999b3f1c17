/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * sys_time.c - times of files. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/time.h>
#include <utime.h>

#include "wrappers/wrap.h"

WRAP(int, utime, (const char *path, const struct utimbuf *times), utime, path, times)
WRAP(int, utimes, (const char *path, const struct timeval times[2]), futimesat, AT_FDCWD, path,
	times)
