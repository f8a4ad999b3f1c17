/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * recalled_files.c - opens, replaces and removes the files of the state directory that hold what jails have
 * found of texts. A new file is written under another name first and then renamed, since programs may have
 * the old one mapped.
 *
 * Called by recalled.c. */
#include "patch/recalled_files.h"

#include "bytes/str.h"
#include "door/shared.h"
#include "syscall/fcntl.h"
#include "syscall/resource.h"
#include "syscall/stat.h"
#include "syscall/time.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_names.h"
#include "text/sites.h"

#include <asm/stat.h>
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/resource.h>
#include <linux/time_types.h>

#define NEW ".new"
#define KILLED_AFTER 60 /* seconds; a file that was begun so long ago has lost its writer */
/* No file is longer: its sites, its text and the stubs, which are smaller than a text. */
#define MOST_WRITTEN (FJ_SITES_MAX * sizeof(struct fj_site) + 2 * (uint64_t)FJ_RECALLED_TEXT_MAX)
#define PATH_SIZE (sizeof(fj_doors()->recalled) + 16)

static void put_file_path(char *path, uint32_t place, const char *behind)
{
	const char begin[2] = {'/', 'c'}; /* no string: its page would be read at each start */
	struct fj_str s;

	fj_str_init(&s, path, PATH_SIZE);
	fj_str_put(&s, fj_doors()->recalled);
	fj_str_add(&s, begin, sizeof(begin));
	fj_str_num(&s, place, 10);
	if (behind)
		fj_str_put(&s, behind);
}

static long open_recalled_file(const char *path, int flags)
{
	return fj_sys_openat(
		AT_FDCWD, path, flags | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK, 0600);
}

long fj_recalled_file_open(uint32_t place)
{
	char path[PATH_SIZE];

	put_file_path(path, place, NULL);
	return open_recalled_file(path, O_RDONLY);
}

/* If the writer of the new file at `path` was killed, remove that file. */
static void remove_abandoned(const char *path)
{
	struct __kernel_timespec now;
	struct stat st;

	if (!fj_sys_newfstatat(AT_FDCWD, path, &st, AT_SYMLINK_NOFOLLOW) &&
		!fj_sys_clock_gettime(5 /* CLOCK_REALTIME_COARSE */, &now) &&
		now.tv_sec - (int64_t)st.st_mtime > KILLED_AFTER)
		fj_sys_unlinkat(AT_FDCWD, path, 0);
}

long fj_recalled_file_begin(uint32_t place)
{
	char path[PATH_SIZE];
	struct rlimit64 limit;
	long fd;

	/* A write beyond the limit of the file size would end in a signal (SIGXFSZ). */
	if (fj_sys_prlimit64(0, RLIMIT_FSIZE, 0, &limit) || limit.rlim_cur < MOST_WRITTEN)
		return -EFBIG;
	put_file_path(path, place, NEW);
	fd = open_recalled_file(path, O_RDWR | O_CREAT | O_EXCL);
	if (fd >= 0)
		fj_sys_fchmod(fd, 0600); /* whatever the program's umask(2) is */
	else if (fd == -EEXIST)
		remove_abandoned(path);
	return fd;
}

bool fj_recalled_file_end(uint32_t place, int fd, bool is_good)
{
	char new[PATH_SIZE], path[PATH_SIZE];

	put_file_path(new, place, NEW);
	put_file_path(path, place, NULL);
	fj_sys_close(fd);
	if (is_good && !fj_sys_renameat(AT_FDCWD, new, AT_FDCWD, path))
		return true;
	fj_sys_unlinkat(AT_FDCWD, new, 0);
	return false;
}

void fj_recalled_file_remove(uint32_t place)
{
	char path[PATH_SIZE];

	put_file_path(path, place, NULL);
	fj_sys_unlinkat(AT_FDCWD, path, 0);
}
