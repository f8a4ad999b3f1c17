/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * sys.c - what all rooms do with files by their descriptors. */
#include "bytes/copy.h"
#include "bytes/str.h"
#include "sys/fd.h"
#include "syscall/fcntl.h"
#include "syscall/resource.h"
#include "syscall/stat.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_io.h"
#include "syscall/unistd_names.h"

#include <asm/stat.h>
#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/resource.h>

long fj_open_path(int dirfd, const char *name, int flags)
{
	return fj_sys_openat(dirfd, name, flags | O_PATH | O_CLOEXEC, 0);
}

uint64_t fj_file_limit(void)
{
	struct rlimit64 limit;

	return fj_sys_prlimit64(0, RLIMIT_FSIZE, 0, &limit) ? ~0UL : limit.rlim_cur;
}

bool fj_may_grow_to(uint64_t size)
{
	return fj_file_limit() >= size;
}

void fj_fd_path(struct fj_str *out, int fd, const char *name)
{
	fj_str_put(out, "/proc/self/fd/");
	fj_str_num(out, (unsigned)fd, 10);
	if (name) {
		fj_str_put(out, "/");
		fj_str_put(out, name);
	}
}

void fj_fd_link(char link[FJ_FD_LINK], int fd)
{
	struct fj_str s;

	fj_str_init(&s, link, FJ_FD_LINK);
	fj_fd_path(&s, fd, NULL);
}

long fj_fd_target(int fd, char *out)
{
	char link[FJ_FD_LINK];
	long n;

	if (fd == AT_FDCWD)
		memcpy(link, "/proc/self/cwd", sizeof("/proc/self/cwd"));
	else
		fj_fd_link(link, fd);
	n = fj_sys_readlinkat(AT_FDCWD, link, out, PATH_MAX - 1);
	if (n >= 0)
		out[n] = 0;
	return n;
}

long fj_open_anew(int fd, int flags)
{
	char link[FJ_FD_LINK];

	fj_fd_link(link, fd);
	return fj_sys_openat(AT_FDCWD, link, flags | O_CLOEXEC, 0);
}

long fj_read_file(int dirfd, const char *name, void *out, size_t size)
{
	const long fd = fj_sys_openat(dirfd, name, O_RDONLY | O_CLOEXEC, 0);
	long n;

	if (fd < 0)
		return fd;
	n = fj_sys_read((int)fd, out, size);
	fj_sys_close((int)fd);
	return n;
}

bool fj_is_one_file(int fd, int other, const struct stat *known)
{
	struct stat a, b;

	if (fj_sys_fstat(fd, &a) || (!known && fj_sys_fstat(other, &b)))
		return false;
	known = known ? known : &b;
	return a.st_dev == known->st_dev && a.st_ino == known->st_ino;
}

bool fj_has_spare_numbers(int fd)
{
	enum {
		AT_ONCE = 4
	}; /* the program, its interpreter, the jail's memory, the owners' records */
	struct rlimit64 limit = {0};

	fj_sys_prlimit64(0, RLIMIT_NOFILE, 0, &limit);
	return (uint64_t)fd + AT_ONCE < limit.rlim_cur;
}

long fj_dup_to(int fd, int number, int flags)
{
	struct rlimit64 before = {0}, raised;
	long r = fj_sys_dup3(fd, number, flags);

	if (r != -EBADF)
		return r;
	fj_sys_prlimit64(0, RLIMIT_NOFILE, 0, &before);
	raised = before;
	raised.rlim_cur = (uint64_t)number + 1;
	if (before.rlim_cur >= raised.rlim_cur || fj_sys_prlimit64(0, RLIMIT_NOFILE, &raised, 0))
		return r;
	r = fj_sys_dup3(fd, number, flags);
	fj_sys_prlimit64(0, RLIMIT_NOFILE, &before, 0);
	return r;
}

int fj_shared_pid;

long fj_open_shared(int fd, int flags, const struct stat *known)
{
	/* (The linker merges string constants with those of other files, away from what a start reads.) */
	static const char of_processes[] = "/proc/", of_fds[] = "/fd/";
	char link[48];
	struct fj_str s;
	long r;

	if (!fj_shared_pid)
		return fj_open_anew(fd, flags);

	fj_str_init(&s, link, sizeof(link));
	fj_str_put(&s, of_processes);
	fj_str_num(&s, (uint32_t)fj_shared_pid, 10);
	fj_str_put(&s, of_fds);
	fj_str_num(&s, (uint32_t)fd, 10);
	r = fj_sys_openat(AT_FDCWD, link, flags | O_CLOEXEC, 0);
	if (r >= 0 && fj_is_one_file((int)r, fd, known))
		return r;
	if (r >= 0) /* that process has ended, and another one has its number */
		fj_sys_close((int)r);
	return fj_open_anew(fd, flags);
}
