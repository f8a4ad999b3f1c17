/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * micro.c - what one call costs, in nanoseconds, in whatever root this program was started in.
 *
 * A jail's price is paid call by call, so each call is timed by itself, through libc as programs
 * make it. The same source is built against glibc (dynamic, static) and musl (static), for a jail
 * may catch the one and miss the other. On a busy machine only the fastest batch means something:
 * we print the minimum, and run.sh takes the median over many runs of this program, with the other
 * tools in between.
 *
 * Nothing is believed unasked: the marker must be visible first, every timed call must give its
 * expected result on files that exist only inside the root, and a child must find the marker before
 * its start is timed.
 *
 * Called by run.sh, as `micro TOKEN OUTSIDE UID BATCHES BATCH_US` with /bench laid out by
 * prepare.sh. Prints `name <TAB> ns`, or in place of ns `escapes` (a file of the host was seen) or
 * `fails (why)`. */
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
#include <time.h>
#include <unistd.h>

#define DIR_BENCH "/bench"
#define MARKER DIR_BENCH "/marker"

extern char **environ;

static const char *outside; /* host path of a file that no jail may show */
static int bench_fd = -1;   /* DIR_BENCH, for the *at calls */

static uid_t owner; /* of all files in the root, and their group */

/* What a child says about where it runs: see child.c. */
enum { CHILD_INSIDE = 0, CHILD_ESCAPED = 3 };

/* Each op makes the call once and returns 0 if the result was the expected one. */

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
	const char *a = DIR_BENCH "/work/a", *b = DIR_BENCH "/work/b";
	int r = is_renamed ? rename(b, a) : rename(a, b);
	is_renamed = !is_renamed;
	return r;
}

static int op_link(void)
{
	return link(DIR_BENCH "/work/l", DIR_BENCH "/work/l2") || unlink(DIR_BENCH "/work/l2");
}

static int op_mkdir(void)
{
	return mkdir(DIR_BENCH "/work/d", 0755) || rmdir(DIR_BENCH "/work/d");
}

static int op_chmod(void)
{
	/* never the mode it has already */
	static mode_t mode = 0600;
	mode ^= 0004;
	return chmod(DIR_BENCH "/work/c", mode);
}

static int op_chown(void)
{
	/* To whom it belongs already, the one owner that an unprivileged caller may name in a real
	 * chroot. To a fake root that is news, and must be recorded. */
	return chown(DIR_BENCH "/work/c", owner, owner);
}

static int op_stat_chowned(void)
{
	struct stat st;
	return stat(DIR_BENCH "/work/c", &st) || st.st_uid != owner || st.st_gid != owner;
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

static char child_dyn[] = DIR_BENCH "/child-dyn";
static char child_static[] = DIR_BENCH "/child-static";
static char *argv_dyn[] = {child_dyn, NULL};
static char *argv_static[] = {child_static, NULL};
static char *argv_sh[] = {(char *)"/bin/sh", (char *)"-c", (char *)":", NULL};

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

static const struct op {
	const char *name;
	int (*run)(void);
	char **child; /* the program that run() starts, if it starts one */
	int (*start)(char *const argv[]);
} ops[] = {
	{"getpid (raw)", op_getpid, NULL, NULL},
	{"close(-1)", op_close_bad, NULL, NULL},
	{"sigprocmask", op_sigprocmask, NULL, NULL},
	{"stat absolute", op_stat_abs, NULL, NULL},
	{"statx absolute", op_statx, NULL, NULL},
	{"stat relative", op_stat_rel, NULL, NULL},
	{"fstatat(dirfd)", op_fstatat, NULL, NULL},
	{"stat ENOENT", op_stat_enoent, NULL, NULL},
	{"stat 8 components", op_stat_deep, NULL, NULL},
	{"stat via dir symlink", op_stat_dirlink, NULL, NULL},
	{"stat via absolute dir symlink", op_stat_absdirlink, NULL, NULL},
	{"access", op_access, NULL, NULL},
	{"readlink", op_readlink, NULL, NULL},
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
	{"posix_spawn dynamic", op_spawn_dyn, argv_dyn, by_spawn},
	{"posix_spawn static", op_spawn_static, argv_static, by_spawn},
	{"fork+exec dynamic", op_fork_dyn, argv_dyn, by_fork},
	{"fork+exec static", op_fork_static, argv_static, by_fork},
	{"sh -c :", op_sh, argv_sh, by_spawn},
};

static double now_ns(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

/* Run op `calls` times. Returns the nanoseconds a call took, or -1 if any did not give what it
 * should. */
static double batch(const struct op *op, long calls)
{
	int bad = 0;
	double start = now_ns();
	for (long i = 0; i < calls; i++)
		bad |= op->run();
	double stop = now_ns();
	return bad ? -1 : (stop - start) / (double)calls;
}

/* Start op's child the way the op does, but ask it where it is. Returns its exit status, or -1. */
static int ask_child(const struct op *op)
{
	static char script[512];
	char *ask[] = {op->child[0], (char *)MARKER, (char *)outside, NULL};
	char *ask_sh[] = {op->child[0], (char *)"-c", script, NULL};

	snprintf(script, sizeof(script), "test ! -e '%s' || exit %d; test -e " MARKER, outside,
		CHILD_ESCAPED);
	return op->start(op->child == argv_sh ? ask_sh : ask);
}

static void measure(const struct op *op, long batches, double batch_ns)
{
	if (op->child) {
		int where = ask_child(op);
		if (where == CHILD_ESCAPED) {
			printf("%s\tescapes\n", op->name);
			return;
		}
		if (where != CHILD_INSIDE) {
			printf("%s\tfails (child %d)\n", op->name, where);
			return;
		}
	}

	errno = 0;
	double ns = batch(op, 2); /* two: rename is back where it began; the first one warms up */
	if (ns >= 0)
		ns = batch(op, 2);
	long calls = ns > 0 ? (long)(batch_ns / ns) : 0;
	if (calls < 1)
		calls = 1;
	if (calls > 1)
		calls &= ~1L; /* even, again for rename */

	double best = ns;
	for (long i = 0; ns >= 0 && i < batches; i++) {
		ns = batch(op, calls);
		if (ns < best)
			best = ns;
	}
	if (ns < 0)
		printf("%s\tfails (errno %d)\n", op->name, errno);
	else
		printf("%s\t%.0f\n", op->name, best);
}

/* Is this the root we were meant to be in? Prints for all ops, if not. */
static bool is_inside(const char *token)
{
	char seen[64] = "";
	int fd = open(MARKER, O_RDONLY);
	int err = errno;
	ssize_t len = fd < 0 ? 0 : read(fd, seen, sizeof(seen) - 1);
	if (fd >= 0)
		close(fd);
	if (len > 0)
		seen[strcspn(seen, "\n")] = '\0';

	if (access(outside, F_OK) == 0) {
		puts("*\tescapes");
		return false;
	}
	if (strcmp(seen, token) != 0) {
		printf("*\tfails (no marker, errno %d)\n", err);
		return false;
	}
	return true;
}

int main(int argc, char **argv)
{
	if (argc != 6) {
		fprintf(stderr, "usage: micro TOKEN OUTSIDE UID BATCHES BATCH_US\n");
		return 2;
	}
	outside = argv[2];
	owner = (uid_t)atol(argv[3]);
	long batches = atol(argv[4]);
	double batch_ns = atof(argv[5]) * 1e3;

	if (!is_inside(argv[1]))
		return 0;
	bench_fd = open(DIR_BENCH, O_RDONLY | O_DIRECTORY);
	if (chdir(DIR_BENCH) != 0 || bench_fd < 0) {
		printf("*\tfails (" DIR_BENCH ", errno %d)\n", errno);
		return 0;
	}

	/* Line by line, so that a crash in one call does not lose the lines before it. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
		measure(&ops[i], batches, batch_ns);
	return 0;
}
