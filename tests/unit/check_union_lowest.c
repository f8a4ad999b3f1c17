/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * check_union_lowest.c - tests names in the lowest layer of the jail's own root, whose directory the jail holds. */
#include "jail/fds.h"
#include "jail/jail.h"
#include "mount-table/mount_flags.h"
#include "mount-table/mounts.h"
#include "mount-table/paths.h"
#include "sys/abi.h"
#include "sys/fd.h"
#include "sys/gate_code.h"
#include "syscall/unistd_close.h"
#include "union/change.h"

#include "unit.h"
#include "union_tree.h"

#include <asm/stat.h>
#include <asm/unistd.h>
#include <string.h>

/* The directories of the looks that the engine has made, and the last name. */
static fj_gate_fn gate;
static int looked_in[4];
static unsigned looks;
static char looked_at[64];

static long note_look(long nr, long a0, long a1, long a2, long a3, long a4, long a5)
{
	if (nr == __NR_newfstatat && looks < 4) {
		looked_in[looks++] = (int)a0;
		strncpy(looked_at, (const char *)a1, sizeof(looked_at) - 1);
	}
	return gate(nr, a0, a1, a2, a3, a4, a5);
}

/* Looks at `path`, which must take `count` looks by facts; the last is at `name` in `dirfd`. */
static void look_in(const char *path, unsigned count, int dirfd, const char *name)
{
	struct stat st;

	for (int i = 0; i < 3; i++)
		unit_assert_result(unit_call4(__NR_newfstatat, AT_FDCWD, path, &st, 0), 0);
	looks = 0;
	gate = fj_gate;
	fj_gate = note_look;
	unit_assert_result(unit_call4(__NR_newfstatat, AT_FDCWD, path, &st, 0), 0);
	fj_gate = gate;
	ck_assert_uint_eq(looks, count);
	ck_assert_int_eq(looked_in[count - 1], dirfd);
	ck_assert_str_eq(looked_at, name);
}

static void look_below(const char *path, unsigned count, const char *name)
{
	look_in(path, count, FJ_FD_LOWER(fj_jail), name);
}

/* The jail holds /lower as if it were the lowest layer of its own root. */
static void hold_lowest(void)
{
	struct fj_mount_found m;
	const long fd = unit_call3(__NR_openat, AT_FDCWD, "/lower", O_PATH);

	ck_assert_int_eq(fj_dup_to((int)fd, FJ_FD_LOWER(fj_jail), 0), FJ_FD_LOWER(fj_jail));
	fj_sys_close((int)fd);
	ck_assert(fj_mount_at("/m", &m, NULL));
	fj_jail->lower_mount = m.id;
	fj_fds_of(fj_jail)->lower_len = (uint32_t)strlen(fj_root_path()) + sizeof("/lower") - 1;
}

START_TEST(names_in_lowest_layer)
{
	struct stat st;

	tree_dir("jail/lower/both");
	tree_file("jail/lower/both/file", "");
	tree_dir("jail/upper/both");
	tree_file("jail/upper/both/up", "");
	tree_file("jail/lower/top", "");
	hold_lowest();

	look_below("/m/d/file", 1, "d/file");
	look_below("/m/d/in/file", 1, "d/in/file");
	look_below("/m/both/file", 2, "both/file");
	look_below("/m/top", 2, "top");
	/* What is made, hidden or copied up is found in the upper layer. */
	unit_assert_result(unit_call3(__NR_chmod, "/m/d/file", 0600, 0), 0);
	unit_assert_result(unit_call4(__NR_newfstatat, AT_FDCWD, "/m/d/file", &st, 0), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
	unit_assert_result(unit_call2(__NR_unlink, "/m/both/file", 0), 0);
	unit_assert_result(unit_call4(__NR_newfstatat, AT_FDCWD, "/m/both/file", &st, 0), -ENOENT);
	/* Names in the upper layer, and those of the jail's root, are not looked for there. */
	unit_assert_result(unit_call4(__NR_newfstatat, AT_FDCWD, "/m/both/up", &st, 0), 0);
	for (int i = 0; i < 3; i++)
		unit_assert_result(
			unit_call4(__NR_newfstatat, AT_FDCWD, "/plain/d/file", &st, 0), 0);
	fj_sys_close(FJ_FD_LOWER(fj_jail));
}
END_TEST

/* Where the root is the union, a path in the lowest layer is the program's own, also from the working directory. */
START_TEST(paths_as_written)
{
	struct stat st;

	tree_dir("jail/lower/both");
	tree_dir("jail/lower/both/in");
	tree_file("jail/lower/both/in/file", "");
	tree_dir("jail/upper/both");
	tree_link("jail/lower/link", "d");
	hold_lowest();
	unit_assert_result(unit_call2(__NR_chroot, "/m", 0), 0);

	look_below("/d/in/file", 1, "d/in/file");
	look_below("/link/in/file", 1, "d/in/file");
	unit_assert_result(unit_call2(__NR_chdir, "/d", 0), 0);
	/* (This look remembers that one layer alone has the working directory.) */
	look_in("file", 1, AT_FDCWD, "file");
	look_in("in/file", 1, AT_FDCWD, "in/file");
	/* In a merged directory the kernel may stand in another layer. */
	unit_assert_result(unit_call2(__NR_chdir, "/both", 0), 0);
	look_below("in/file", 1, "both/in/file");
	/* What is made in the upper layer is found there. */
	unit_assert_result(unit_call2(__NR_chdir, "/d", 0), 0);
	unit_assert_result(unit_call3(__NR_chmod, "/d/in/file", 0600, 0), 0);
	unit_assert_result(unit_call4(__NR_newfstatat, AT_FDCWD, "in/file", &st, 0), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
	unit_assert_result(unit_call4(__NR_newfstatat, AT_FDCWD, "/d/in/file", &st, 0), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
	fj_sys_close(FJ_FD_LOWER(fj_jail));
}
END_TEST

Suite *unit_suite_union_lowest(void)
{
	Suite *s = suite_create("union_lowest");
	TCase *c = tcase_create("cases");

	tcase_add_checked_fixture(c, union_mounted_setup, unit_jail_teardown);
	tcase_add_test(c, names_in_lowest_layer);
	tcase_add_test(c, paths_as_written);
	suite_add_tcase(s, c);
	return s;
}
