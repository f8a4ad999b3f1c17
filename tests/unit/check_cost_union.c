/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * check_cost_union.c - tests how many system calls the engine makes for a call in a directory of an
 * overlay that only one layer has, and for the same call in a directory of the jail's root. */
#include "jail/jail.h"
#include "call/hooks.h"
#include "sys/abi.h"
#include "sys/gate_code.h"
#include "syscall/unistd_close.h"
#include "union/change.h"

#include "entries.h"
#include "unit.h"
#include "union_tree.h"

#include <asm/stat.h>
#include <asm/unistd.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static long counted(long nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	const long r = unit_counted(nr, a, b, c, d);

	ck_assert_msg(r >= 0, "%s", unit_result(r));
	return r;
}
#define COUNTED(nr, a, b, c, d)                                                                    \
	counted(nr, (uint64_t)(a), (uint64_t)(b), (uint64_t)(c), (uint64_t)(d))

/* The system calls for the second of two equal calls. */
static unsigned entries_of(long nr, const char *path, void *out, size_t size)
{
	for (int i = 0; i < 2; i++)
		COUNTED(nr, path, out, size, 0);
	return unit_entries;
}

START_TEST(names_of_attributes)
{
	static char names[256];

	ck_assert_uint_eq(entries_of(__NR_listxattr, "/m/d/file", names, sizeof(names)),
		entries_of(__NR_listxattr, "/plain/d/file", names, sizeof(names)));
}
END_TEST

/* The same for opening the directory `path` and listing it to its end. */
static unsigned entries_of_listing(const char *path)
{
	static char list[32768];
	unsigned all = 0;
	long fd, n;

	for (int i = 0; i < 2; i++) {
		all = 0;
		fd = COUNTED(__NR_openat, AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0);
		all += unit_entries;
		do {
			n = COUNTED(__NR_getdents64, fd, list, sizeof(list), 0);
			all += unit_entries;
		} while (n);
		fj_sys_close((int)fd);
	}
	return all;
}

/* Each getdents(2) asks once which directory the descriptor is of. */
START_TEST(listing)
{
	ck_assert_uint_le(entries_of_listing("/m/d"), entries_of_listing("/plain/d") + 2);
	ck_assert_uint_le(entries_of_listing("/m/d/in"), entries_of_listing("/plain/d/in") + 2);
}
END_TEST

/* A look at a directory in one that was listed costs one call: its number proves which directory the descriptor is. */
START_TEST(looks_after_listing)
{
	static char list[32768];
	static struct stat st;

	for (int i = 0; i < 2; i++) {
		const long fd = COUNTED(__NR_openat, AT_FDCWD, "/m/d", O_RDONLY | O_DIRECTORY, 0);

		COUNTED(__NR_newfstatat, fd, "file", &st, 0);
		while (COUNTED(__NR_getdents64, fd, list, sizeof(list), 0))
			;
		COUNTED(__NR_newfstatat, fd, "in", &st, AT_SYMLINK_NOFOLLOW);
		fj_sys_close((int)fd);
	}
	ck_assert_uint_eq(unit_entries, 1);
}
END_TEST

/* The same for the first visit of a directory below a known one. */
static unsigned entries_of_first_visit(const char *above)
{
	static char list[32768];
	static struct stat st;
	unsigned all = 0;
	long from, fd;

	from = COUNTED(__NR_openat, AT_FDCWD, above, O_RDONLY | O_DIRECTORY, 0);
	COUNTED(__NR_newfstatat, from, "file", &st, 0);
	COUNTED(__NR_newfstatat, from, "in", &st, 0);
	fd = COUNTED(__NR_openat, from, "in", O_RDONLY | O_DIRECTORY, 0);
	all += unit_entries;
	COUNTED(__NR_getdents64, fd, list, sizeof(list), 0);
	all += unit_entries;
	COUNTED(__NR_newfstatat, fd, "file", &st, 0);
	all += unit_entries;
	fj_sys_close((int)fd);
	fj_sys_close((int)from);
	return all;
}

/* The engine asks for the identity of the parent directory and then of the new one: when it is
 * opened, listed, and when a name is looked up in it. The layers of the new one follow from those
 * of its parent. */
START_TEST(first_visit)
{
	ck_assert_uint_le(entries_of_first_visit("/m/d"), entries_of_first_visit("/plain/d") + 4);
}
END_TEST

/* In an open directory, each lookup itself tells which directory it is. */
static unsigned entries_of_look(const char *above)
{
	static struct stat st;
	unsigned all;
	long from, fd;

	from = COUNTED(__NR_openat, AT_FDCWD, above, O_RDONLY | O_DIRECTORY, 0);
	COUNTED(__NR_newfstatat, from, "in", &st, 0);
	fd = COUNTED(__NR_openat, from, "in", O_RDONLY | O_DIRECTORY, 0);
	COUNTED(__NR_fstat, fd, &st, 0, 0);
	all = unit_entries;
	COUNTED(__NR_newfstatat, fd, "", &st, AT_EMPTY_PATH);
	all += unit_entries;
	fj_sys_close((int)fd);
	fj_sys_close((int)from);
	return all;
}

START_TEST(look_at_opened)
{
	ck_assert_uint_eq(entries_of_look("/m/d"), 2);
}
END_TEST

/* The same as find(1) does it for a directory: above it, which was listed before, it is looked at, opened, looked
 * at again, and listed to its end. */
static unsigned entries_of_find(const char *above)
{
	static char list[32768];
	static struct stat st;
	unsigned all = 0;
	long from, fd;

	from = COUNTED(__NR_openat, AT_FDCWD, above, O_RDONLY | O_DIRECTORY, 0);
	COUNTED(__NR_getdents64, from, list, sizeof(list), 0);
	COUNTED(__NR_newfstatat, from, "file", &st, 0);
	COUNTED(__NR_newfstatat, from, "in", &st, 0);
	all += unit_entries;
	fd = COUNTED(__NR_openat, from, "in", O_RDONLY | O_DIRECTORY, 0);
	all += unit_entries;
	COUNTED(__NR_newfstatat, from, "in", &st, 0);
	all += unit_entries;
	while (COUNTED(__NR_getdents64, fd, list, sizeof(list), 0))
		all += unit_entries;
	all += unit_entries;
	fj_sys_close((int)fd);
	fj_sys_close((int)from);
	return all;
}

/* What is found proves that the descriptor of the parent directory still is one. */
START_TEST(find_in_listed)
{
	ck_assert_uint_le(entries_of_find("/m/d"), entries_of_find("/plain/d") + 4);
}
END_TEST

static unsigned entries_beside(const char *dir)
{
	static struct stat st;
	unsigned all = 0;

	unit_assert_result(unit_call1(__NR_chdir, dir), 0);
	for (int i = 0; i < 2; i++)
		COUNTED(__NR_newfstatat, AT_FDCWD, "file", &st, 0);
	all += unit_entries;
	fj_sys_close((int)COUNTED(__NR_openat, AT_FDCWD, "file", O_RDONLY, 0));
	all += unit_entries;
	COUNTED(__NR_faccessat, AT_FDCWD, "in", 0, 0);
	all += unit_entries;
	/* To another directory, and back by a descriptor. */
	const long fd = COUNTED(__NR_openat, AT_FDCWD, ".", O_PATH, 0);

	unit_assert_result(unit_call1(__NR_chdir, "in"), 0);
	COUNTED(__NR_newfstatat, AT_FDCWD, "file", &st, 0);
	unit_assert_result(unit_call1(__NR_fchdir, fd), 0);
	COUNTED(__NR_newfstatat, AT_FDCWD, "in", &st, 0);
	ck_assert_uint_eq(st.st_mode & 0170000, 0040000);
	for (int i = 0; i < 2; i++)
		COUNTED(__NR_newfstatat, AT_FDCWD, "file", &st, 0);
	all += unit_entries;
	fj_sys_close((int)fd);
	return all;
}

/* A name in the working directory costs one system call until the working directory changes. */
START_TEST(beside)
{
	fj_jail->has_trap = 1; /* else the engine may not see a fchdir(2) */
	ck_assert_uint_eq(entries_beside("/m/d"), 4);
}
END_TEST

/* The system calls for a first call, which may find nothing. */
static unsigned entries_of_first(const char *path)
{
	struct stat st;
	const long r = unit_counted(__NR_newfstatat, AT_FDCWD, (uint64_t)path, (uint64_t)&st, 0);

	ck_assert(!r || r == -ENOENT);
	return unit_entries;
}

/* For a file in the lowest layer alone, one step for each layer is enough: however many directories
 * are on the way, and also if the file does not exist. */
START_TEST(first_look)
{
	tree_dir("jail/lower/d/in/deep");
	tree_dir("jail/lower/d/in/deep/er");
	tree_file("jail/lower/d/in/deep/er/file", "");
	tree_link("jail/lower/l", "d/in");
	ck_assert_uint_le(entries_of_first("/m/d/in/deep/er/file"), 9);
	ck_assert_uint_le(entries_of_first("/m/none/in/deep/er/file"), 4);
	ck_assert_uint_le(entries_of_first("/m/l/deep/er/file"), 12);
	ck_assert_uint_le(entries_of_first("/m/d"), 9);
}
END_TEST

/* A file that is opened with O_PATH may be a whiteout: one more call finds that out, in whatever way
 * the file system has whiteouts. */
START_TEST(whiteouts_are_not_opened)
{
	static const int flags[] = {
		O_PATH, O_PATH | O_NOFOLLOW, O_PATH | O_NONBLOCK, O_RDONLY, O_RDWR, O_TRUNC};
	unsigned plain;

	COUNTED(__NR_openat, AT_FDCWD, "/plain/d/file", O_PATH, 0);
	COUNTED(__NR_openat, AT_FDCWD, "/plain/d/file", O_PATH, 0);
	plain = unit_entries;
	COUNTED(__NR_openat, AT_FDCWD, "/m/d/file", O_PATH, 0);
	COUNTED(__NR_openat, AT_FDCWD, "/m/d/file", O_PATH, 0);
	ck_assert_uint_le(unit_entries, plain + 1);

	union_gate = fj_gate;
	fj_gate = _i ? union_no_devices : union_gate;
	unit_assert_result(unit_call2(__NR_unlink, "/m/d/file", 0), 0);
	fj_gate = union_gate;
	for (int i = 0; i < 24; i++)
		unit_assert_result(
			unit_call4(__NR_openat, AT_FDCWD, "/m/d/file", flags[i % 6], 0), -ENOENT);
}
END_TEST

/* What a process learns below its own root says nothing about who may search the directories above. */
START_TEST(roots_below_closed_directories)
{
	struct stat st;
	int status;
	pid_t pid;

	unit_assert_result(unit_call2(__NR_chmod, "/m/d", 0700), 0);
	pid = fork();
	if (!pid) {
		unit_assert_result(unit_call1(__NR_chroot, "/m/d/in"), 0);
		unit_assert_result(unit_call1(__NR_chdir, "/"), 0);
		unit_assert_result(unit_call3(__NR_setresuid, 1000, 1000, 1000), 0);
		for (int i = 0; i < 4; i++)
			unit_assert_result(unit_call2(__NR_stat, "/file", (uint64_t)&st), 0);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	unit_assert_result(unit_call3(__NR_setresuid, 1000, 1000, 1000), 0);
	unit_assert_result(unit_call2(__NR_stat, "/m/d/in/file", (uint64_t)&st), -EACCES);
	unit_assert_result(unit_call2(__NR_unlink, "/m/d/in/none", 0), -EACCES);
}
END_TEST

/* A union may have many layers, and what the last ones have is found again by facts. */
START_TEST(many_layers)
{
	char name[64], options[512] = "lowerdir=";
	struct stat st;

	for (int i = 0; i < 40; i++) {
		snprintf(name, sizeof(name), "jail/%d", i);
		tree_dir(name);
		if (i % 13 == 0) {
			strcat(name, "/d");
			tree_dir(name);
		}
		snprintf(name, sizeof(name), "%s/%d", i ? ":" : "", i);
		strcat(options, name);
	}
	tree_dir("jail/39/d/in");
	tree_file("jail/39/d/in/file", "text");
	tree_file("jail/39/d/file", "text");
	tree_dir("jail/many");
	unit_assert_result(unit_call5(__NR_mount, "overlay", "/many", "overlay", 0, options), 0);
	fj_mount_flags()->has_aliases = 0;
	for (int i = 0; i < 3; i++) {
		COUNTED(__NR_newfstatat, AT_FDCWD, "/many/d/in/file", &st, 0);
		fj_sys_close((int)COUNTED(__NR_openat, AT_FDCWD, "/many/d/in/file", O_RDONLY, 0));
		COUNTED(__NR_newfstatat, AT_FDCWD, "/many/d/file", &st, 0);
		COUNTED(__NR_newfstatat, AT_FDCWD, "/many/d/in/../file", &st, 0);
		COUNTED(__NR_newfstatat, AT_FDCWD, "/many/d/in/../in/file", &st, 0);
	}
	ck_assert_uint_eq(entries_of(__NR_listxattr, "/many/d/in/file", name, sizeof(name)),
		entries_of(__NR_listxattr, "/plain/d/file", name, sizeof(name)));
}
END_TEST

/* What the engine does between calls, as when it makes a jail in a jail, belongs to none of them. */
START_TEST(no_call_is_left)
{
	struct stat st;

	unit_assert_result(unit_call2(__NR_stat, "/m/d/file", (uint64_t)&st), 0);
	ck_assert_ptr_null(fj_calling(unit_thread)->call);
}
END_TEST

Suite *unit_suite_cost_union(void)
{
	Suite *s = suite_create("cost_union");
	TCase *c = tcase_create("cases");

	tcase_add_checked_fixture(c, union_mounted_setup, unit_jail_teardown);
	tcase_add_test(c, names_of_attributes);
	tcase_add_test(c, listing);
	tcase_add_test(c, looks_after_listing);
	tcase_add_test(c, first_visit);
	tcase_add_test(c, find_in_listed);
	tcase_add_test(c, look_at_opened);
	tcase_add_test(c, beside);
	tcase_add_test(c, first_look);
	tcase_add_loop_test(c, whiteouts_are_not_opened, 0, 2);
	tcase_add_test(c, roots_below_closed_directories);
	tcase_add_test(c, many_layers);
	tcase_add_test(c, no_call_is_left);
	suite_add_tcase(s, c);
	return s;
}
