/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * check_exchange.c - tests a walk while a directory, or a file, and a symlink change places: at each system call
 * that the engine makes for it the name may be the other one. The kernel itself never notices. */
#include "sys/gate_code.h"
#include "syscall/stat.h"
#include "syscall/unistd_names.h"
#include "unit.h"

#include <asm/stat.h>
#include <asm/unistd.h>
#include <linux/fcntl.h>
#include <linux/limits.h>
#include <string.h>

#define EXCHANGE 2u /* RENAME_EXCHANGE, linux/fs.h */

static fj_gate_fn real_gate;

static long exchange_at_readlink(long nr, long a, long b, long c, long d, long e, long f)
{
	if (nr == __NR_readlinkat) {
		fj_gate = real_gate;
		unit_assert_result(
			unit_call5(__NR_renameat2, AT_FDCWD, "/d", AT_FDCWD, "/l", EXCHANGE), 0);
	}
	return real_gate(nr, a, b, c, d, e, f);
}

/* A directory and a symlink are exchanged at the moment when the text of a final symlink is read.
 * The directory on the host to which the symlink leads has a symlink of the same name, whose text
 * must not be used. */
START_TEST(exchange_of_followed)
{
	struct stat st;
	char buffer[8];
	long r = 0;

	tree_dir("outside");
	tree_link("outside/s", "/here");
	tree_file("jail/here", "");
	tree_dir("jail/d");
	tree_link("jail/d/s", "/nowhere");
	tree_link("jail/l", tree_path("outside"));
	unit_assert_result(unit_call2(__NR_stat, "/d/s", &st), -ENOENT);
	real_gate = fj_gate;
	fj_gate = exchange_at_readlink;
	switch (_i) {
	case 0:
		r = unit_call2(__NR_stat, "/d/s", &st);
		break;
	case 1:
		r = unit_call2(__NR_access, "/d/s", 0);
		break;
	case 2:
		r = unit_call2(__NR_open, "/d/s", 0);
		break;
	case 3:
		r = unit_call4(__NR_getxattr, "/d/s", "user.a", buffer, sizeof(buffer));
		break;
	}
	ck_assert_msg(fj_gate == real_gate, "no symlink was read");
	unit_assert_result(r, -ENOENT);
}
END_TEST

static bool has_read, exchanges_back;

/* As somebody outside the jail does it: no fact becomes invalid. */
static void exchange_outside(const char *a, const char *b)
{
	char path[PATH_MAX];

	strcpy(path, tree_path(a));
	ck_assert_int_eq(fj_sys_renameat2(AT_FDCWD, path, AT_FDCWD, tree_path(b), EXCHANGE), 0);
}

/* The directory becomes a symlink when the walk wants to open it, and is one again when the walk
 * wants to read that. */
static long exchange_twice(long nr, long a, long b, long c, long d, long e, long f)
{
	if ((nr == __NR_openat2 && !exchanges_back) || (nr == __NR_readlinkat && exchanges_back)) {
		exchanges_back = !exchanges_back;
		has_read |= !exchanges_back;
		exchange_outside("jail/d", "jail/l");
	}
	if (has_read)
		fj_gate = real_gate;
	return real_gate(nr, a, b, c, d, e, f);
}

/* Whatever a name on the way is at each moment, a directory or a symlink, it leads to a directory. */
START_TEST(exchange_on_the_way)
{
	struct stat st;
	char buffer[8];
	long r = 0;

	tree_dir("jail/d");
	tree_file("jail/d/f", "");
	tree_dir("jail/e");
	tree_file("jail/e/f", "");
	tree_link("jail/l", "e");
	real_gate = fj_gate;
	has_read = exchanges_back = false;
	fj_gate = exchange_twice;
	switch (_i) {
	case 0:
		r = unit_call2(__NR_stat, "/d/f", &st);
		break;
	case 1:
		r = unit_call2(__NR_access, "/d/f", 2 /* W_OK */);
		break;
	case 2:
		r = unit_call2(__NR_open, "/d/f", 0);
		r = r < 0 ? r : 0;
		break;
	case 3:
		r = unit_call3(__NR_readlink, "/d/f", buffer, sizeof(buffer));
		r = r == -EINVAL ? 0 : r;
		break;
	case 4:
		r = unit_call2(__NR_chmod, "/d/f", 0600);
		break;
	case 5:
		r = unit_call2(__NR_mkdir, "/d/new", 0700);
		break;
	}
	ck_assert_msg(has_read, "no symlink was read");
	unit_assert_result(r, 0);
}
END_TEST

static long exchange_at_open(long nr, long a, long b, long c, long d, long e, long f)
{
	if (has_read && (nr == __NR_openat || nr == __NR_openat2 || nr == __NR_faccessat ||
				nr == __NR_faccessat2)) {
		fj_gate = real_gate;
		exchange_outside("jail/d/f", "jail/d/l");
	}
	has_read |= nr == __NR_readlinkat;
	return real_gate(nr, a, b, c, d, e, f);
}

/* A file becomes a symlink when a call is made for it. What the symlink leads to exists in the jail alone. */
START_TEST(exchange_at_the_end)
{
	long r = 0;

	tree_dir("jail/d");
	tree_file("jail/d/f", "");
	tree_file("jail/here", "");
	tree_link("jail/d/l", "/here");
	ck_assert_int_eq(fj_sys_chdir(tree_path("jail/d")), 0);
	real_gate = fj_gate;
	has_read = _i == 2; /* no symlink is read, but the file looked at */
	fj_gate = exchange_at_open;
	switch (_i) {
	case 0:
		r = unit_call2(__NR_chmod, "/d/f", 0600);
		break;
	case 1:
		r = unit_call2(__NR_truncate, "/d/f", 1);
		break;
	case 2:
		r = unit_call2(__NR_access, "f", 2 /* W_OK */);
		break;
	case 3:
		r = unit_call2(__NR_access, "/d/f", 2 /* W_OK */);
		break;
	}
	ck_assert_msg(fj_gate == real_gate, "nothing was exchanged");
	unit_assert_result(r, 0);
}
END_TEST

/* The directory becomes a symlink after the file was looked at: before its ctime is changed on the disk. */
static long exchange_after_look(long nr, long a, long b, long c, long d, long e, long f)
{
	if (has_read) {
		fj_gate = real_gate;
		exchange_outside("jail/d", "jail/l");
	}
	has_read |= nr == __NR_statx;
	return real_gate(nr, a, b, c, d, e, f);
}

/* chown(2) changes the file that was looked at, and no file on the host to which an absolute symlink leads. */
START_TEST(exchange_in_chown)
{
	const uint64_t id = _i % 2 ? 0 : (uint64_t)-1;
	struct stat st;

	tree_dir("jail/d");
	tree_file("jail/d/f", "");
	tree_dir("jail/e");
	tree_file("jail/e/f", "");
	tree_link("jail/l", "/e");
	for (int i = 0; i < 2; i++) /* the second one is by facts */
		unit_assert_result(unit_call2(__NR_stat, "/d/f", &st), 0);
	real_gate = fj_gate;
	has_read = false;
	fj_gate = exchange_after_look;
	unit_assert_result(unit_call3(_i < 2 ? __NR_chown : __NR_lchown, "/d/f", id, id), 0);
	ck_assert_msg(fj_gate == real_gate, "nothing was exchanged");
}
END_TEST

Suite *unit_suite_exchange(void)
{
	Suite *s = suite_create("exchange");
	TCase *c = tcase_create("exchange");

	tcase_set_timeout(c, 0); /* no limit: the machine may be slow */
	tcase_add_checked_fixture(c, unit_jail_setup, unit_jail_teardown);
	tcase_add_loop_test(c, exchange_of_followed, 0, 4);
	tcase_add_loop_test(c, exchange_on_the_way, 0, 6);
	tcase_add_loop_test(c, exchange_at_the_end, 0, 4);
	tcase_add_loop_test(c, exchange_in_chown, 0, 4);
	suite_add_tcase(s, c);
	return s;
}
