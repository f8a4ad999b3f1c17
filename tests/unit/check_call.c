/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * check_call.c - whole calls through fj_call() (call/run.c and the hooks on files). */
#include "call/hooks.h"
#include "inode/owned.h"
#include "sys/gate_code.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_io.h"
#include "syscall/unistd_names.h"

#include "unit.h"
#include "call/row.h"
#include "jail/kernel_lacks.h"
#include "sys/abi.h"

#include <asm/unistd.h>
#include <linux/fcntl.h>
#include <linux/limits.h>
#include <string.h>
#include <unistd.h>

#include <asm/stat.h>

#define S_IFMT_ 0170000u
#define EXCHANGE 2u /* RENAME_EXCHANGE, linux/fs.h */

/* ---- old calls ---- */

static bool is_there(const char *name)
{
	return fj_sys_faccessat(AT_FDCWD, tree_path(name), 0) == 0;
}

/* Each call that is older than the *at family: every argument reaches its place. */
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
	ck_assert_int_eq(fj_sys_write(fd, "hello", 5), 5);
	fj_sys_close((int)fd);
	unit_assert_result(
		unit_call2(__NR_creat, "/d/f", 0600) < 0, 0); /* truncates, leaves the mode */
	unit_assert_result(unit_call2(__NR_stat, "/d/f", &st), 0);
	ck_assert_uint_eq(st.st_mode, 0100640);
	ck_assert_uint_eq(st.st_size, 0);
	fd = unit_call3(__NR_open, "/d/g", O_CREAT | O_EXCL | O_RDWR, 0604);
	ck_assert_int_ge(fd, 0);
	fj_sys_close((int)fd);
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
		unit_call2(__NR_access, "/d/g", 1), -EACCES); /* no x bit: not even root */
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

/* The calls for a symlink itself: lchown(2) and others. */
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
	/* Symlinks have no user attributes (xattr(7)). The call must not reach the link's target.
	 */
	unit_assert_result(unit_call4(__NR_lgetxattr, "/l", "user.none", 0, 0) == 0, 0);
	unit_assert_result(unit_call4(__NR_lgetxattr, "/none", "user.none", 0, 0) == -ENOENT, 0);
	unit_assert_result(unit_call4(__NR_getxattr, "/none", "user.none", 0, 0), -ENOENT);
}
END_TEST

/* Bad pointers and unusual paths give the results of getname_flags() in fs/namei.c. */
START_TEST(arguments)
{
	static char longest[PATH_MAX + 1];
	struct stat st;

	unit_assert_result(unit_call2(__NR_stat, 0, &st), -EFAULT);
	unit_assert_result(unit_call2(__NR_stat, 8, &st), -EFAULT);
	unit_assert_result(unit_call2(__NR_stat, "", &st), -ENOENT);
	unit_assert_result(unit_call2(__NR_stat, "/", 8), -EFAULT);
	memset(longest, '/', PATH_MAX);
	unit_assert_result(unit_call2(__NR_stat, longest, &st), -ENAMETOOLONG);
	longest[PATH_MAX - 1] = 0;
	unit_assert_result(unit_call2(__NR_stat, longest, &st), 0);
	unit_assert_result(unit_call4(__NR_newfstatat, UNIT_FD, "", &st, AT_EMPTY_PATH), -EBADF);
	unit_assert_result(unit_call4(__NR_newfstatat, UNIT_FD, "/", &st, 0), 0);
	unit_assert_result(unit_call4(__NR_newfstatat, 12345, "x", &st, 0), -EBADF);
	unit_assert_result(unit_call4(__NR_newfstatat, 12345, "/", &st, 0), 0);
	unit_assert_result(unit_call1(__NR_chdir, 0), -EFAULT);
	unit_assert_result(unit_call1(__NR_unlink, 0), -EFAULT);
	unit_assert_result(unit_call2(__NR_rename, "/x", 0), -EFAULT);
	unit_assert_result(unit_call3(__NR_open, 0, 0, 0), -EFAULT);
	/* Numbers without a row, and refused calls. */
	unit_assert_result(unit_call1(5000, 0), -ENOSYS);
	unit_assert_result(unit_call1(-1, 0), -ENOSYS);
	unit_assert_result(unit_call1(__NR_io_uring_setup, 0), -ENOSYS);
	unit_assert_result(unit_call2(__NR_swapon, "/", 0), -EPERM);
}
END_TEST

/* Every row whose hook is "translate", with a path that does not exist, leaves no descriptor
 * open. */
START_TEST(leaves_nothing_open)
{
	const long before = dup(0);
	long after;

	fj_sys_close((int)before);
	for (long nr = 0; nr < fj_row_count; nr++) {
		const struct fj_row *row = fj_row(nr);
		uint64_t arg[FJ_ARGS] = {0};

		if (!row || row->hook != FJ_HOOK_translate)
			continue;
		for (int i = 0; i < FJ_ARGS; i++)
			if (row->kind[i] == FJ_PATH || row->kind[i] == FJ_LPATH ||
				row->kind[i] == FJ_NEW || row->kind[i] == FJ_OLD)
				arg[i] = (uint64_t) "/nothing/at/all";
		ck_assert_msg(unit_call(nr, arg[0], arg[1], arg[2], arg[3], arg[4]) < 0, "%s",
			fj_row_name(row));
	}
	after = dup(0);
	fj_sys_close((int)after);
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
		fj_lacks()->openat2 = way;
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
		fj_sys_close((int)unit_call3(__NR_open, "/f", O_RDONLY, 0));
	}
}
END_TEST

/* ---- the working directory and the root ---- */

static const char *cwd(void)
{
	static char text[PATH_MAX];
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
	ck_assert_int_eq(fj_sys_chdir(tree_path("")), 0);
	ck_assert_str_eq(cwd(), "(unreachable)/");
}
END_TEST

/* A root inside a root. As in the kernel, the process leaves the inner one by a directory
 * outside. */
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

/* ---- directories that are replaced while facts are used ---- */

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

/* Another process of the jail looks up the name at that moment, so that a fact is added. Then it
 * looks again. */
static void look_at_secret(void)
{
	shown = (struct stat){0};
	shown_r = unit_call2(__NR_stat, "/d/secret", &shown);
}

/* One call exchanges a directory and a symlink. The symlink's target is absolute, and exists on the
 * host only. After the exchange, a lookup by the directory's fact must not leave the jail. */
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

/* Facts that were added by relative names become invalid when a directory above the working
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
	ck_assert_int_eq(fj_sys_chdir(tree_path("jail/work")), 0);
	unit_assert_result(unit_call2(__NR_stat, "src/secret", &st), 0);
	unit_assert_result(unit_call2(__NR_rename, "/work", "/old"), 0);
	unit_assert_result(unit_call2(__NR_symlink, tree_path("outside"), "/work"), 0);
	unit_assert_result(unit_call2(__NR_stat, "/work/src/secret", &st), -ENOENT);
	unit_assert_result(unit_call2(__NR_stat, "/old/src/secret", &st), 0);
	unit_assert_result(unit_call2(__NR_stat, "src/secret", &st), 0);
}
END_TEST

static fj_gate_fn real_gate;
static bool is_made;

/* The kernel creates the file, and then statx(2) fails. */
static long fail_look(long nr, long a0, long a1, long a2, long a3, long a4, long a5)
{
	if (is_made && (nr == __NR_statx || nr == __NR_newfstatat))
		return -EIO;
	is_made = is_made || nr == __NR_mknodat;
	return real_gate(nr, a0, a1, a2, a3, a4, a5);
}

/* If a new file needs a record, and cannot be examined to get one, it does not stay. */
START_TEST(made_and_not_looked_at)
{
	real_gate = fj_gate;
	fj_gate = fail_look;
	unit_assert_result(unit_call3(__NR_mknod, "/node", FJ_S_IFCHR | 0600, 0x103), -EIO);
	fj_gate = real_gate;
	ck_assert(is_made);
	ck_assert_int_eq(fj_sys_faccessat(AT_FDCWD, tree_path("jail/node"), 0), -ENOENT);
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
	tcase_add_test(c, made_and_not_looked_at);
	suite_add_tcase(s, c);
	return s;
}
