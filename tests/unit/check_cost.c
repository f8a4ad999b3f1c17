/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * check_cost.c - what a call costs: how often the engine enters the kernel for it. */
#include "call/hooks.h"
#include "nested/roots.h"

#include "entries.h"
#include "unit.h"
#include "jail/jail.h"
#include "jail/memory.h"
#include "jail/mount_flags.h"
#include "jail/mount_table.h"
#include "jail/mounts.h"
#include "jail/paths.h"

#include <asm/stat.h>
#include <stdio.h>

/* How often the engine enters the kernel for the call. */
static unsigned cost_once(long nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	const long r = unit_counted(nr, a, b, c, d);

	ck_assert_msg(!fj_is_err(r), "%s", unit_result(r));
	if (nr == __NR_openat)
		fj_close((int)r);
	return unit_entries;
}

/* The second time. */
static unsigned cost(long nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	const long r = unit_call5(nr, a, b, c, d, 0);

	if (nr == __NR_openat && r >= 0)
		fj_close((int)r);
	return cost_once(nr, a, b, c, d);
}
#define COST_ONCE(nr, a, b, c, d)                                                                  \
	cost_once(nr, (uint64_t)(a), (uint64_t)(b), (uint64_t)(c), (uint64_t)(d))
#define COST(nr, a, b, c, d) cost(nr, (uint64_t)(a), (uint64_t)(b), (uint64_t)(c), (uint64_t)(d))

/* The same of a call that finds nothing; -1 when it does. */
static long cost_of_nothing(long nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	const long r = unit_counted(nr, a, b, c, d);

	return r == -ENOENT ? (long)unit_entries : -1;
}
#define COST_OF_NOTHING(nr, a, b, c, d)                                                            \
	cost_of_nothing(nr, (uint64_t)(a), (uint64_t)(b), (uint64_t)(c), (uint64_t)(d))

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
	/* The directory, what lies under the new name, the rename, a close. */
	unit_assert_result(
		unit_call5(__NR_renameat, AT_FDCWD, "/a/b/file", AT_FDCWD, "/a/b/moved", 0), 0);
	ck_assert_uint_le(
		COST_ONCE(__NR_renameat, AT_FDCWD, "/a/b/moved", AT_FDCWD, "/a/b/file"), 4);
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
	/* One that begins there needs to know where that is, once for each directory. */
	fj_jail->has_trap = 1;
	unit_assert_result(unit_call1(__NR_chdir, "/a"), 0);
	ck_assert_uint_eq(COST(__NR_newfstatat, AT_FDCWD, "b/file", &st, 0), 1);
	ck_assert_uint_eq(COST(__NR_newfstatat, AT_FDCWD, "./b/file", &st, 0), 1);
	ck_assert_uint_eq(COST(__NR_openat, AT_FDCWD, "b/file", O_RDONLY, 0), 1);
	ck_assert_uint_le(COST_ONCE(__NR_linkat, AT_FDCWD, "b/file", AT_FDCWD, "b/more"), 3);
	unit_assert_result(unit_call1(__NR_chdir, "/"), 0);
	ck_assert_uint_eq(COST(__NR_newfstatat, AT_FDCWD, "a/b/file", &st, 0), 1);
}
END_TEST

/* A link beside its file is its directory, the link, and a close: also where mounts lie on one
 * device, as some of /dev do in nearly every jail. */
START_TEST(costs_of_links)
{
	tree_dir("jail/a");
	tree_dir("jail/m");
	tree_dir("other");
	tree_file("jail/a/file", "");
	tree_file("other/file", "");
	ck_assert_uint_le(COST_ONCE(__NR_linkat, AT_FDCWD, "/a/file", AT_FDCWD, "/a/1"), 3);
	unit_assert_result(unit_mount(tree_path("other"), "/m", 0), 0);
	ck_assert_uint_eq(fj_mount_flags()->mounts_share_device, 1);
	ck_assert_uint_le(COST_ONCE(__NR_linkat, AT_FDCWD, "/a/file", AT_FDCWD, "/a/2"), 3);
	ck_assert_uint_le(COST_ONCE(__NR_linkat, AT_FDCWD, "/m/file", AT_FDCWD, "/m/1"), 3);
	/* None between the two, and of several complaints the kernel's first. */
	unit_assert_result(unit_call4(__NR_linkat, AT_FDCWD, "/m/file", AT_FDCWD, "/a/3"), -EXDEV);
	unit_assert_result(unit_call4(__NR_linkat, AT_FDCWD, "/a/file", AT_FDCWD, "/m/3"), -EXDEV);
	unit_assert_result(unit_call4(__NR_linkat, AT_FDCWD, "/m/none", AT_FDCWD, "/a/3"), -ENOENT);
	unit_assert_result(unit_call4(__NR_linkat, AT_FDCWD, "/m/none", AT_FDCWD, "/a/1"), -ENOENT);
	unit_assert_result(unit_call4(__NR_linkat, AT_FDCWD, "/m/file", AT_FDCWD, "/a/1"), -EEXIST);
	unit_assert_result(unit_call4(__NR_linkat, AT_FDCWD, "/a/file", AT_FDCWD, "/a/1"), -EEXIST);
	/* A file that is itself mounted lies in that mount. */
	tree_file("jail/a/point", "");
	unit_assert_result(unit_mount(tree_path("other/file"), "/a/point", 0), 0);
	unit_assert_result(unit_call4(__NR_linkat, AT_FDCWD, "/a/point", AT_FDCWD, "/a/4"), -EXDEV);
}
END_TEST

/* Directories are passed over in one call up to the first `..`, and before a slash at the end; and by
 * who is not root up to where he was before. Compilers look for their files so, mostly in vain. */
START_TEST(costs_of_long_ways)
{
	struct stat st;

	tree_dir("jail/a");
	tree_dir("jail/a/b");
	tree_dir("jail/a/b/c");
	tree_dir("jail/a/b/c/d");
	tree_file("jail/a/b/file", "");
	/* c, back to b, and the file. */
	ck_assert_uint_le(COST(__NR_newfstatat, AT_FDCWD, "/a/b/c/../file", &st, 0), 6);
	/* c, and whether d is a link. */
	ck_assert_uint_le(COST(__NR_newfstatat, AT_FDCWD, "/a/b/c/d/", &st, 0), 4);
	unit_assert_result(unit_call3(__NR_setresuid, 1000, 1000, 1000), 0);
	unit_call4(__NR_newfstatat, AT_FDCWD, "/a/b/c/none/file", &st, 0);
	unit_assert_result(
		COST_OF_NOTHING(__NR_newfstatat, AT_FDCWD, "/a/b/c/none/file", &st, 0), 1);
	/* Once for the judge, once for the call. */
	unit_assert_result(
		COST_OF_NOTHING(__NR_openat, AT_FDCWD, "/a/b/c/none/file", O_RDONLY, 0), 2);
}
END_TEST

/* To find out which directories have records of their own costs nothing where none has. */
START_TEST(costs_of_directories)
{
	static struct fj_owner_roots roots;
	static struct fj_owner_roots_state state = {.generation = 1};
	char buffer[4096];
	struct stat st;
	int fd;

	tree_dir("jail/a");
	tree_dir("jail/a/b");
	tree_dir("jail/a/b/leaf");
	tree_file("jail/a/b/leaf/file", "");
	state.counted_dev = fj_jail->root_dev;
	fj_roots_start(&roots, &state);
	/* Once for each that is walked to; then as without. */
	ck_assert_uint_eq(COST(__NR_newfstatat, AT_FDCWD, "/a/b/leaf/file", &st, 0), 1);
	/* The directory is opened, entered, and closed. */
	ck_assert_uint_eq(COST(__NR_chdir, "/a/b/leaf", 0, 0, 0), 3);
	ck_assert_uint_eq(COST_ONCE(__NR_newfstatat, AT_FDCWD, "file", &st, 0), 1);
	ck_assert_uint_eq(COST(__NR_chdir, "/a/b", 0, 0, 0), 3);
	ck_assert_uint_eq(COST_ONCE(__NR_newfstatat, AT_FDCWD, "leaf", &st, 0), 1);
	ck_assert_uint_eq(COST_ONCE(__NR_chdir, "leaf", 0, 0, 0), 3);
	ck_assert_uint_eq(COST_ONCE(__NR_newfstatat, AT_FDCWD, "file", &st, 0), 2);
	ck_assert_uint_eq(COST_ONCE(__NR_newfstatat, AT_FDCWD, "file", &st, 0), 1);
	/* opendir(3), readdir(3) and what is found: from directory to directory. */
	ck_assert_int_eq(fj_sys1(__NR_chdir, tree_path("jail")), 0);
	tree_dir("jail/new");
	tree_dir("jail/new/leaf");
	tree_file("jail/new/leaf/file", "");
	ck_assert_uint_eq(COST_ONCE(__NR_openat, AT_FDCWD, "new", O_RDONLY | O_DIRECTORY, 0), 1);
	fd = (int)unit_call5(__NR_openat, AT_FDCWD, "new", O_RDONLY | O_DIRECTORY, 0, 0);
	ck_assert_int_ge(fd, 0);
	ck_assert_uint_eq(COST_ONCE(__NR_fstat, fd, &st, 0, 0), 2); /* has it records? once */
	ck_assert_uint_eq(COST_ONCE(__NR_fstat, fd, &st, 0, 0), 1);
	ck_assert_uint_eq(COST_ONCE(__NR_getdents64, fd, buffer, sizeof(buffer), 0), 1);
	ck_assert_uint_eq(COST_ONCE(__NR_newfstatat, fd, "leaf", &st, 0), 1); /* it cannot have */
	ck_assert_uint_eq(COST_ONCE(__NR_openat, fd, "leaf", O_RDONLY | O_DIRECTORY, 0), 1);
	fj_close(fd);
	fj_owner_roots = NULL;
	fj_path_reached = NULL;
	fj_dir_unasked = FJ_NO_DIR;
}
END_TEST

/* In the root of a jail inside a jail, which shows what the outer one shows, too: /proc. `outer`:
 * the position of the tree in the outer jail. */
static void look_in_nested_root(const char *outer)
{
	char root[512], point[520];
	struct stat st;

	snprintf(root, sizeof(root), "%s/r", outer);
	snprintf(point, sizeof(point), "%s/proc", root);
	tree_dir("jail/r");
	tree_dir("jail/r/proc");
	tree_dir("jail/r/mnt");
	tree_file("jail/r/file", "");
	unit_assert_result(unit_call1(__NR_chroot, root), 0);
	unit_assert_result(unit_mount("/proc", point, FJ_MOUNT_WITH_SUBMOUNTS), 0);
	ck_assert_uint_eq(COST(__NR_newfstatat, AT_FDCWD, "/file", &st, 0), 1);
	ck_assert_uint_eq(fj_mount_flags()->dirs_share_device, 0);
	/* What is the jail's own is judged as all of its root is, wherever it shows; but of the
	 * whole host that is not known. */
	snprintf(point, sizeof(point), "%s/mnt", root);
	unit_assert_result(unit_mount(tree_path("jail/r/proc"), point, 0), 0);
	ck_assert_uint_eq(fj_mount_flags()->dirs_share_device, !fj_jail_paths()->root[0]);
	/* Of one device, but not the jail's own: by which way a file is reached must be asked. */
	tree_dir("other");
	unit_assert_result(unit_mount(tree_path("other"), point, 0), 0);
	ck_assert_uint_eq(fj_mount_flags()->dirs_share_device, 1);
	ck_assert_uint_gt(COST(__NR_newfstatat, AT_FDCWD, "/file", &st, 0), 1);
}

START_TEST(costs_in_nested_root)
{
	tree_dir("jail/proc");
	unit_assert_result(unit_mount("/proc", "/proc", FJ_MOUNT_WITH_SUBMOUNTS), 0);
	look_in_nested_root("");
}
END_TEST

START_TEST(costs_in_nested_root_of_host)
{
	static char outer[512];

	snprintf(outer, sizeof(outer), "%s", tree_path("jail"));
	unit_jail_on("/");
	fj_jail_paths()->root[0] = 0; /* as make_jail.c has it */
	look_in_nested_root(outer);
}
END_TEST

Suite *unit_suite_cost(void)
{
	Suite *s = suite_create("cost");
	TCase *c = tcase_create("cases");

	tcase_add_checked_fixture(c, unit_jail_setup, unit_jail_teardown);
	tcase_add_test(c, costs);
	tcase_add_test(c, costs_of_links);
	tcase_add_test(c, costs_of_long_ways);
	tcase_add_test(c, costs_of_directories);
	tcase_add_test(c, costs_in_nested_root);
	tcase_add_test(c, costs_in_nested_root_of_host);
	suite_add_tcase(s, c);
	return s;
}
