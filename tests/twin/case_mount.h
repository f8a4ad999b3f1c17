/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_mount.h - mounts to begin with: for case_mount.c and its kin, whose cases take
 * away what they mounted: under the reference they are real mounts.
 */
#ifndef CASE_MOUNT_H
#define CASE_MOUNT_H

#include "twin.h"

#define BIND(from, to) R(mount(from, to, NULL, MS_BIND, NULL))
#define TMPFS(at, options) R(mount("none", at, "tmpfs", 0, options))

static inline void make_dirs(void)
{
	mkdir("a", 0755);
	mkdir("b", 0755);
	put("a/f", "in a");
	mkdir("a/d", 0755);
	put("b/g", "in b");
}

static inline void list(const char *path)
{
	for (char **n = names(path); n && *n; n++)
		say("%s: %s\n", path, *n);
}

/* The working directory as the kernel tells it. */
static inline void where(const char *name)
{
	char buf[200];

	say("%s: %s\n", name, sys_getcwd(buf, sizeof(buf)) > 0 ? buf : errno_name(errno));
}

#endif
