/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * roots_empty.c - removes the owner records of a directory that has nothing else.
 *
 * The records of a root are hidden in it. So a program may remove such a directory, or rename
 * another one over it: then the records are removed first. Called by hooks that remove or replace
 * directories. fj_roots_each_name() is also used to look through the open descriptors. */
#include "bytes/equal.h"
#include "jail/hidden.h"
#include "nested/roots.h"
#include "sys/abi.h"
#include "sys/scratch.h"
#include "sys/scratch_mark.h"
#include "syscall/dirent.h"
#include "syscall/fcntl.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_names.h"

#define DENTS_SIZE 4096u

bool fj_roots_each_name(
	struct fj_thread *t, int fd, bool (*each)(struct fj_thread *t, int fd, const char *name))
{
	const uint32_t mark = fj_scratch_mark(t);
	char *list = fj_scratch(t, DENTS_SIZE);
	bool is_so = true;
	long n;

	while (is_so && (n = fj_sys_getdents64(fd, list, DENTS_SIZE)) > 0)
		for (long at = 0; at < n && is_so;) {
			const struct fj_dirent64 *d = (const struct fj_dirent64 *)(list + at);

			is_so = fj_streq(d->name, ".") || fj_streq(d->name, "..") ||
				each(t, fd, d->name);
			at += d->size;
		}
	fj_scratch_release(t, mark);
	return is_so;
}

static bool is_name_hidden(struct fj_thread *t, int fd, const char *name)
{
	(void)t;
	(void)fd;
	return fj_streq(name, FJ_HIDDEN_NAME);
}

static bool remove_name(struct fj_thread *t, int fd, const char *name)
{
	(void)t;
	return !fj_sys_unlinkat(fd, name, 0);
}

bool fj_roots_empty(struct fj_thread *t, int dirfd, const char *name)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	const long fd = fj_sys_openat(dirfd, name, flags, 0);
	long hidden;
	bool is_done = false;

	if (fd < 0)
		return false;
	if (!fj_sys_faccessat(fd, FJ_HIDDEN_NAME "/owners", 0) &&
		fj_roots_each_name(t, (int)fd, is_name_hidden)) {
		hidden = fj_sys_openat(fd, FJ_HIDDEN_NAME, flags, 0);
		if (hidden >= 0) {
			is_done = fj_roots_each_name(t, (int)hidden, remove_name) &&
				  !fj_sys_unlinkat(fd, FJ_HIDDEN_NAME, AT_REMOVEDIR);
			fj_sys_close((int)hidden);
		}
	}
	fj_sys_close((int)fd);
	return is_done;
}
