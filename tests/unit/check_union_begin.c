/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * check_union_begin.c - tests the first listing of a directory of an overlay that was opened by a descriptor, when the
 * descriptor has become another directory's meanwhile. */
#include "layers/union.h"
#include "sys/abi.h"
#include "sys/fd.h"
#include "sys/gate_code.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_io.h"
#include "union_tree.h"
#include "unit.h"

#include <asm/stat.h>
#include <asm/unistd.h>
#include <linux/fcntl.h>
#include <linux/fs.h>
#include <string.h>

static fj_gate_fn real_gate;
static unsigned asked, dots_in;
static uint64_t dot_ino;

/* Counts the questions which directory a descriptor is. In a listing, "." may get another directory's number. */
static long gate_that_lists(long nr, long a0, long a1, long a2, long a3, long a4, long a5)
{
	const long r = real_gate(nr, a0, a1, a2, a3, a4, a5);

	asked += nr == __NR_statx && (!a1 || !*(const char *)a1);
	for (long at = 0; nr == __NR_getdents64 && at < r; at += *(uint16_t *)(a1 + at + 16))
		if (dot_ino && !strcmp((const char *)a1 + at + 19, ".")) {
			*(uint64_t *)(a1 + at) = dot_ino;
			dots_in++;
		}
	return r;
}

/* Opens /m/d/in by a descriptor of /m/d so that the engine expects to list it. */
static long open_expected(long fd)
{
	struct stat st;
	long in;

	unit_assert_result(unit_call3(__NR_lseek, fd, 0, SEEK_SET), 0);
	union_listed(fd);
	unit_assert_result(unit_call4(__NR_newfstatat, fd, "in", &st, 0), 0);
	in = unit_call3(__NR_openat, fd, "in", O_RDONLY | O_DIRECTORY);
	ck_assert_int_ge(in, 0);
	return in;
}

/* A directory was opened, and is listed for the first time. But the descriptor was replaced meanwhile: by one at its
 * beginning (`size` 0) or in a listing. */
START_TEST(replaced_before_listing)
{
	static const char *const dirs[] = {
		"/m/late", "/m/late", "/m/both", "/m", "/plain/d", "/m/d/in"};
	static char list[32768];
	const long fd = unit_call3(__NR_openat, AT_FDCWD, "/m/d", O_RDONLY | O_DIRECTORY);
	long late, in, n;

	tree_dir("jail/lower/both");
	tree_dir("jail/upper/both");
	tree_file("jail/lower/both/low", "");
	tree_file("jail/upper/both/up", "");
	tree_dir("jail/lower/late");
	tree_file("jail/lower/late/gone", "");
	tree_file("jail/lower/late/stays", "");
	late = unit_call3(__NR_openat, AT_FDCWD, "/m/late", O_RDONLY | O_DIRECTORY);
	unit_assert_result(unit_call3(__NR_unlinkat, AT_FDCWD, "/m/late/gone", 0), 0);
	real_gate = fj_gate;
	fj_gate = gate_that_lists;
	in = open_expected(fd);
	asked = 0;
	ck_assert_uint_eq(union_listed(in), 3);
	ck_assert_uint_eq(asked, 0);
	fj_gate = real_gate;
	fj_sys_close((int)in);
	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		for (size_t size = 0; size < 200; size += 24) {
			const long other = i ? unit_call3(__NR_openat, AT_FDCWD, dirs[i],
						       O_RDONLY | O_DIRECTORY) :
					       late;
			unsigned all, count = 0;

			unit_assert_result(unit_call3(__NR_lseek, other, 0, SEEK_SET), 0);
			all = union_listed(other);
			unit_assert_result(unit_call3(__NR_lseek, other, 0, SEEK_SET), 0);
			n = size ? unit_call3(__NR_getdents64, other, list, size) : 0;
			for (long at = 0; at < n; at += *(uint16_t *)(list + at + 16))
				count++;
			in = open_expected(fd);
			fj_sys_dup3(other, in, 0);
			ck_assert_uint_eq(count + union_listed(in), all);
			fj_sys_close((int)in);
			if (i)
				fj_sys_close((int)other);
		}
	in = open_expected(fd);
	n = unit_call3(__NR_openat, AT_FDCWD, "/m/d/file", O_RDONLY);
	fj_sys_dup3(n, in, 0);
	unit_assert_result(unit_call3(__NR_getdents64, in, list, sizeof(list)), -ENOTDIR);
	fj_sys_close((int)in);
	unit_assert_result(unit_call3(__NR_getdents64, in, list, sizeof(list)), -EBADF);
	fj_sys_close((int)n);
	fj_sys_close((int)late);
	fj_sys_close((int)fd);
}
END_TEST

/* A directory of a lower layer was listed but for the call that finds nothing more. Then the descriptor was replaced: by one
 * at its beginning (`size` 0), in a listing, or at its end. */
START_TEST(replaced_before_end)
{
	static const char *const dirs[] = {"/m/both", "/m", "/plain/d", "/m/d/in", "/m/up"};
	static char list[32768];
	const long fd = unit_call3(__NR_openat, AT_FDCWD, "/m/d", O_RDONLY | O_DIRECTORY);

	tree_dir("jail/lower/both");
	tree_dir("jail/upper/both");
	tree_file("jail/lower/both/low", "");
	tree_file("jail/upper/both/up", "");
	tree_dir("jail/upper/up");
	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		for (size_t size = 0; size < 240; size += 24) {
			const long other =
				unit_call3(__NR_openat, AT_FDCWD, dirs[i], O_RDONLY | O_DIRECTORY);
			const size_t part = size < 216 ? size : sizeof(list);
			unsigned all, count = 0;
			long in, n;

			all = union_listed(other);
			unit_assert_result(unit_call3(__NR_lseek, other, 0, SEEK_SET), 0);
			n = part ? unit_call3(__NR_getdents64, other, list, part) : 0;
			for (long at = 0; at < n; at += *(uint16_t *)(list + at + 16))
				count++;
			in = open_expected(fd);
			ck_assert_int_gt(unit_call3(__NR_getdents64, in, list, sizeof(list)), 0);
			fj_sys_dup3(other, in, 0);
			ck_assert_uint_eq(count + union_listed(in), all);
			fj_sys_close((int)in);
			fj_sys_close((int)other);
		}
	fj_sys_close((int)fd);
}
END_TEST

/* What a directory shows that is removed before its listing has come to an end. */
START_TEST(removed_before_end)
{
	static char list[32768];
	long fd;

	unit_assert_result(unit_call2(__NR_mkdir, "/m/made", 0755), 0);
	fd = unit_call3(__NR_openat, AT_FDCWD, "/m/made", O_RDONLY | O_DIRECTORY);
	ck_assert_int_gt(unit_call3(__NR_getdents64, fd, list, sizeof(list)), 0);
	unit_assert_result(unit_call1(__NR_rmdir, "/m/made"), 0);
	unit_assert_result(unit_call3(__NR_getdents64, fd, list, sizeof(list)), -ENOENT);
	fj_sys_close((int)fd);
}
END_TEST

/* The descriptor was replaced by a directory outside the union, with the same number on another device: nothing is left
 * out there. */
START_TEST(same_number)
{
	const long fd = unit_call3(__NR_openat, AT_FDCWD, "/m/d", O_RDONLY | O_DIRECTORY);
	const long other = unit_call3(__NR_openat, AT_FDCWD, "/plain", O_RDONLY | O_DIRECTORY);
	const long in = open_expected(fd);
	struct stat st;
	unsigned all;

	tree_file("jail/plain/" FJ_LAYERS_TEMP_PREFIX "1", "");
	all = union_listed(other);
	unit_assert_result(unit_call3(__NR_lseek, other, 0, SEEK_SET), 0);
	unit_assert_result(unit_call2(__NR_fstat, in, &st), 0);
	fj_sys_dup3(other, in, 0);
	real_gate = fj_gate;
	fj_gate = gate_that_lists;
	dot_ino = st.st_ino;
	ck_assert_uint_eq(union_listed(in), all);
	ck_assert_uint_eq(dots_in, 1);
	fj_gate = real_gate;
	dot_ino = 0;
	fj_sys_close((int)in);
	fj_sys_close((int)other);
	fj_sys_close((int)fd);
}
END_TEST

static unsigned calls, shared_at, shared;

static unsigned count_names(const char *list, long n)
{
	unsigned count = 0;

	for (long at = 0; at < n; at += *(const uint16_t *)(list + at + 16))
		count++;
	return count;
}

/* Before listing `shared_at`, another process lists a part by the same descriptor. */
static long gate_that_shares(long nr, long a0, long a1, long a2, long a3, long a4, long a5)
{
	char list[100];

	if (nr == __NR_getdents64 && calls++ == shared_at)
		shared += count_names(list, real_gate(nr, a0, (long)list, sizeof(list), 0, 0, 0));
	return real_gate(nr, a0, a1, a2, a3, a4, a5);
}

/* Two processes list a directory by one descriptor: each name is listed once. */
START_TEST(shared_descriptor)
{
	const long fd = unit_call3(__NR_openat, AT_FDCWD, "/m/d", O_RDONLY | O_DIRECTORY);
	char list[100], name[] = "jail/lower/d/in/a";
	unsigned count = 0;
	long in, n;

	for (; name[16] < 'z'; name[16]++)
		tree_file(name, "");
	in = open_expected(fd);
	shared = calls = 0;
	shared_at = (unsigned)_i;
	real_gate = fj_gate;
	fj_gate = gate_that_shares;
	while ((n = unit_call3(__NR_getdents64, in, list, sizeof(list))) > 0)
		count += count_names(list, n);
	fj_gate = real_gate;
	unit_assert_result(n, 0);
	ck_assert_uint_ge(shared, 1);
	unit_assert_result(unit_call3(__NR_lseek, in, 0, SEEK_SET), 0);
	ck_assert_uint_eq(count + shared, union_listed(in));
	fj_sys_close((int)in);
	fj_sys_close((int)fd);
}
END_TEST

Suite *unit_suite_union_begin(void)
{
	Suite *s = suite_create("union_begin");
	TCase *c = tcase_create("cases");

	tcase_add_checked_fixture(c, union_mounted_setup, unit_jail_teardown);
	tcase_add_test(c, replaced_before_listing);
	tcase_add_test(c, replaced_before_end);
	tcase_add_test(c, removed_before_end);
	tcase_add_test(c, same_number);
	tcase_add_loop_test(c, shared_descriptor, 0, 4);
	suite_add_tcase(s, c);
	return s;
}
