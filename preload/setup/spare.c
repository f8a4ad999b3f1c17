/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * spare.c - an upper layer in which nothing was changed is not removed when its jail ends. It becomes
 *
 *  STORE/spare/root
 *
 * and the next private copy takes it by a rename: ext4 takes twenty times as long to make two directories and to
 * remove them as to rename one to and fro. There is one spare at most. Nobody uses a directory while it has this name, so
 * nothing has to be removed after a killed process.
 *
 * What differs in any way from a new directory is removed by its own jail. What is found as a spare is taken only if
 * this user alone can have changed it, and if it is empty. Called by root_overlay.c. */
#include "bytes/equal.h"
#include "setup/setup.h"
#include "sys/abi.h"
#include "sys/hot.h"
#include "syscall/dirent.h"
#include "syscall/fcntl.h"
#include "syscall/ioctl.h"
#include "syscall/stat.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_ids.h"
#include "syscall/unistd_names.h"
#include "syscall/xattr.h"

#include <asm/stat.h>
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/fs.h>

#define LIST 512u
#define OPEN_AS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
#define LOCK_NB_ 4 /* flock(2) */

/* What a directory is that nobody has used. */
struct looks {
	uint64_t dev, size, uid, gid;
	unsigned long
		attributes; /* FS_IOC_GETFLAGS of ioctl_iflags(2); 0: the file system has none */
};

/* Set by the process that becomes the parent, and by its child while both share their memory. */
static struct {
	struct looks new; /* `dev` 0: this was not found out */
	bool may_stay;
} spare FJ_BULKY;

static bool has_no_name(int fd)
{
	char list[LIST];
	long n;

	while ((n = fj_sys_getdents64(fd, list, sizeof(list))) > 0)
		for (long at = 0; at < n;) {
			const struct fj_dirent64 *d = (const struct fj_dirent64 *)(list + at);

			if (!fj_streq(d->name, ".") && !fj_streq(d->name, ".."))
				return false;
			at += d->size;
		}
	return !n;
}

/* Is it an empty directory of this user without extended attributes? `*is` gets what else it is. */
static bool looks_new(int dirfd, const char *path, struct looks *is)
{
	/* (Reading it would otherwise set its time of access, which the file system then writes.) */
	const long fd = fj_sys_openat(dirfd, path, OPEN_AS | O_NOATIME, 0);
	struct stat st;
	long r = -1;

	*is = (struct looks){0};
	if (fd < 0)
		return false;
	if (!fj_sys_fstat((int)fd, &st) && st.st_uid == (uint32_t)fj_sys_geteuid() &&
		has_no_name((int)fd)) {
		r = fj_sys_flistxattr((int)fd, NULL, 0);
		if (fj_sys_ioctl((int)fd, FS_IOC_GETFLAGS, (unsigned long)&is->attributes) < 0)
			is->attributes = 0;
		is->dev = st.st_dev;
		is->size = (uint64_t)st.st_size;
		is->uid = st.st_uid;
		is->gid = st.st_gid;
	}
	fj_sys_close((int)fd);
	return !r || r == -EOPNOTSUPP;
}

long fj_spare_take(const char *path, const char *to)
{
	const long fd = fj_sys_openat(AT_FDCWD, path, OPEN_AS, 0);
	struct stat st;

	if (fd < 0)
		return fd;
	/* (The jail that has left it may hold its lock for a moment.) */
	if (!fj_sys_fstat((int)fd, &st) && st.st_uid == (uint32_t)fj_sys_geteuid() &&
		!(st.st_mode & 077) && !fj_sys_flock((int)fd, FJ_LOCK_EX | LOCK_NB_) &&
		looks_new((int)fd, "root", &spare.new) && spare.new.dev == st.st_dev &&
		!fj_sys_renameat2(AT_FDCWD, path, AT_FDCWD, to, FJ_RENAME_NOREPLACE))
		return fd;
	spare.new.dev = 0;
	fj_sys_close((int)fd);
	return -ENOENT;
}

void fj_spare_note_new(const char *upper)
{
	if (!looks_new(AT_FDCWD, upper, &spare.new))
		spare.new.dev = 0;
}

void fj_spare_may_stay(void)
{
	spare.may_stay = true;
}

bool fj_spare_leave(const char *made, const char *upper, const char *path)
{
	const struct looks *const new = &spare.new;
	struct looks is;

	return spare.may_stay && new->dev &&looks_new(AT_FDCWD, upper, &is) &&
	       is.dev == new->dev &&is.size == new->size &&is.uid == new->uid &&is.gid ==
		       new->gid &&is.attributes == new->attributes &&
	       !fj_sys_renameat2(AT_FDCWD, made, AT_FDCWD, path, FJ_RENAME_NOREPLACE);
}
