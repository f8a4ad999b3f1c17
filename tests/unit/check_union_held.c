/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * check_union_held.c - tests names in a directory of an overlay that a descriptor holds, when the descriptor or the
 * name has become another directory's. */
#include "call/hooks.h"
#include "entries.h"
#include "jail/fds.h"
#include "jail/jail.h"
#include "mount-table/mounts.h"
#include "mount-table/paths.h"
#include "ownership/ownership.h"
#include "records/records.h"
#include "sys/abi.h"
#include "sys/fd.h"
#include "sys/gate_code.h"
#include "syscall/stat.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_io.h"
#include "tree.h"
#include "union/change.h"
#include "union_tree.h"
#include "unit.h"

#include <asm/stat.h>
#include <asm/unistd.h>
#include <linux/fs.h>
#include <string.h>

static void setup(void)
{
	union_mounted_setup();
	tree_file("jail/lower/d/in/file2", "text");
}

/* A look at `name` in `fd` says the same as one by the path `dir` of the directory of `fd`, in these calls. */
static void compare_looks(long fd, const char *dir, const char *name)
{
	struct stat by_fd, by_path;
	char path[64];
	long r;

	strcat(strcat(strcpy(path, dir), "/"), name);
	r = unit_call4(__NR_newfstatat, AT_FDCWD, path, &by_path, 0);
	unit_assert_result(unit_call4(__NR_newfstatat, fd, name, &by_fd, 0), r);
	if (!r)
		ck_assert(by_fd.st_ino == by_path.st_ino && by_fd.st_nlink == by_path.st_nlink &&
			  by_fd.st_mode == by_path.st_mode);
}

static void compare_opens(long fd, const char *dir, const char *name)
{
	char path[64];
	struct stat by_fd, by_path;
	long a, b;

	strcat(strcat(strcpy(path, dir), "/"), name);
	b = unit_call3(__NR_openat, AT_FDCWD, path, O_RDONLY | O_DIRECTORY);
	a = unit_call3(__NR_openat, fd, name, O_RDONLY | O_DIRECTORY);
	if (b < 0) {
		unit_assert_result(a, b);
		return;
	}
	ck_assert_int_ge(a, 0);
	unit_assert_result(unit_call2(__NR_fstat, a, &by_fd), 0);
	unit_assert_result(unit_call2(__NR_fstat, b, &by_path), 0);
	ck_assert(by_fd.st_ino == by_path.st_ino && by_fd.st_nlink == by_path.st_nlink);
	ck_assert_uint_eq(union_listed(a), union_listed(b));
	fj_sys_close((int)a);
	fj_sys_close((int)b);
}

/* The engine expects the descriptor to be the directory that it last was, but it is another one: replaced by calls
 * that no engine sees. */
START_TEST(replaced_descriptor)
{
	static const char *const dirs[] = {
		"/m/both", "/plain/d", "/m/d/in", "/m/d", "/m", "/plain"};
	static const char *const names[] = {"in", "file", "only", "gone", "d", "both"};
	struct stat st;
	long fd, other;

	tree_dir("jail/lower/both");
	tree_dir("jail/lower/both/in");
	tree_file("jail/lower/both/in/low", "");
	tree_dir("jail/lower/both/only");
	tree_file("jail/lower/both/gone", "");
	tree_dir("jail/upper/both");
	tree_dir("jail/upper/both/in");
	tree_file("jail/upper/both/in/up", "");
	unit_assert_result(unit_call3(__NR_unlinkat, AT_FDCWD, "/m/both/gone", 0), 0);
	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		for (size_t k = 0; k < 2 * sizeof(names) / sizeof(names[0]); k++) {
			fd = unit_call3(__NR_openat, AT_FDCWD, "/m/d", O_RDONLY | O_DIRECTORY);
			union_listed(fd);
			for (int n = 0; n < 3; n++) {
				compare_looks(fd, "/m/d", "in");
				compare_opens(fd, "/m/d", "in");
			}
			other = unit_call3(__NR_openat, AT_FDCWD, dirs[i], O_RDONLY | O_DIRECTORY);
			ck_assert_int_ge(other, 0);
			fj_sys_dup3(other, fd, 0);
			fj_sys_close((int)other);
			if (k & 1)
				compare_opens(fd, dirs[i], names[k / 2]);
			compare_looks(fd, dirs[i], names[k / 2]);
			compare_opens(fd, dirs[i], names[k / 2]);
			fj_sys_close((int)fd);
		}
	/* A file takes the number, and then nothing. */
	fd = unit_call3(__NR_openat, AT_FDCWD, "/m/d", O_RDONLY | O_DIRECTORY);
	compare_looks(fd, "/m/d", "in");
	other = unit_call3(__NR_openat, AT_FDCWD, "/m/d/file", O_RDONLY);
	fj_sys_dup3(other, fd, 0);
	unit_assert_result(unit_call4(__NR_newfstatat, fd, "in", &st, 0), -ENOTDIR);
	unit_assert_result(unit_call3(__NR_openat, fd, "in", O_RDONLY | O_DIRECTORY), -ENOTDIR);
	fj_sys_close((int)fd);
	fj_sys_close((int)other);
	unit_assert_result(unit_call4(__NR_newfstatat, fd, "in", &st, 0), -EBADF);
	unit_assert_result(unit_call3(__NR_openat, fd, "in", O_RDONLY | O_DIRECTORY), -EBADF);
}
END_TEST

/* The descriptor was of a directory that was listed. Then it becomes one of the lower layer's directory, opened
 * before the upper layer got the directory, and some names of the lower one were removed. */
START_TEST(replaced_by_lower)
{
	static const char *const names[] = {"in", "stays"};
	long fd, old;

	tree_dir("jail/lower/d/stays");
	tree_dir("jail/lower/late");
	tree_dir("jail/lower/late/in");
	tree_dir("jail/lower/late/stays");
	old = unit_call3(__NR_openat, AT_FDCWD, "/m/late", O_RDONLY | O_DIRECTORY);
	union_listed(old);
	unit_assert_result(unit_call3(__NR_unlinkat, AT_FDCWD, "/m/late/in", AT_REMOVEDIR), 0);
	for (int is_open = 0; is_open < 2; is_open++)
		for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++) {
			fd = unit_call3(__NR_openat, AT_FDCWD, "/m/d", O_RDONLY | O_DIRECTORY);
			union_listed(fd);
			compare_looks(fd, "/m/d", names[k]);
			compare_looks(fd, "/m/d", names[k]);
			fj_sys_dup3(old, fd, 0);
			if (is_open)
				compare_opens(fd, "/m/late", names[k]);
			else
				compare_looks(fd, "/m/late", names[k]);
			fj_sys_close((int)fd);
		}
	fj_sys_close((int)old);
}
END_TEST

/* A listing came to its last entry. Then the descriptor becomes another directory's, whose listing has begun: this
 * is continued where it was. */
START_TEST(replaced_in_listing)
{
	static const char *const dirs[] = {"/m/both", "/m", "/plain/d", "/m/d/in", "/m/d"};
	static char list[32768];

	tree_dir("jail/lower/both");
	tree_dir("jail/upper/both");
	tree_file("jail/lower/both/low", "");
	tree_file("jail/upper/both/up", "");
	for (size_t i = 0; i < 2 * sizeof(dirs) / sizeof(dirs[0]); i++)
		for (size_t size = 24; size < 200; size += 24) {
			const long fd = unit_call3(__NR_openat, AT_FDCWD,
				i & 1 ? "/m/d" : "/plain/d", O_RDONLY | O_DIRECTORY);
			const long other = unit_call3(
				__NR_openat, AT_FDCWD, dirs[i / 2], O_RDONLY | O_DIRECTORY);
			const unsigned all = union_listed(other);
			unsigned count = 0;
			long n;

			unit_assert_result(unit_call3(__NR_lseek, other, 0, SEEK_SET), 0);
			n = unit_call3(__NR_getdents64, other, list, size);
			for (long at = 0; at < n; at += *(uint16_t *)(list + at + 16))
				count++;
			ck_assert_int_gt(unit_call3(__NR_getdents64, fd, list, sizeof(list)), 0);
			fj_sys_dup3(other, fd, 0);
			ck_assert_uint_eq(count + union_listed(fd), all);
			fj_sys_close((int)fd);
			fj_sys_close((int)other);
		}
}
END_TEST

/* The end of a listing is no end any more when a name was made, or after lseek(2). */
START_TEST(listing_goes_on)
{
	static char list[32768];
	const long fd = unit_call3(__NR_openat, AT_FDCWD, "/m/d", O_RDONLY | O_DIRECTORY);
	const unsigned all = union_listed(fd);

	for (int i = 0; i < 3; i++) {
		unit_assert_result(unit_call3(__NR_lseek, fd, 0, SEEK_SET), 0);
		ck_assert_int_gt(unit_call3(__NR_getdents64, fd, list, sizeof(list)), 0);
		unit_assert_result(unit_call3(__NR_lseek, fd, 0, SEEK_SET), 0);
		ck_assert_uint_eq(union_listed(fd), all);
		ck_assert_uint_eq(union_listed(fd), 0);
	}
	fj_sys_close((int)fd);
}
END_TEST

/* Something is mounted on a directory in one that was listed, and taken away. */
START_TEST(mount_in_listed)
{
	const long fd = unit_call3(__NR_openat, AT_FDCWD, "/m/d", O_RDONLY | O_DIRECTORY);

	tree_dir("jail/plain/d/more");
	tree_dir("jail/lower/d/other");
	for (int i = 0; i < 3; i++) {
		unit_assert_result(unit_call3(__NR_lseek, fd, 0, SEEK_SET), 0);
		union_listed(fd);
		compare_looks(fd, "/m/d", "in");
		compare_opens(fd, "/m/d", "in");
		unit_assert_result(
			unit_call5(__NR_mount, "/plain/d", "/m/d/in", "", MS_BIND, 0), 0);
		fj_mount_flags()->has_aliases = 0;
		for (int n = 0; n < 3; n++) {
			compare_looks(fd, "/m/d", "in");
			compare_opens(fd, "/m/d", "in");
			compare_looks(fd, "/m/d", "other");
			compare_opens(fd, "/m/d", "other");
		}
		unit_assert_result(unit_call2(__NR_umount2, "/m/d/in", 0), 0);
		compare_looks(fd, "/m/d", "in");
		compare_opens(fd, "/m/d", "in");
	}
	fj_sys_close((int)fd);
}
END_TEST

static fj_gate_fn real_gate;

/* The file system cannot leave a whiteout at the old name. Once the file has moved away, another process moves a file there. */
static long gate_that_takes_name(long nr, long a0, long a1, long a2, long a3, long a4, long a5)
{
	long r;

	if (nr != __NR_renameat2)
		return real_gate(nr, a0, a1, a2, a3, a4, a5);
	if (a4 & RENAME_WHITEOUT)
		return -EINVAL;
	r = real_gate(nr, a0, a1, a2, a3, a4, a5);
	if (!r && !(uint32_t)a4 && !strcmp((const char *)a1, "file"))
		tree_file("jail/upper/d/file", "another");
	return r;
}

START_TEST(moved_to_old_name)
{
	struct stat st;

	unit_assert_result(
		unit_call4(__NR_openat, AT_FDCWD, "/m/d/there", O_CREAT | O_RDWR, 0600) < 0, 0);
	real_gate = fj_gate;
	fj_gate = gate_that_takes_name;
	unit_assert_result(
		unit_call4(__NR_renameat, AT_FDCWD, "/m/d/file", AT_FDCWD, "/m/d/there"), 0);
	fj_gate = real_gate;
	unit_assert_result(unit_call4(__NR_newfstatat, AT_FDCWD, "/m/d/file", &st, 0), 0);
	ck_assert_int_eq(st.st_size, sizeof("another") - 1);
	/* Without that file, the name is gone. */
	unit_assert_result(
		unit_call4(__NR_openat, AT_FDCWD, "/m/d/in/there", O_CREAT | O_RDWR, 0600) < 0, 0);
	fj_gate = gate_that_takes_name;
	unit_assert_result(
		unit_call4(__NR_renameat, AT_FDCWD, "/m/d/in/file2", AT_FDCWD, "/m/d/in/there"), 0);
	fj_gate = real_gate;
	unit_assert_result(unit_call4(__NR_newfstatat, AT_FDCWD, "/m/d/in/file2", &st, 0), -ENOENT);
}
END_TEST

static unsigned looks;

static long count_looks(long nr, long a0, long a1, long a2, long a3, long a4, long a5)
{
	looks += (nr == __NR_newfstatat || nr == __NR_statx) &&
		 (!strcmp((const char *)a1, "a") || !strcmp((const char *)a1, "b"));
	return real_gate(nr, a0, a1, a2, a3, a4, a5);
}

/* A rename in the upper layer looks at each name once, with the lock. The record of a file that is replaced goes. */
START_TEST(renames_in_upper)
{
	static const char *const names[] = {"/m/new/a", "/m/new/b"};
	struct fj_owner owner;
	struct stat st;

	unit_assert_result(unit_call2(__NR_mkdir, "/m/new", 0755), 0);
	for (int i = 0; i < 2; i++) {
		fj_sys_close(
			(int)unit_call4(__NR_openat, AT_FDCWD, names[i], O_CREAT | O_RDWR, 0600));
		unit_assert_result(unit_call3(__NR_chown, names[i], 5, 6 + i), 0);
	}
	ck_assert_int_eq(fj_sys_newfstatat(AT_FDCWD, tree_path("jail/upper/new/b"), &st, 0), 0);
	ck_assert(fj_owner_find_ino(st.st_dev, st.st_ino, &owner));
	ck_assert_uint_eq(owner.flags & FJ_OWNER_GONE, 0);
	unit_assert_result(unit_call2(__NR_rename, names[0], names[1]), 0);
	ck_assert(
		!fj_owner_find_ino(st.st_dev, st.st_ino, &owner) || (owner.flags & FJ_OWNER_GONE));
	real_gate = fj_gate;
	fj_gate = count_looks;
	for (int i = 0; i < 4; i++) {
		looks = 0;
		unit_assert_result(unit_call2(__NR_rename, names[1 - i % 2], names[i % 2]), 0);
	}
	fj_gate = real_gate;
	ck_assert_uint_eq(looks, 2);
	unit_assert_result(unit_call2(__NR_rename, "/m/new/none", names[0]), -ENOENT);
}
END_TEST

/* A directory that this process remembers is moved away, and another one gets its name. */
START_TEST(renamed_child)
{
	long fd;

	tree_dir("jail/upper/new");
	tree_dir("jail/upper/new/a");
	tree_dir("jail/upper/new/b");
	tree_file("jail/upper/new/b/file", "");
	fd = unit_call3(__NR_openat, AT_FDCWD, "/m/new", O_RDONLY | O_DIRECTORY);
	for (int i = 0; i < 4; i++) {
		union_listed(fd);
		for (int n = 0; n < 3; n++) {
			compare_looks(fd, "/m/new", "a");
			compare_opens(fd, "/m/new", "a");
			compare_opens(fd, "/m/new", "b");
		}
		unit_assert_result(unit_call5(__NR_renameat2, AT_FDCWD, "/m/new/a", AT_FDCWD,
					   "/m/new/b", FJ_RENAME_EXCHANGE),
			0);
		unit_assert_result(unit_call2(__NR_rename, "/m/new/b", "/m/new/c"), 0);
		compare_looks(fd, "/m/new", "b");
		compare_opens(fd, "/m/new", "b");
		compare_opens(fd, "/m/new", "c");
		unit_assert_result(unit_call2(__NR_rename, "/m/new/c", "/m/new/b"), 0);
	}
	fj_sys_close((int)fd);
}
END_TEST

Suite *unit_suite_union_held(void)
{
	Suite *s = suite_create("union_held");
	TCase *c = tcase_create("cases");

	tcase_add_checked_fixture(c, setup, unit_jail_teardown);
	tcase_add_test(c, replaced_descriptor);
	tcase_add_test(c, replaced_by_lower);
	tcase_add_test(c, replaced_in_listing);
	tcase_add_test(c, listing_goes_on);
	tcase_add_test(c, mount_in_listed);
	tcase_add_test(c, renamed_child);
	tcase_add_test(c, moved_to_old_name);
	tcase_add_test(c, renames_in_upper);
	suite_add_tcase(s, c);
	return s;
}
