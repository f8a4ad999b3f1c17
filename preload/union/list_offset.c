/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * list_offset.c - is an offset one that a listing has told? Called by list.c. */
#include "syscall/dirent.h"
#include "syscall/unistd_close.h"
#include "union/parts.h"

#include <linux/fcntl.h>

bool fj_union_told_offset(int dirfd, char *buffer, size_t size, uint64_t offset)
{
	const long fd = fj_union_open_lower(dirfd, ".", O_DIRECTORY);
	bool is = false;
	long n;

	if (fd < 0)
		return true;
	while (!is && (n = fj_sys_getdents64((int)fd, buffer, size)) > 0)
		for (long at = 0; !is && at < n;) {
			const struct fj_dirent *d = (const struct fj_dirent *)(buffer + at);

			is = (uint64_t)d->offset == offset;
			at += d->size;
		}
	fj_sys_close((int)fd);
	return is;
}
