/* SPDX-FileCopyrightText: The fakejail authors SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * check_union.c - tests copying up, whiteouts and opaque directories (union/), for every type of
 * file with random owners, modes, attributes, times and holes. Also tests which layer's records
 * have the record of a copy. check_union_faults.c and check_union_kills.c test failures. */
#include "jail/fds.h"
#include "nested/roots.h"
#include "records/start.h"
#include "sys/abi.h"
#include "sys/fd.h"
#include "sys/gate_code.h"
#include "syscall/fcntl.h"
#include "syscall/mman.h"
#include "syscall/stat.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_io.h"
#include "union/union.h"
#include "union_tree.h"

#include <asm/unistd.h>
#include <stdio.h>
#include <string.h>

START_TEST(every_kind_of_file)
{
	struct statx sx;
	struct fj_file file;

	unit_seed(0);
	for (int i = 0; i < 400; i++) {
		char name[16], beside[TREE_PATH];
		struct stat before, after;

		snprintf(name, sizeof(name), "f%d", i);
		if (union_make_random(name) != FJ_S_IFDIR && !unit_random(4)) {
			snprintf(beside, sizeof(beside), "%s", union_path(union_lower, "link"));
			strcat(beside, name);
			unit_assert_result(
				unit_call2(__NR_link, union_path(union_lower, name), beside), 0);
		}
		union_look(union_lower, name, &sx, &file);
		fj_sys_fstat(union_upper, &before);
		unit_assert_result(i % 3 ? union_copy_up(name) :
					   fj_union_copy_up(&union_call, union_lower, name,
						   union_upper, name, -1, true),
			0);
		fj_sys_fstat(union_upper, &after);
		ck_assert_msg(before.st_mtime == after.st_mtime &&
				      before.st_mtime_nsec == after.st_mtime_nsec,
			"the directory shows a change");
		union_compare(name, &sx, &file);
		unit_assert_result(union_copy_up(name), -EEXIST);
		union_compare(name, &sx, &file);
	}
	ck_assert_int_eq(union_count(union_work), 0);
	ck_assert_int_eq(union_count(union_upper), 400);
}
END_TEST

START_TEST(whiteouts)
{
	struct stat st;

	unit_seed(1);
	for (int i = 0; i < 200; i++) {
		char name[16];

		snprintf(name, sizeof(name), "f%d", i);
		if (i % 4) {
			union_make_random(name);
			unit_assert_result(union_copy_up(name), 0);
		}
		ck_assert(!fj_union_is_whiteout(unit_thread, union_upper, name, NULL));
		unit_assert_result(
			fj_union_hide(&union_call, union_upper, name, i % 5 ? union_work : -1, 0),
			0);
		ck_assert(fj_union_is_whiteout(unit_thread, union_upper, name, NULL));
		ck_assert_int_eq(fj_sys_newfstatat(union_upper, name, &st, AT_SYMLINK_NOFOLLOW), 0);
		ck_assert(fj_union_is_whiteout(unit_thread, union_upper, name, &st));
	}
	ck_assert_int_eq(union_count(union_work), 0);
	ck_assert_int_eq(union_count(union_upper), 200);
	/* A whiteout replaces a directory that has whiteouts in it. */
	unit_assert_result(unit_call2(__NR_mkdir, "/upper/dir", 0755), 0);
	unit_assert_result(fj_union_hide(&union_call, union_upper, "dir/a", union_work, 0), 0);
	unit_assert_result(fj_union_hide(&union_call, union_upper, "dir/b", -1, 0), 0);
	ck_assert(fj_union_is_whiteout(unit_thread, union_upper, "dir/a", NULL));
	unit_assert_result(fj_union_hide(&union_call, union_upper, "dir", union_work, 0), 0);
	ck_assert(fj_union_is_whiteout(unit_thread, union_upper, "dir", NULL));
	ck_assert_int_eq(union_count(union_work), 0);
	/* A whiteout that the jail makes by mknod(2) is one; other devices are none. */
	unit_assert_result(unit_call3(__NR_mknod, "/upper/made", FJ_S_IFCHR | 0644, 0), 0);
	ck_assert(fj_union_is_whiteout(unit_thread, union_upper, "made", NULL));
	unit_assert_result(unit_call3(__NR_mknod, "/upper/block", FJ_S_IFBLK | 0644, 0), 0);
	ck_assert(!fj_union_is_whiteout(unit_thread, union_upper, "block", NULL));
	ck_assert(!fj_union_is_whiteout(unit_thread, union_upper, "nothing", NULL));
}
END_TEST

/* A policy refuses statx(2), too. */
static long no_statx(long nr, long a0, long a1, long a2, long a3, long a4, long a5)
{
	return nr == __NR_statx ? -ENOSYS : union_no_devices(nr, a0, a1, a2, a3, a4, a5);
}

static void pretend_whiteouts(fj_gate_fn refusing)
{
	union_gate = fj_gate;
	fj_gate = refusing;
	unit_assert_result(fj_union_hide(&union_call, union_upper, "new", union_work, 0), 0);
	ck_assert(fj_union_is_whiteout(unit_thread, union_upper, "new", NULL));
	unit_assert_result(unit_call2(__NR_mkdir, "/upper/dir", 0755), 0);
	unit_assert_result(fj_union_hide(&union_call, union_upper, "dir/a", union_work, 0), 0);
	unit_assert_result(fj_union_hide(&union_call, union_upper, "dir", union_work, 0), 0);
	ck_assert(fj_union_is_whiteout(unit_thread, union_upper, "dir", NULL));
	tree_file("jail/upper/empty", "");
	ck_assert(!fj_union_is_whiteout(unit_thread, union_upper, "empty", NULL));
	fj_gate = union_gate;
	ck_assert_int_eq(union_count(union_work), 0);
}

START_TEST(pretended_whiteouts)
{
	pretend_whiteouts(union_no_devices);
}
END_TEST

START_TEST(whiteouts_without_statx)
{
	pretend_whiteouts(no_statx);
}
END_TEST

START_TEST(opaque_directories)
{
	int dir, copy;

	unit_assert_result(unit_call2(__NR_mkdir, "/lower/dir", 0755), 0);
	dir = union_open("jail/lower/dir");
	ck_assert(!fj_union_shows_opaque(unit_thread, dir, false));
	unit_assert_result(fj_union_mark_opaque(&union_call, dir, false), 0);
	ck_assert(fj_union_shows_opaque(unit_thread, dir, false));
	/* The mark of an opaque directory counts for the layers below it. Its copy has no mark. */
	unit_assert_result(union_copy_up("dir"), 0);
	copy = union_open("jail/upper/dir");
	ck_assert(!fj_union_shows_opaque(unit_thread, copy, false));
	unit_assert_result(
		unit_call5(__NR_setxattr, "/upper/dir", "user.overlay.opaque", "y", 1, 0), 0);
	ck_assert(fj_union_shows_opaque(unit_thread, copy, false));
	fj_sys_close(dir);
	fj_sys_close(copy);
}
END_TEST

/* -- layers that are roots -- */

#define OWNERS_MAX (4u << 20)
/* Reads the layer's own file of records. Returns its size. */
static long read_owners(int layer, char *bytes)
{
	const long fd = fj_sys_openat(layer, ".fakejail/owners", O_RDONLY, 0);
	const long n = fj_sys_read(fd, bytes, OWNERS_MAX);

	ck_assert_int_gt(n, 4096);
	fj_sys_close((int)fd);
	return n;
}

/* The same for the jail's own file of records. */
static long read_own(char *bytes)
{
	const long fd = fj_open_anew(FJ_FD_OWNERS(fj_jail), O_RDONLY);
	const long n = fj_sys_read(fd, bytes, OWNERS_MAX);

	ck_assert_int_gt(n, 4096);
	fj_sys_close((int)fd);
	return n;
}

static void make_root(int layer, const char *name)
{
	char text[64];
	static struct fj_owner_roots_state state;
	long fd = fj_sys_mmap(
		0, sizeof(struct fj_owner_roots), 3, 0x21 /* shared, anonymous */, -1, 0);

	state = (struct fj_owner_roots_state){0};
	fj_roots_start((struct fj_owner_roots *)fd, &state);
	snprintf(text, sizeof(text), "jail/%s/.fakejail", name);
	tree_dir(text);
	fd = fj_sys_openat(layer, ".fakejail/owners", O_CREAT | O_RDWR, 0600);
	unit_assert_result(fj_owner_create((int)fd), 0);
	fj_sys_close((int)fd);
	fj_roots_see_fd(unit_thread, layer, true);
	ck_assert_uint_eq(fj_owner_roots_met(), 1);
}

/* If the upper layer is a root, the records of files that are made in the work directory are in its
 * file of records, once, and not in the jail's own. */
START_TEST(records_of_the_upper_layer)
{
	static char owners[4][OWNERS_MAX];
	struct fj_file file;
	struct statx sx;
	char name[16];
	long size, own;

	make_root(union_upper, "upper");
	fj_roots_see_work(unit_thread, union_work, union_upper);
	unit_seed(22);
	for (int i = 0; i < 60; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		union_make_random(name);
		union_look(union_lower, name, &sx, &file);
		own = read_own(owners[0]);
		size = read_owners(union_upper, owners[1]);
		unit_assert_result(union_copy_up(name), 0);
		union_compare(name, &sx, &file);
		ck_assert(read_owners(union_upper, owners[2]) != size ||
			  memcmp(owners[1], owners[2], (size_t)size));
		unit_assert_result(unit_call3(__NR_lchown, union_path(union_upper, name), 5, 6), 0);
		union_look(union_upper, name, &sx, &file);
		ck_assert_uint_eq(sx.stx_uid, 5);
		unit_assert_result(fj_union_hide(&union_call, union_upper, name, union_work, 0), 0);
		ck_assert_int_eq(read_own(owners[3]), own);
		ck_assert(!memcmp(owners[0], owners[3], (size_t)own));
	}
}
END_TEST

/* If a lower layer is a root, its own records are read. No process writes them from then on, not
 * even one that changes a lower file directly. */
START_TEST(records_of_the_lower_layer)
{
	enum { FILES = 100 };
	static char owners[2][OWNERS_MAX];
	static struct statx sx[FILES];
	static struct fj_file file[FILES];
	struct stat st;
	char name[16];
	long size;

	make_root(union_lower, "lower");
	unit_seed(21);
	size = read_owners(union_lower, owners[0]);
	for (int i = 0; i < FILES; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		union_make_random(name);
		union_look(union_lower, name, &sx[i], &file[i]);
	}
	ck_assert(read_owners(union_lower, owners[1]) != size ||
		  memcmp(owners[0], owners[1], (size_t)size));
	ck_assert_int_eq(fj_roots_home(unit_thread, union_lower, "f0"), 1);
	fj_roots_see_lower(unit_thread, union_lower);
	ck_assert_uint_eq(fj_owner_roots_met(), 1);
	ck_assert_int_eq(fj_roots_home(unit_thread, union_lower, "f0"), 0);
	size = read_owners(union_lower, owners[0]);
	for (int i = 0; i < FILES; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		unit_assert_result(union_copy_up(name), 0);
		union_compare(name, &sx[i], &file[i]);
	}
	for (int i = 0; i < FILES; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		unit_assert_result(
			unit_call3(__NR_lchown, union_path(union_lower, name), 77, 78), 0);
		ck_assert_int_eq(unit_call4(__NR_newfstatat, AT_FDCWD,
					 union_path(union_lower, name), &st, AT_SYMLINK_NOFOLLOW),
			0);
		ck_assert_uint_eq(st.st_uid, 77);
		unit_assert_result(
			unit_call3(__NR_unlinkat, AT_FDCWD, union_path(union_lower, name),
				(st.st_mode & FJ_S_IFMT) == FJ_S_IFDIR ? AT_REMOVEDIR : 0),
			0);
	}
	ck_assert_int_eq(read_owners(union_lower, owners[1]), size);
	ck_assert(!memcmp(owners[0], owners[1], (size_t)size));
}
END_TEST

Suite *unit_suite_union(void)
{
	Suite *suite = suite_create("union");
	TCase *tc = tcase_create("union");

	tcase_set_timeout(tc, 0); /* no limit: the machine may be slow */

	tcase_add_checked_fixture(tc, union_setup, union_teardown);
	tcase_add_test(tc, every_kind_of_file);
	tcase_add_test(tc, whiteouts);
	tcase_add_test(tc, pretended_whiteouts);
	tcase_add_test(tc, whiteouts_without_statx);
	tcase_add_test(tc, opaque_directories);
	tcase_add_test(tc, records_of_the_upper_layer);
	tcase_add_test(tc, records_of_the_lower_layer);
	suite_add_tcase(suite, tc);
	return suite;
}
