/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * check_call.c - whole calls through fj_call() (call/run.c and the hooks on files).
 *
 * The random test keeps two trees: one that the engine works in, and a shadow where the kernel does
 * the same with openat2(2) RESOLVE_IN_ROOT. Each call must answer alike, and what is remembered of
 * directories must never show. */
#include "call/hooks.h"

#include "unit.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <asm/stat.h>
#include <linux/openat2.h>

#define S_IFMT_ 0170000u
#define EXCHANGE 2u /* RENAME_EXCHANGE, linux/fs.h */

/* ---- old calls ---- */

static bool is_there(const char *name)
{
	return fj_sys3(__NR_faccessat, AT_FDCWD, tree_path(name), 0) == 0;
}

/* Each of the calls from before the *at family, with every argument where it belongs. */
START_TEST(aliases)
{
	static const long times[4] = {1000, 0, 2000, 0};
	struct stat st;
	char text[16] = "";
	long fd;

	unit_assert_result(unit_call2(__NR_mkdir, "/d", 0711), 0);
	unit_assert_result(unit_call2(__NR_stat, "/d", &st), 0);
	ck_assert_uint_eq(st.st_mode, 0040711);
	fd = unit_call2(__NR_creat, "/d/f", 0640);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fj_sys3(__NR_write, fd, "hello", 5), 5);
	fj_close((int)fd);
	unit_assert_result(
		unit_call2(__NR_creat, "/d/f", 0600) < 0, 0); /* truncates, leaves the mode */
	unit_assert_result(unit_call2(__NR_stat, "/d/f", &st), 0);
	ck_assert_uint_eq(st.st_mode, 0100640);
	ck_assert_uint_eq(st.st_size, 0);
	fd = unit_call3(__NR_open, "/d/g", O_CREAT | O_EXCL | O_RDWR, 0604);
	ck_assert_int_ge(fd, 0);
	fj_close((int)fd);
	unit_assert_result(unit_call3(__NR_open, "/d/g", O_CREAT | O_EXCL, 0), -EEXIST);
	unit_assert_result(unit_call2(__NR_symlink, "/d/f", "/l"), 0);
	unit_assert_result(unit_call3(__NR_readlink, "/l", text, sizeof(text)), 4);
	ck_assert_str_eq(text, "/d/f");
	unit_assert_result(unit_call2(__NR_lstat, "/l", &st), 0);
	ck_assert_uint_eq(st.st_mode & S_IFMT_, 0120000);
	unit_assert_result(unit_call2(__NR_stat, "/l", &st), 0);
	ck_assert_uint_eq(st.st_mode & S_IFMT_, 0100000);
	unit_assert_result(unit_call2(__NR_chmod, "/l", 0444), 0);
	unit_assert_result(unit_call2(__NR_stat, "/d/f", &st), 0);
	ck_assert_uint_eq(st.st_mode, 0100444);
	unit_assert_result(unit_call2(__NR_access, "/l", 4), 0);
	unit_assert_result(
		unit_call2(__NR_access, "/d/g", 1), -EACCES); /* nobody may run it, root included */
	unit_assert_result(unit_call2(__NR_utimes, "/l", times), 0);
	unit_assert_result(unit_call2(__NR_stat, "/d/f", &st), 0);
	ck_assert_uint_eq(st.st_mtime, 2000);
	unit_assert_result(unit_call2(__NR_utime, "/l", 0), 0);
	unit_assert_result(unit_call2(__NR_stat, "/d/f", &st), 0);
	ck_assert_uint_gt(st.st_mtime, 2000);
	unit_assert_result(unit_call2(__NR_truncate, "/l", 77), 0); /* as root, whatever the mode */
	unit_assert_result(unit_call3(__NR_chown, "/d/g", -1, -1), 0);
	unit_assert_result(unit_call3(__NR_lchown, "/l", -1, -1), 0);
	unit_assert_result(unit_call2(__NR_link, "/d/g", "/hard"), 0);
	unit_assert_result(unit_call2(__NR_stat, "/hard", &st), 0);
	ck_assert_uint_eq(st.st_nlink, 2);
	unit_assert_result(unit_call2(__NR_rename, "/hard", "/d/moved"), 0);
	ck_assert(is_there("jail/d/moved") && !is_there("jail/hard"));
	unit_assert_result(unit_call3(__NR_mknod, "/fifo", 0010600, 0), 0);
	unit_assert_result(unit_call2(__NR_stat, "/fifo", &st), 0);
	ck_assert_uint_eq(st.st_mode, 0010600);
	unit_assert_result(unit_call1(__NR_unlink, "/d"), -EISDIR);
	unit_assert_result(unit_call1(__NR_rmdir, "/d"), -ENOTEMPTY);
	unit_assert_result(unit_call1(__NR_unlink, "/d/f"), 0);
	unit_assert_result(unit_call1(__NR_unlink, "/d/g"), 0);
	unit_assert_result(unit_call1(__NR_unlink, "/d/moved"), 0);
	unit_assert_result(unit_call1(__NR_rmdir, "/d"), 0);
	unit_assert_result(unit_call1(__NR_unlink, "/l"), 0);
	unit_assert_result(unit_call1(__NR_unlink, "/fifo"), 0);
}
END_TEST

/* A symlink itself can be meant, by its own calls. */
START_TEST(links_themselves)
{
	struct stat st;

	tree_file("jail/f", "");
	tree_link("jail/l", "/f");
	tree_link("jail/none", "/nothing");
	unit_assert_result(unit_call2(__NR_link, "/none", "/none2"), 0);
	unit_assert_result(unit_call2(__NR_lstat, "/none2", &st), 0);
	ck_assert_uint_eq(st.st_mode & S_IFMT_, 0120000);
	unit_assert_result(
		unit_call5(__NR_linkat, AT_FDCWD, "/l", AT_FDCWD, "/followed", AT_SYMLINK_FOLLOW),
		0);
	unit_assert_result(unit_call2(__NR_lstat, "/followed", &st), 0);
	ck_assert_uint_eq(st.st_mode & S_IFMT_, 0100000);
	unit_assert_result(
		unit_call4(__NR_utimensat, AT_FDCWD, "/none", 0, AT_SYMLINK_NOFOLLOW), 0);
	unit_assert_result(unit_call4(__NR_utimensat, AT_FDCWD, "/none", 0, 0), -ENOENT);
	/* Symlinks have no user attributes (xattr(7)); the call must not go to what one leads to.
	 */
	unit_assert_result(unit_call4(__NR_lgetxattr, "/l", "user.none", 0, 0) == 0, 0);
	unit_assert_result(unit_call4(__NR_lgetxattr, "/none", "user.none", 0, 0) == -ENOENT, 0);
	unit_assert_result(unit_call4(__NR_getxattr, "/none", "user.none", 0, 0), -ENOENT);
}
END_TEST

/* Bad pointers and odd paths, as getname_flags() of fs/namei.c takes them. */
START_TEST(arguments)
{
	static char longest[FJ_PATH_MAX + 1];
	struct stat st;

	unit_assert_result(unit_call2(__NR_stat, 0, &st), -EFAULT);
	unit_assert_result(unit_call2(__NR_stat, 8, &st), -EFAULT);
	unit_assert_result(unit_call2(__NR_stat, "", &st), -ENOENT);
	unit_assert_result(unit_call2(__NR_stat, "/", 8), -EFAULT);
	memset(longest, '/', FJ_PATH_MAX);
	unit_assert_result(unit_call2(__NR_stat, longest, &st), -ENAMETOOLONG);
	longest[FJ_PATH_MAX - 1] = 0;
	unit_assert_result(unit_call2(__NR_stat, longest, &st), 0);
	unit_assert_result(unit_call4(__NR_newfstatat, UNIT_FD, "", &st, AT_EMPTY_PATH), 0);
	unit_assert_result(unit_call4(__NR_newfstatat, 12345, "x", &st, 0), -EBADF);
	unit_assert_result(unit_call4(__NR_newfstatat, 12345, "/", &st, 0), 0);
	unit_assert_result(unit_call1(__NR_chdir, 0), -EFAULT);
	unit_assert_result(unit_call1(__NR_unlink, 0), -EFAULT);
	unit_assert_result(unit_call2(__NR_rename, "/x", 0), -EFAULT);
	unit_assert_result(unit_call3(__NR_open, 0, 0, 0), -EFAULT);
	/* Numbers that no row has, and refused ones. */
	unit_assert_result(unit_call1(5000, 0), -ENOSYS);
	unit_assert_result(unit_call1(-1, 0), -ENOSYS);
	unit_assert_result(unit_call1(__NR_io_uring_setup, 0), -ENOSYS);
	unit_assert_result(unit_call2(__NR_swapon, "/", 0), -EPERM);
}
END_TEST

/* Every row whose hook is "translate", with a path that is not there, and without descriptors left
 * open. */
START_TEST(leaves_nothing_open)
{
	const long before = fj_sys1(__NR_dup, 0);
	long after;

	fj_close((int)before);
	for (long nr = 0; nr < fj_row_count; nr++) {
		const struct fj_row *row = fj_row(nr);
		uint64_t arg[FJ_ARGS] = {0};

		if (!row || row->hook != FJ_HOOK_translate)
			continue;
		for (int i = 0; i < FJ_ARGS; i++)
			if (row->kind[i] == FJ_PATH || row->kind[i] == FJ_LPATH ||
				row->kind[i] == FJ_NEW || row->kind[i] == FJ_OLD)
				arg[i] = (uint64_t) "/nothing/at/all";
		ck_assert_msg(fj_is_err(unit_call(nr, arg[0], arg[1], arg[2], arg[3], arg[4])),
			"%s", fj_row_name(row));
	}
	after = fj_sys1(__NR_dup, 0);
	fj_close((int)after);
	ck_assert_int_eq(after, before);
}
END_TEST

START_TEST(read_only)
{
	static const long numbers[] = {__NR_chmod, __NR_truncate, __NR_unlink, __NR_rmdir,
		__NR_mkdir, __NR_utime, __NR_removexattr};
	struct stat st;

	tree_dir("jail/d");
	tree_file("jail/f", "");
	unit_read_only_root();
	for (int way = 0; way < 2; way++) {
		fj_jail->no_openat2 = way;
		unit_assert_result(unit_call2(__NR_stat, "/f", &st), 0);
		for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
			unit_assert_result(
				unit_call2(numbers[i], numbers[i] == __NR_rmdir ? "/d" : "/f",
					"user.x"),
				numbers[i] == __NR_mkdir ? -EEXIST : -EROFS);
		unit_assert_result(unit_call2(__NR_mkdir, "/new", 0755), -EROFS);
		unit_assert_result(unit_call2(__NR_rename, "/f", "/g"), -EROFS);
		unit_assert_result(unit_call2(__NR_symlink, "x", "/g"), -EROFS);
		unit_assert_result(unit_call3(__NR_open, "/f", O_RDWR, 0), -EROFS);
		unit_assert_result(unit_call3(__NR_open, "/g", O_CREAT | O_WRONLY, 0), -EROFS);
		unit_assert_result(
			unit_call3(__NR_open, "/f", O_CREAT | O_EXCL | O_WRONLY, 0), -EEXIST);
		unit_assert_result(unit_call2(__NR_access, "/f", 2), -EROFS);
		unit_assert_result(unit_call2(__NR_access, "/f", 4), 0);
		fj_close((int)unit_call3(__NR_open, "/f", O_RDONLY, 0));
	}
}
END_TEST

/* ---- where the process stands ---- */

static const char *cwd(void)
{
	static char text[FJ_PATH_MAX];
	const long r = unit_call2(__NR_getcwd, text, sizeof(text));

	return r < 0 ? unit_result(r) : text;
}

START_TEST(working_directory)
{
	char small[5];

	tree_dir("jail/a");
	tree_dir("jail/a/b");
	tree_link("jail/l", "/a/b");
	unit_assert_result(unit_call1(__NR_chdir, "/"), 0);
	ck_assert_str_eq(cwd(), "/");
	unit_assert_result(unit_call1(__NR_chdir, "l"), 0);
	ck_assert_str_eq(cwd(), "/a/b");
	unit_assert_result(unit_call2(__NR_getcwd, small, sizeof(small)), 5);
	unit_assert_result(unit_call2(__NR_getcwd, small, sizeof(small) - 1), -ERANGE);
	unit_assert_result(unit_call1(__NR_chdir, "../../../.."), 0);
	ck_assert_str_eq(cwd(), "/");
	ck_assert_int_eq(fj_sys1(__NR_chdir, tree_path("")), 0);
	ck_assert_str_eq(cwd(), "(unreachable)/");
}
END_TEST

/* chroot(2) nests, and is left again through a directory outside it, as in the kernel. */
START_TEST(nested_root)
{
	struct stat st;

	tree_dir("jail/inner");
	tree_dir("jail/inner/etc");
	tree_link("jail/inner/out", "/../../etc");
	tree_file("jail/top", "");
	unit_assert_result(unit_call1(__NR_chdir, "/inner/etc"), 0);
	unit_assert_result(unit_call1(__NR_chroot, "/inner"), 0);
	ck_assert_str_eq(cwd(), "/etc");
	unit_assert_result(unit_call2(__NR_stat, "/top", &st), -ENOENT);
	unit_assert_result(unit_call2(__NR_stat, "/out", &st), 0);
	unit_assert_result(unit_call1(__NR_chdir, "/.."), 0);
	ck_assert_str_eq(cwd(), "/");
	unit_assert_result(unit_call1(__NR_chroot, "/etc"), 0);
	ck_assert_str_eq(cwd(), "(unreachable)/inner");
	unit_assert_result(unit_call1(__NR_chdir, "../.."), 0);
	unit_assert_result(unit_call1(__NR_chroot, "."), 0);
	ck_assert_str_eq(cwd(), "/");
	unit_assert_result(unit_call2(__NR_stat, "/top", &st), 0);
	unit_assert_result(unit_call1(__NR_chroot, "/top"), -ENOTDIR);
	unit_assert_result(unit_call1(__NR_chroot, "/nothing"), -ENOENT);
}
END_TEST

/* ---- the race that facts must not lose ---- */

static fj_gate_fn real_gate;
static void (*before_rename)(void), (*after_rename)(void);

static long gate_around_rename(long nr, long a, long b, long c, long d, long e, long f)
{
	long r;

	if (nr != __NR_renameat2)
		return real_gate(nr, a, b, c, d, e, f);
	fj_gate = real_gate;
	before_rename();
	r = real_gate(nr, a, b, c, d, e, f);
	after_rename();
	return r;
}

static struct stat shown;
static long shown_r;

/* What another process of the jail does at that moment: looks, and so remembers; then looks again.
 */
static void look_at_secret(void)
{
	shown = (struct stat){0};
	shown_r = unit_call2(__NR_stat, "/d/secret", &shown);
}

/* A directory and a symlink change places in one call. Its target, absolute, exists on the host and
 * not in the jail: who uses the remembered directory after the exchange must not be led out. */
START_TEST(exchange)
{
	tree_dir("outside");
	tree_file("outside/secret", "the host's");
	tree_dir("jail/d");
	tree_file("jail/d/secret", "");
	tree_link("jail/l", tree_path("outside"));
	real_gate = fj_gate;
	before_rename = after_rename = look_at_secret;
	fj_gate = gate_around_rename;
	unit_assert_result(unit_call5(__NR_renameat2, AT_FDCWD, "/d", AT_FDCWD, "/l", EXCHANGE), 0);
	fj_gate = real_gate;
	ck_assert_msg(shown_r == -ENOENT, "in the middle of the exchange: %s, %ld bytes",
		unit_result(shown_r), (long)shown.st_size);
	look_at_secret();
	unit_assert_result(shown_r, -ENOENT);
}
END_TEST

/* What was remembered by a relative name must be forgotten when a directory above the working
 * directory is replaced. */
START_TEST(above_working_directory)
{
	struct stat st;

	tree_dir("outside");
	tree_dir("outside/src");
	tree_file("outside/src/secret", "the host's");
	tree_dir("jail/work");
	tree_dir("jail/work/src");
	tree_file("jail/work/src/secret", "");
	ck_assert_int_eq(fj_sys1(__NR_chdir, tree_path("jail/work")), 0);
	unit_assert_result(unit_call2(__NR_stat, "src/secret", &st), 0);
	unit_assert_result(unit_call2(__NR_rename, "/work", "/old"), 0);
	unit_assert_result(unit_call2(__NR_symlink, tree_path("outside"), "/work"), 0);
	unit_assert_result(unit_call2(__NR_stat, "/work/src/secret", &st), -ENOENT);
	unit_assert_result(unit_call2(__NR_stat, "/old/src/secret", &st), 0);
	unit_assert_result(unit_call2(__NR_stat, "src/secret", &st), 0);
}
END_TEST

/* ---- sockets ---- */

struct address {
	uint16_t family;
	char path[126]; /* of struct sockaddr_storage: more than sun_path has */
};

/* A name of every length that sun_path holds comes back as it was bound, up to its NUL: unix(7). */
START_TEST(socket_names)
{
	struct address a = {.family = 1}, got;

	for (int len = 1; len <= 107; len++) {
		const long fd = fj_sys3(__NR_socket, 1, 2 /* SOCK_DGRAM */, 0);
		uint32_t size = sizeof(got);

		memset(a.path, 0, sizeof(a.path));
		memset(a.path, 's', (size_t)len + 1);
		a.path[0] = '/';
		unit_assert_result(unit_call3(__NR_bind, fd, &a, 2 + len + 1), 0);
		memset(&got, 'x', sizeof(got));
		unit_assert_result(unit_call3(__NR_getsockname, fd, &got, &size), 0);
		ck_assert_uint_eq(size, 2 + (unsigned)len + 2);
		ck_assert_str_eq(got.path, a.path);
		ck_assert_int_eq(got.path[len + 2], 'x');
		unit_assert_result(
			unit_call3(__NR_bind, fj_sys3(__NR_socket, 1, 2, 0), &a, 2 + len + 1),
			-EADDRINUSE);
		fj_close((int)fd);
		unit_assert_result(unit_call1(__NR_unlink, a.path), 0);
	}
}
END_TEST

START_TEST(socket_reached)
{
	const struct address a = {.family = 1, .path = "/inner/../s"};
	struct address got;
	uint32_t size = 5;
	const long server = fj_sys3(__NR_socket, 1, 1 /* SOCK_STREAM */, 0),
		   client = fj_sys3(__NR_socket, 1, 1, 0);

	tree_dir("jail/inner");
	unit_assert_result(unit_call3(__NR_connect, client, &a, 14), -ENOENT);
	unit_assert_result(unit_call3(__NR_bind, server, &a, 14), 0);
	ck_assert(is_there("jail/s"));
	unit_assert_result(unit_call3(__NR_connect, client, &a, 14), -ECONNREFUSED);
	unit_assert_result(fj_sys2(__NR_listen, server, 1), 0);
	unit_assert_result(unit_call3(__NR_connect, client, &a, 14), 0);
	memset(&got, 'x', sizeof(got));
	unit_assert_result(unit_call3(__NR_getpeername, client, &got, &size), 0);
	ck_assert_uint_eq(size, 14);
	ck_assert_mem_eq(got.path, "/inxx", 5);
}
END_TEST

/* ---- what a call costs ---- */

static unsigned entries;

static long gate_that_counts(long nr, long a, long b, long c, long d, long e, long f)
{
	/* Asking whether memory can be read or written is not about files. */
	if (nr != __NR_rt_sigprocmask && nr != __NR_rt_sigpending)
		entries++;
	return real_gate(nr, a, b, c, d, e, f);
}

/* How often the engine enters the kernel for the call, the second time. */
static unsigned cost(long nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	long r = unit_call5(nr, a, b, c, d, 0);

	if (nr == __NR_openat && r >= 0)
		fj_close((int)r);
	real_gate = fj_gate;
	fj_gate = gate_that_counts;
	entries = 0;
	r = unit_call5(nr, a, b, c, d, 0);
	fj_gate = real_gate;
	ck_assert_msg(!fj_is_err(r), "%s", unit_result(r));
	if (nr == __NR_openat)
		fj_close((int)r);
	return entries;
}
#define COST(nr, a, b, c, d) cost(nr, (uint64_t)(a), (uint64_t)(b), (uint64_t)(c), (uint64_t)(d))

/* The usual case costs one system call, as outside a jail; through a final symlink the walk comes
 * to it. */
START_TEST(costs)
{
	char buffer[64];
	struct stat st;

	tree_dir("jail/a");
	tree_dir("jail/a/b");
	tree_file("jail/a/b/file", "");
	tree_link("jail/l", "a/b");
	tree_link("jail/a/b/link", "file");
	ck_assert_uint_eq(COST(__NR_newfstatat, AT_FDCWD, "/a/b/file", &st, 0), 1);
	ck_assert_uint_eq(COST(__NR_newfstatat, AT_FDCWD, "/l/file", &st, 0), 1);
	ck_assert_uint_eq(COST(__NR_newfstatat, AT_FDCWD, "/l/link", &st, AT_SYMLINK_NOFOLLOW), 1);
	ck_assert_uint_eq(COST(__NR_openat, AT_FDCWD, "/l/file", O_RDONLY, 0), 1);
	ck_assert_uint_eq(COST(__NR_readlinkat, AT_FDCWD, "/l/link", buffer, sizeof(buffer)), 1);
	ck_assert_uint_le(COST(__NR_faccessat, AT_FDCWD, "/l/file", 4, 0), 2);
	ck_assert_uint_le(COST(__NR_newfstatat, AT_FDCWD, "/l/link", &st, 0), 12);
	/* With records in the jail the kernel is asked by statx(2), which tells what they are
	 * matched with, in the same call. */
	unit_assert_result(unit_call3(__NR_chown, "/a/b/file", 1, 1), 0);
	ck_assert_uint_eq(COST(__NR_newfstatat, AT_FDCWD, "/l/file", &st, 0), 1);
	ck_assert_uint_eq(st.st_uid, 1);
	ck_assert_uint_eq(COST(__NR_openat, AT_FDCWD, "/l/file", O_RDONLY, 0), 1);
	/* A name in the working directory needs no fact. */
	ck_assert_int_eq(fj_sys1(__NR_chdir, tree_path("jail/a/b")), 0);
	ck_assert_uint_eq(COST(__NR_newfstatat, AT_FDCWD, "file", &st, 0), 1);
	ck_assert_uint_eq(COST(__NR_openat, AT_FDCWD, "file", O_RDONLY, 0), 1);
}
END_TEST

/* ---- random calls, against a shadow ---- */

static int shadow_fd;

static long shadow_open(const char *jail_path, uint64_t flags, uint64_t mode)
{
	struct open_how how = {
		.flags = flags | O_CLOEXEC, .mode = mode, .resolve = RESOLVE_IN_ROOT};
	long r;

	do
		r = fj_sys4(__NR_openat2, shadow_fd, jail_path, &how, sizeof(how));
	while (r == -EAGAIN);
	return r;
}

/* The directory that holds the last component, and that component, slashes at its end included. */
static long shadow_parent(const char *jail_path, const char **name)
{
	static char parent[2 * TREE_PATH];
	size_t end = strlen(jail_path);

	while (end && jail_path[end - 1] == '/')
		end--;
	while (end && jail_path[end - 1] != '/')
		end--;
	snprintf(parent, sizeof(parent), "%.*s", (int)end, jail_path);
	*name = jail_path + end;
	if (!**name)
		*name = "/";
	return shadow_open(*parent ? parent : "/", O_PATH | O_DIRECTORY, 0);
}

/* What names a file in both trees: its mode is unique enough among directories, its size among
 * files. */
struct shape {
	long r;
	uint32_t mode;
	uint64_t size, links;
	char text[64];
};

static struct shape shape_of(long r, const struct stat *st)
{
	struct shape s = {.r = r};

	if (!r) {
		s.mode = st->st_mode;
		s.links = st->st_nlink;
		if ((st->st_mode & S_IFMT_) != 0040000)
			s.size = st->st_size;
	}
	return s;
}

enum operation {
	STAT,
	LSTAT,
	OPEN,
	CREATE,
	MKDIR,
	RMDIR,
	UNLINK,
	RENAME,
	SWAP,
	SYMLINK,
	LINK,
	CHMOD,
	READLINK,
	ACCESS,
	OPERATIONS
};
static const char *const operation_name[] = {"stat", "lstat", "open", "create", "mkdir", "rmdir",
	"unlink", "rename", "swap", "symlink", "link", "chmod", "readlink", "access"};

struct step {
	enum operation what;
	char a[64], b[64];			     /* as the program writes them */
	char whole_a[TREE_PATH], whole_b[TREE_PATH]; /* the same from the root on */
	unsigned unique;
};

static struct shape engine_step(const struct step *s)
{
	struct shape shape = {0};
	struct stat st;
	long fd;

	switch (s->what) {
	case STAT:
		return shape_of(unit_call2(__NR_stat, s->a, &st), &st);
	case LSTAT:
		return shape_of(unit_call2(__NR_lstat, s->a, &st), &st);
	case OPEN:
	case CREATE:
		fd = unit_call3(
			__NR_open, s->a, s->what == OPEN ? O_RDONLY : O_CREAT | O_WRONLY, 0644);
		if (fj_is_err(fd))
			return (struct shape){.r = fd};
		if (s->what == CREATE)
			fj_sys2(__NR_ftruncate, fd, s->unique);
		shape = shape_of(unit_call2(__NR_fstat, fd, &st), &st);
		fj_close((int)fd);
		return shape;
	case MKDIR:
		shape.r = unit_call2(__NR_mkdir, s->a, 0700 | s->unique % 64);
		break;
	case RMDIR:
		shape.r = unit_call1(__NR_rmdir, s->a);
		break;
	case UNLINK:
		shape.r = unit_call1(__NR_unlink, s->a);
		break;
	case RENAME:
		shape.r = unit_call2(__NR_rename, s->a, s->b);
		break;
	case SWAP:
		shape.r = unit_call5(__NR_renameat2, AT_FDCWD, s->a, AT_FDCWD, s->b, EXCHANGE);
		break;
	case SYMLINK:
		shape.r = unit_call2(__NR_symlink, s->b, s->a);
		break;
	case LINK:
		shape.r = unit_call2(__NR_link, s->b, s->a);
		break;
	case CHMOD:
		shape.r = unit_call2(__NR_chmod, s->a, 0700 | s->unique % 64);
		break;
	case READLINK:
		shape.r = unit_call3(__NR_readlink, s->a, shape.text, sizeof(shape.text) - 1);
		break;
	case ACCESS:
		shape.r = unit_call2(__NR_access, s->a, 0);
		break;
	case OPERATIONS:
		break;
	}
	return shape;
}

static struct shape shadow_step(const struct step *s)
{
	struct shape shape = {0};
	struct stat st;
	const char *name = "", *other_name = "";
	char link[32];
	long fd, other;

	switch (s->what) {
	case STAT:
	case LSTAT:
	case CHMOD:
	case ACCESS:
		fd = shadow_open(s->whole_a, O_PATH | (s->what == LSTAT ? O_NOFOLLOW : 0), 0);
		if (fj_is_err(fd))
			return (struct shape){.r = fd};
		snprintf(link, sizeof(link), "/proc/self/fd/%ld", fd);
		if (s->what == CHMOD)
			shape.r = fj_sys3(__NR_fchmodat, AT_FDCWD, link, 0700 | s->unique % 64);
		else if (s->what != ACCESS)
			shape = shape_of(fj_sys4(__NR_newfstatat, fd, "", &st, AT_EMPTY_PATH), &st);
		fj_close((int)fd);
		return shape;
	case OPEN:
	case CREATE:
		fd = shadow_open(s->whole_a, s->what == OPEN ? O_RDONLY : O_CREAT | O_WRONLY,
			s->what == OPEN ? 0 : 0644);
		if (fj_is_err(fd))
			return (struct shape){.r = fd};
		if (s->what == CREATE)
			fj_sys2(__NR_ftruncate, fd, s->unique);
		shape = shape_of(fj_sys2(__NR_fstat, fd, &st), &st);
		fj_close((int)fd);
		return shape;
	case MKDIR:
	case RMDIR:
	case UNLINK:
	case SYMLINK:
		fd = shadow_parent(s->whole_a, &name);
		if (fj_is_err(fd))
			return (struct shape){.r = fd};
		if (s->what == MKDIR)
			shape.r = fj_sys3(__NR_mkdirat, fd, name, 0700 | s->unique % 64);
		else if (s->what == SYMLINK)
			shape.r = fj_sys3(__NR_symlinkat, s->b, fd, name);
		else
			shape.r = fj_sys3(
				__NR_unlinkat, fd, name, s->what == RMDIR ? AT_REMOVEDIR : 0);
		fj_close((int)fd);
		return shape;
	case RENAME:
	case SWAP:
		fd = shadow_parent(s->whole_a, &name);
		if (fj_is_err(fd))
			return (struct shape){.r = fd};
		other = shadow_parent(s->whole_b, &other_name);
		shape.r = fj_is_err(other) ? other :
					     fj_sys5(__NR_renameat2, fd, name, other, other_name,
						     s->what == SWAP ? EXCHANGE : 0);
		fj_close((int)fd);
		if (!fj_is_err(other))
			fj_close((int)other);
		return shape;
	case LINK:
		other = shadow_open(s->whole_b, O_PATH | O_NOFOLLOW, 0);
		if (fj_is_err(other))
			return (struct shape){.r = other};
		fd = shadow_parent(s->whole_a, &name);
		snprintf(link, sizeof(link), "/proc/self/fd/%ld", other);
		shape.r = fj_is_err(fd) ?
				  fd :
				  fj_sys5(__NR_linkat, AT_FDCWD, link, fd, name, AT_SYMLINK_FOLLOW);
		fj_close((int)other);
		if (!fj_is_err(fd))
			fj_close((int)fd);
		return shape;
	case READLINK:
		fd = shadow_open(s->whole_a, O_PATH | O_NOFOLLOW, 0);
		if (fj_is_err(fd))
			return (struct shape){.r = fd};
		shape.r = fj_sys4(__NR_readlinkat, fd, "", shape.text, sizeof(shape.text) - 1);
		if (shape.r == -ENOENT)
			shape.r = -EINVAL; /* readlinkat(2): "" of what is no link */
		fj_close((int)fd);
		return shape;
	case OPERATIONS:
		break;
	}
	return shape;
}

static const char *random_name(void)
{
	static const char *const names[] = {"a", "b", "c"};

	return names[unit_random(3)];
}

static void random_path(char *path)
{
	*path = 0;
	if (unit_random(3))
		strcat(path, "/");
	for (unsigned n = 1 + unit_random(3); n--;) {
		strcat(path, unit_random(9) ? random_name() : unit_random(2) ? ".." : ".");
		if (n)
			strcat(path, "/");
	}
	if (!unit_random(10))
		strcat(path, "/");
}

static void random_cwd(char *pos)
{
	ck_assert_int_eq(fj_sys1(__NR_fchdir, UNIT_FD), 0);
	*pos = 0;
	for (unsigned n = unit_random(3); n--;) {
		const char *name = random_name();
		const long fd = fj_open_path(AT_FDCWD, name, O_NOFOLLOW | O_DIRECTORY);

		if (fj_is_err(fd))
			continue;
		fj_sys1(__NR_fchdir, fd);
		fj_close((int)fd);
		strcat(pos, "/");
		strcat(pos, name);
	}
}

/* More looking than changing, for facts to be used; more making than removing, for the tree to have
 * something in it. */
static enum operation random_operation(void)
{
	static const enum operation often[] = {STAT, STAT, LSTAT, OPEN, ACCESS, READLINK, STAT,
		CREATE, MKDIR, MKDIR, SYMLINK, SYMLINK};

	return unit_random(2) ? often[unit_random(sizeof(often) / sizeof(often[0]))] :
				unit_random(OPERATIONS);
}

static void whole(char *into, const char *pos, const char *jail_path)
{
	snprintf(into, TREE_PATH, "%s%s%s", *jail_path == '/' ? "" : pos,
		*jail_path == '/' ? "" : "/", jail_path);
}

START_TEST(random_calls)
{
	const unsigned seed = unit_seed((unsigned)_i);

	tree_dir("shadow");
	shadow_fd = (int)fj_open_path(AT_FDCWD, tree_path("shadow"), O_DIRECTORY);
	if (fj_is_err(shadow_open("/", O_PATH, 0)))
		return; /* this kernel cannot be asked */
	fj_jail->no_openat2 = _i % 3 == 2;
	for (unsigned i = 0; i < 3000; i++) {
		struct step s = {.what = random_operation(), .unique = i + 1};
		char pos[TREE_PATH];
		struct shape got, want;

		random_cwd(pos);
		random_path(s.a);
		random_path(s.b);
		whole(s.whole_a, pos, s.a);
		whole(s.whole_b, pos, s.b);
		got = engine_step(&s);
		want = shadow_step(&s);
		ck_assert_msg(got.r == want.r && got.mode == want.mode && got.size == want.size &&
				      got.links == want.links && !strcmp(got.text, want.text),
			"seed %u, step %u: %s %s (%s) in %s: %s %o %lu %lu %s, not %s %o %lu %lu "
			"%s",
			seed, i, operation_name[s.what], s.a, s.b, pos, unit_result(got.r),
			got.mode, got.size, got.links, got.text, unit_result(want.r), want.mode,
			want.size, want.links, want.text);
	}
	ck_assert_uint_eq(fj_jail->changers, 0);
}
END_TEST

Suite *unit_suite_call(void)
{
	Suite *s = suite_create("call");
	TCase *c = tcase_create("cases");

	tcase_add_checked_fixture(c, unit_jail_setup, unit_jail_teardown);
	tcase_add_test(c, aliases);
	tcase_add_test(c, links_themselves);
	tcase_add_test(c, arguments);
	tcase_add_test(c, leaves_nothing_open);
	tcase_add_test(c, read_only);
	tcase_add_test(c, working_directory);
	tcase_add_test(c, nested_root);
	tcase_add_test(c, exchange);
	tcase_add_test(c, above_working_directory);
	tcase_add_test(c, costs);
	tcase_add_test(c, socket_names);
	tcase_add_test(c, socket_reached);
	suite_add_tcase(s, c);
	c = tcase_create("random");
	tcase_set_timeout(c, 0); /* a slow machine is no failure */
	tcase_add_checked_fixture(c, unit_jail_setup, unit_jail_teardown);
	tcase_add_loop_test(c, random_calls, 0, 9);
	suite_add_tcase(s, c);
	return s;
}
