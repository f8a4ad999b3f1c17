/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * look.c - looks at files and variables as test(1) and the shell do. Called by the other files of
 * this program. */
#include "front.h"
#include "bytes/equal.h"
#include "bytes/len.h"
#include "syscall/dirent.h"
#include "syscall/fcntl.h"
#include "syscall/ioctl.h"
#include "syscall/stat.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_names.h"
#include <linux/errno.h>
#include <linux/limits.h>

#define IFMT 0170000u /* inode(7) */
#define IFLNK 0120000u
#define IFREG 0100000u
#define IFDIR 0040000u
#define X_OK 1
#define DENTS 32768

struct dirent64 { /* getdents64(2) */
	uint64_t ino, off;
	uint16_t reclen;
	uint8_t type;
	char name[];
};

bool front_stat(const char *path, struct stat *st)
{
	return !fj_sys_newfstatat(AT_FDCWD, path, st, 0);
}

bool front_is_there(const char *path)
{
	struct stat st;

	return front_stat(path, &st);
}

bool front_is_link(const char *path)
{
	struct stat st;

	return !fj_sys_newfstatat(AT_FDCWD, path, &st, AT_SYMLINK_NOFOLLOW) &&
	       (st.st_mode & IFMT) == IFLNK;
}

bool front_is_file(const char *path)
{
	struct stat st;

	return front_stat(path, &st) && (st.st_mode & IFMT) == IFREG;
}

bool front_is_directory(const char *path)
{
	struct stat st;

	return front_stat(path, &st) && (st.st_mode & IFMT) == IFDIR;
}

bool front_has_content(const char *path)
{
	struct stat st;

	return front_stat(path, &st) && st.st_size > 0;
}

/* Our effective ids are the real ones: main.c. */
bool front_may_run(const char *path)
{
	return !fj_sys_faccessat(AT_FDCWD, path, X_OK);
}

bool front_is_same(const char *a, const char *b)
{
	struct stat x, y;

	return front_stat(a, &x) && front_stat(b, &y) && x.st_dev == y.st_dev &&
	       x.st_ino == y.st_ino;
}

const char *front_link(const char *path)
{
	static char target[PATH_MAX];
	const long n = fj_sys_readlinkat(AT_FDCWD, path, target, sizeof(target) - 1);

	return n <= 0 ? NULL : front_text_n(target, (size_t)n);
}

static bool has_other(const char *at, const char *end, const char *but)
{
	while (at < end) {
		const struct dirent64 *d = (const struct dirent64 *)at;

		if (!fj_streq(d->name, ".") && !fj_streq(d->name, "..") && !fj_streq(d->name, but))
			return true;
		at += d->reclen;
	}
	return false;
}

bool front_has_entries(const char *path, const char *but, bool otherwise)
{
	static char entries[DENTS] __attribute__((aligned(8)));
	const long fd = fj_sys_openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	bool found = false;
	long n;

	if (fd < 0)
		return otherwise;
	/* A few entries are enough, and the kernel fills the whole buffer. */
	while (!found && (n = fj_sys_getdents64(fd, entries, 1024)) > 0)
		found = has_other(entries, entries + n, but);
	fj_sys_close(fd);
	return found;
}

static bool is_locked(long dir, const char *name)
{
	const long fd =
		fj_sys_openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
	bool is;

	if (fd < 0)
		return fd == -ENOENT; /* the process has ended meanwhile, and removed it */
	is = fj_sys_flock(fd, FRONT_LOCK_EX | FRONT_LOCK_NB) == -EAGAIN;
	fj_sys_close(fd);
	return is;
}

bool front_has_unlocked(const char *path)
{
	static char entries[DENTS] __attribute__((aligned(8)));
	const long fd = fj_sys_openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	bool found = fd < 0;
	long n;

	while (!found && (n = fj_sys_getdents64(fd, entries, sizeof(entries))) > 0)
		for (const char *at = entries; at < entries + n && !found;) {
			const struct dirent64 *d = (const struct dirent64 *)at;

			found = !fj_streq(d->name, ".") && !fj_streq(d->name, "..") &&
				!is_locked(fd, d->name);
			at += d->reclen;
		}
	if (fd >= 0)
		fj_sys_close(fd);
	return found;
}

const char *front_variable(const char *name)
{
	const size_t n = fj_strlen(name);

	for (char **e = front.envp; *e; e++)
		if (fj_begins(*e, name) && (*e)[n] == '=')
			return *e + n + 1;
	return NULL;
}

const char *front_variable_or_empty(const char *name)
{
	const char *value = front_variable(name);

	return value ? value : "";
}
