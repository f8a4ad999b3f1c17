/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * check_shown.c - tests looks at files with and without records, where a jail has records: what is shown, and how many
 * system calls that costs (inode/owned.c). */
#include "entries.h"
#include "syscall/stat.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_names.h"
#include "unit.h"

#include <asm/stat.h>
#include <asm/unistd.h>
#include <linux/fcntl.h>
#include <linux/stat.h>

/* Where a jail has records, a file is first looked at as its neighbour was: a file without a record after one with a
 * record, and the other way round, costs at most one call more, and only once. */
START_TEST(costs_of_neighbours)
{
	static struct statx sx;
	struct stat st;
	long fd;

	tree_file("jail/owned", "");
	tree_file("jail/also", "");
	tree_file("jail/file", "");
	unit_assert_result(unit_call3(__NR_chown, "/also", 2, 2), 0);
	unit_assert_result(unit_call3(__NR_chown, "/owned", 1, 1), 0);
	ck_assert_uint_eq(COST_ONCE(__NR_newfstatat, AT_FDCWD, "/owned", &st, 0), 1);
	ck_assert_uint_eq(st.st_uid, 1);
	fd = unit_call4(__NR_openat, AT_FDCWD, "/file", O_RDONLY, 0);
	ck_assert_int_ge(fd, 0);
	for (int i = 0; i < 3; i++) {
		ck_assert_uint_eq(COST_ONCE(__NR_newfstatat, AT_FDCWD, "/file", &st, 0), 1);
		ck_assert_uint_eq(st.st_uid, 0);
		ck_assert_uint_eq(COST_ONCE(__NR_newfstatat, AT_FDCWD, "/file", &st, 0), 1);
		ck_assert_uint_eq(st.st_uid, 0);
		ck_assert_uint_eq(COST_ONCE(__NR_fstat, fd, &st, 0, 0), 1);
		ck_assert_uint_eq(st.st_uid, 0);
		ck_assert_uint_le(COST_ONCE(__NR_newfstatat, AT_FDCWD, "/owned", &st, 0), 2);
		ck_assert_uint_eq(st.st_uid, 1);
		ck_assert_uint_eq(COST_ONCE(__NR_newfstatat, AT_FDCWD, "/also", &st, 0), 1);
		ck_assert_uint_eq(st.st_uid, 2);
		unit_assert_result(
			unit_call5(__NR_statx, AT_FDCWD, "/owned", 0, STATX_BASIC_STATS, &sx), 0);
		ck_assert_uint_eq(sx.stx_uid, 1);
	}
	fj_sys_close((int)fd);
}
END_TEST

/* The number of a removed file with a record is that of another file. */
START_TEST(costs_of_a_number_used_again)
{
	struct stat old, st;

	tree_file("jail/owned", "");
	unit_assert_result(unit_call3(__NR_chown, "/owned", 1, 1), 0);
	unit_assert_result(unit_call4(__NR_newfstatat, AT_FDCWD, "/owned", &old, 0), 0);
	ck_assert_int_eq(fj_sys_unlinkat(AT_FDCWD, tree_path("jail/owned"), 0), 0);
	tree_file("jail/new", "");
	unit_assert_result(unit_call4(__NR_newfstatat, AT_FDCWD, "/new", &st, 0), 0);
	if (st.st_ino != old.st_ino)
		return; /* tmpfs counts on */
	for (int i = 0; i < 3; i++) {
		ck_assert_uint_eq(COST_ONCE(__NR_newfstatat, AT_FDCWD, "/new", &st, 0), 1);
		ck_assert_uint_eq(st.st_uid, 0);
	}
}
END_TEST

Suite *unit_suite_shown(void)
{
	Suite *s = suite_create("shown");
	TCase *c = tcase_create("cases");

	tcase_add_checked_fixture(c, unit_jail_setup, unit_jail_teardown);
	tcase_add_test(c, costs_of_neighbours);
	tcase_add_test(c, costs_of_a_number_used_again);
	suite_add_tcase(s, c);
	return s;
}
