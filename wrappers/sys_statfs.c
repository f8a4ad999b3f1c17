/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * sys_statfs.c - file systems by path. */
#define _GNU_SOURCE
#include <sys/statfs.h>

#include "wrappers/wrap.h"

WRAP(int, statfs, (const char *path, struct statfs *fs), statfs, path, fs)
WRAP(int, statfs64, (const char *path, struct statfs64 *fs), statfs, path, fs)
WRAP_AS(int, __statfs, (const char *path, struct statfs *fs), statfs, path, fs)
