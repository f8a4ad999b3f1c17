/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * sys.c - the pointer to the gate, and a few calls that all rooms use. */
#include "sys/sys.h"

#include "bytes/str.h"
#include "sys/fd.h"
#include "sys/gate_code.h"

#include <asm/stat.h>
#include <linux/resource.h>

fj_gate_fn fj_gate = (fj_gate_fn)(const void *)fj_gate_begin;

long fj_open_path(int dirfd, const char *name, int flags)
{
	return fj_sys4(__NR_openat, dirfd, name, flags | O_PATH | O_CLOEXEC, 0);
}

void fj_close(int fd)
{
	fj_sys1(__NR_close, fd);
}

uint64_t fj_file_limit(void)
{
	struct rlimit64 limit;

	return fj_sys4(__NR_prlimit64, 0, RLIMIT_FSIZE, 0, &limit) ? ~0UL : limit.rlim_cur;
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

long fj_fd_target(int fd, char *out)
{
	char link[32];
	struct fj_str s;
	long n;

	fj_str_init(&s, link, sizeof(link));
	if (fd == AT_FDCWD)
		fj_str_put(&s, "/proc/self/cwd");
	else
		fj_fd_path(&s, fd, NULL);
	n = fj_sys4(__NR_readlinkat, AT_FDCWD, link, out, FJ_PATH_MAX - 1);
	if (!fj_is_err(n))
		out[n] = 0;
	return n;
}

long fj_open_anew(int fd, int flags)
{
	char link[32];
	struct fj_str s;

	fj_str_init(&s, link, sizeof(link));
	fj_fd_path(&s, fd, NULL);
	return fj_sys4(__NR_openat, AT_FDCWD, link, flags | O_CLOEXEC, 0);
}

static bool are_one_file(int fd, int other)
{
	struct stat a, b;

	return !fj_sys2(__NR_fstat, fd, &a) && !fj_sys2(__NR_fstat, other, &b) &&
	       a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

bool fj_has_spare_numbers(int fd)
{
	enum {
		AT_ONCE = 4
	}; /* the program, its interpreter, the jail's memory, the owners' records */
	struct rlimit64 limit = {0};

	fj_sys4(__NR_prlimit64, 0, RLIMIT_NOFILE, 0, &limit);
	return (uint64_t)fd + AT_ONCE < limit.rlim_cur;
}

long fj_dup_to(int fd, int number, int flags)
{
	struct rlimit64 before = {0}, raised;
	long r = fj_sys3(__NR_dup3, fd, number, flags);

	if (r != -EBADF)
		return r;
	fj_sys4(__NR_prlimit64, 0, RLIMIT_NOFILE, 0, &before);
	raised = before;
	raised.rlim_cur = (uint64_t)number + 1;
	if (before.rlim_cur >= raised.rlim_cur ||
		fj_sys4(__NR_prlimit64, 0, RLIMIT_NOFILE, &raised, 0))
		return r;
	r = fj_sys3(__NR_dup3, fd, number, flags);
	fj_sys4(__NR_prlimit64, 0, RLIMIT_NOFILE, &before, 0);
	return r;
}

int fj_shared_pid;

long fj_open_shared(int fd, int flags)
{
	char link[48];
	struct fj_str s;
	long r;

	if (!fj_shared_pid)
		return fj_open_anew(fd, flags);

	fj_str_init(&s, link, sizeof(link));
	fj_str_put(&s, "/proc/");
	fj_str_num(&s, (uint32_t)fj_shared_pid, 10);
	fj_str_put(&s, "/fd/");
	fj_str_num(&s, (uint32_t)fd, 10);
	r = fj_sys4(__NR_openat, AT_FDCWD, link, flags | O_CLOEXEC, 0);
	if (!fj_is_err(r) && are_one_file((int)r, fd))
		return r;
	if (!fj_is_err(r)) /* that process has ended, and another one has its number */
		fj_close((int)r);
	return fj_open_anew(fd, flags);
}
