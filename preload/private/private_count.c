/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * private_count.c - measures what is in a directory that is used as tmpfs. Called by mount/tmpfs.c. */
#include "bytes/equal.h"
#include "private/private.h"
#include "sys/abi.h"
#include "sys/scratch.h"
#include "sys/scratch_mark.h"
#include "syscall/dirent.h"
#include "syscall/fcntl.h"
#include "syscall/stat.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_io.h"

#include <asm/stat.h>
#include <linux/errno.h>

#define DENTS_SIZE 2048u
#define DEPTH_MAX 64u	   /* deeper files are not counted */
#define COUNT_MAX 1000000u /* stop after this many */

static long open_counted_dir(int dirfd, const char *name)
{
	return fj_sys_openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
}

/* Count the entry `d` of `fd`. Returns whether it is a directory. */
static bool count_entry(int fd, const struct fj_dirent64 *d, struct fj_private_usage *u)
{
	struct stat st;

	if (fj_sys_newfstatat(fd, d->name, &st, AT_SYMLINK_NOFOLLOW))
		return false;
	u->inodes++;
	if ((st.st_mode & FJ_S_IFMT) == FJ_S_IFDIR)
		return true;
	/* Each name counts as an inode. The bytes of a file with several names are divided among them. */
	u->bytes += (uint64_t)st.st_blocks * 512 / (st.st_nlink ? st.st_nlink : 1);
	return false;
}

void fj_private_count(struct fj_thread *t, const char *host_path, struct fj_private_usage *u)
{
	const uint32_t mark = fj_scratch_mark(t);
	char *list = fj_scratch(t, DENTS_SIZE);
	uint64_t *resume = (uint64_t *)(void *)fj_scratch(t, DEPTH_MAX * sizeof(*resume));
	unsigned depth = 0;
	long fd = open_counted_dir(AT_FDCWD, host_path), next;

	*u = (struct fj_private_usage){.inodes = 1};
	resume[0] = 0;
	while (fd >= 0) {
		long n = 0;

		fj_sys_lseek(fd, resume[depth], 0);
		n = fj_sys_getdents64(fd, list, DENTS_SIZE);
		next = -ENOENT;
		for (long at = 0; at < n && next < 0;) {
			const struct fj_dirent64 *d = (const struct fj_dirent64 *)(list + at);

			resume[depth] = d->offset;
			at += d->size;
			if (!fj_streq(d->name, ".") && !fj_streq(d->name, "..") &&
				count_entry((int)fd, d, u) && depth + 1 < DEPTH_MAX)
				next = open_counted_dir((int)fd, d->name);
		}
		if (next >= 0) {
			resume[++depth] = 0;
		} else if (n > 0 && u->inodes < COUNT_MAX) {
			continue;
		} else if (depth-- == 0 || u->inodes >= COUNT_MAX) {
			break;
		} else {
			next = open_counted_dir((int)fd, "..");
		}
		fj_sys_close((int)fd);
		fd = next;
	}
	if (fd >= 0)
		fj_sys_close((int)fd);
	fj_scratch_release(t, mark);
}
