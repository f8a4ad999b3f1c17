/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * ops.c - the calls that micro.c times. Each op makes its call once, through libc as programs make
 * it, and returns 0 if the result was the expected one, on files that exist only inside the root
 * (prepare.sh). */
#define _GNU_SOURCE /* statx */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ops.h"

extern char **environ;

static int bench_fd = -1; /* DIR_BENCH, for the *at calls */
static uid_t owner;	  /* of all files in the root, and their group */

static int op_getpid(void)
{
	return syscall(SYS_getpid) <= 0;
}

static int op_close_bad(void)
{
	return !(close(-1) == -1 && errno == EBADF);
}

static int op_stat_abs(void)
{
	struct stat st;
	return stat(DIR_BENCH "/file", &st);
}

/* coreutils' ls and stat use it, and tools that are older than it let it through to the host. */
static int op_statx(void)
{
	const char *path = DIR_BENCH "/file";
#ifdef __GLIBC__
	struct statx stx;
	return statx(AT_FDCWD, path, 0, STATX_BASIC_STATS, &stx);
#else
	static char stx[256]; /* sizeof(struct statx); musl has had it only since 1.2.4 */
	return (int)syscall(SYS_statx, AT_FDCWD, path, 0, 0x7ff /* STATX_BASIC_STATS */, stx);
#endif
}

/* Programs that know a call before their libc does make it so. */
static int op_syscall_stat(void)
{
	struct stat st;
	return (int)syscall(SYS_newfstatat, AT_FDCWD, DIR_BENCH "/file", &st, 0);
}

static int op_fstat(void)
{
	struct stat st;
	return fstat(bench_fd, &st);
}

/* Two links: /bin leads to /usr/bin, and sh to a shell. */
static int op_stat_sh(void)
{
	struct stat st;
	return stat("/bin/sh", &st);
}

static int op_stat_rel(void)
{
	struct stat st;
	return stat("file", &st);
}

static int op_fstatat(void)
{
	struct stat st;
	return fstatat(bench_fd, "file", &st, 0);
}

static int op_stat_enoent(void)
{
	struct stat st;
	return !(stat(DIR_BENCH "/missing", &st) == -1 && errno == ENOENT);
}

static int op_stat_deep(void)
{
	struct stat st;
	return stat(DIR_BENCH "/d2/d3/d4/d5/d6/d7/file", &st);
}

static int op_stat_dirlink(void)
{
	struct stat st;
	return stat(DIR_BENCH "/dirlink/file", &st);
}

static int op_stat_absdirlink(void)
{
	struct stat st;
	return stat(DIR_BENCH "/absdirlink/file", &st);
}

static int op_access(void)
{
	return access(DIR_BENCH "/file", R_OK);
}

static int op_readlink(void)
{
	char target[64];
	/* "file", not whatever a tool made of it */
	return !(readlink(DIR_BENCH "/link", target, sizeof(target)) == 4);
}

static int op_readlink_proc(void)
{
	char target[64];
	return !(readlink("/proc/self/cwd", target, sizeof(target)) == sizeof(DIR_BENCH) - 1);
}

static int op_open(void)
{
	int fd = open(DIR_BENCH "/file", O_RDONLY);
	return fd < 0 || close(fd) != 0;
}

static int op_openat(void)
{
	int fd = openat(bench_fd, "file", O_RDONLY);
	return fd < 0 || close(fd) != 0;
}

static int op_getcwd(void)
{
	char cwd[256];
	return !getcwd(cwd, sizeof(cwd)) || strcmp(cwd, DIR_BENCH) != 0;
}

static int op_sigprocmask(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	return sigprocmask(SIG_BLOCK, &set, NULL);
}

static int op_chdir(void)
{
	return chdir(DIR_BENCH);
}

static int op_rename(void)
{
	/* there and back by turns, so that one op is one call */
	static bool is_renamed;
	const char *a = DIR_BENCH "/changed/a", *b = DIR_BENCH "/changed/b";
	int r = is_renamed ? rename(b, a) : rename(a, b);
	is_renamed = !is_renamed;
	return r;
}

static int op_link(void)
{
	return link(DIR_BENCH "/changed/l", DIR_BENCH "/changed/l2") ||
	       unlink(DIR_BENCH "/changed/l2");
}

static int op_mkdir(void)
{
	return mkdir(DIR_BENCH "/changed/d", 0755) || rmdir(DIR_BENCH "/changed/d");
}

static int op_chmod(void)
{
	/* never the mode it has already */
	static mode_t mode = 0600;
	mode ^= 0004;
	return chmod(DIR_BENCH "/changed/c", mode);
}

static int op_chown(void)
{
	/* To whom it belongs already, the one owner that an unprivileged caller may name in a real
	 * chroot. To a fake root that is news, and must be recorded. */
	return chown(DIR_BENCH "/changed/c", owner, owner);
}

static int op_stat_chowned(void)
{
	struct stat st;
	return stat(DIR_BENCH "/changed/c", &st) || st.st_uid != owner || st.st_gid != owner;
}

/* The exit status of `pid`, or -1. */
static int reap(pid_t pid)
{
	int status;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int by_spawn(char *const argv[])
{
	pid_t pid;
	int err = posix_spawn(&pid, argv[0], NULL, NULL, argv, environ);
	if (err) {
		errno = err;
		return -1;
	}
	return reap(pid);
}

static int by_fork(char *const argv[])
{
	pid_t pid = fork();
	if (pid < 0)
		return -1;
	if (pid == 0) {
		execve(argv[0], argv, environ);
		_exit(127);
	}
	return reap(pid);
}

static int op_fork(void)
{
	pid_t pid = fork();
	if (pid == 0)
		_exit(0);
	return pid < 0 || reap(pid) != 0;
}

static char child_dyn[] = DIR_BENCH "/child-dyn";
static char child_static[] = DIR_BENCH "/child-static";
static char *argv_dyn[] = {child_dyn, NULL};
static char *argv_static[] = {child_static, NULL};
char *argv_sh[] = {(char *)"/bin/sh", (char *)"-c", (char *)":", NULL};

static int op_spawn_dyn(void)
{
	return by_spawn(argv_dyn);
}

static int op_spawn_static(void)
{
	return by_spawn(argv_static);
}

static int op_fork_dyn(void)
{
	return by_fork(argv_dyn);
}

static int op_fork_static(void)
{
	return by_fork(argv_static);
}

static int op_sh(void)
{
	return by_spawn(argv_sh);
}

const struct op ops[] = {
	{"getpid (raw)", op_getpid, NULL, NULL},
	{"close(-1)", op_close_bad, NULL, NULL},
	{"sigprocmask", op_sigprocmask, NULL, NULL},
	{"stat absolute", op_stat_abs, NULL, NULL},
	{"statx absolute", op_statx, NULL, NULL},
	{"syscall(newfstatat)", op_syscall_stat, NULL, NULL},
	{"fstat", op_fstat, NULL, NULL},
	{"stat /bin/sh", op_stat_sh, NULL, NULL},
	{"stat relative", op_stat_rel, NULL, NULL},
	{"fstatat(dirfd)", op_fstatat, NULL, NULL},
	{"stat ENOENT", op_stat_enoent, NULL, NULL},
	{"stat 8 components", op_stat_deep, NULL, NULL},
	{"stat via dir symlink", op_stat_dirlink, NULL, NULL},
	{"stat via absolute dir symlink", op_stat_absdirlink, NULL, NULL},
	{"access", op_access, NULL, NULL},
	{"readlink", op_readlink, NULL, NULL},
	{"readlink /proc/self/cwd", op_readlink_proc, NULL, NULL},
	{"open+close", op_open, NULL, NULL},
	{"openat(dirfd)+close", op_openat, NULL, NULL},
	{"getcwd", op_getcwd, NULL, NULL},
	{"chdir", op_chdir, NULL, NULL},
	{"rename", op_rename, NULL, NULL},
	{"link+unlink", op_link, NULL, NULL},
	{"mkdir+rmdir", op_mkdir, NULL, NULL},
	{"chmod", op_chmod, NULL, NULL},
	{"chown", op_chown, NULL, NULL},
	{"stat of the chowned file", op_stat_chowned, NULL, NULL},
	{"fork+_exit+wait", op_fork, NULL, NULL},
	{"posix_spawn dynamic", op_spawn_dyn, argv_dyn, by_spawn},
	{"posix_spawn static", op_spawn_static, argv_static, by_spawn},
	{"fork+exec dynamic", op_fork_dyn, argv_dyn, by_fork},
	{"fork+exec static", op_fork_static, argv_static, by_fork},
	{"sh -c :", op_sh, argv_sh, by_spawn},
};

const size_t op_count = sizeof(ops) / sizeof(ops[0]);

int ops_begin(uid_t uid)
{
	owner = uid;
	bench_fd = open(DIR_BENCH, O_RDONLY | O_DIRECTORY);
	return bench_fd < 0 || chdir(DIR_BENCH) != 0 ? -1 : 0;
}
