/* SPDX-FileCopyrightText: The fakejail authors SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * check_hints.c - tests what the engine remembers of earlier calls to save a system call, for
 * symlinks, new names of renames, and directories. A wrong hint must give no wrong result. */
#include "entries.h"
#include "syscall/stat.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_names.h"
#include "unit.h"
#include "jail/jail.h"
#include "ownership/ownership.h"
#include "records/records.h"
#include "sys/abi.h"

#include <asm/stat.h>
#include <asm/unistd.h>
#include <linux/fcntl.h>
#include <string.h>

/* Is the record of inode number `ino` marked as that of a removed file? */
static bool is_record_gone(uint64_t ino)
{
	struct fj_owner owner;

	ck_assert(fj_owner_find_ino(fj_jail->root_dev, ino, &owner));
	return owner.flags & FJ_OWNER_GONE;
}

/* After `n` renames to new names that did not exist, the engine does not look at the new name
 * before a rename any more. If a rename then replaces a file with a record, the record must be
 * marked all the same. */
static void replace_after(unsigned n)
{
	const char *const name[] = {"/a/x", "/a/y"};
	struct stat st;

	tree_file("jail/a/x", "");
	tree_file("jail/a/owned", "");
	unit_assert_result(unit_call3(__NR_chown, "/a/owned", 1, 1), 0);
	ck_assert_int_eq(fj_sys_newfstatat(AT_FDCWD, tree_path("jail/a/owned"), &st, 0), 0);
	ck_assert(!is_record_gone(st.st_ino));
	for (unsigned i = 0; i < n; i++)
		ck_assert_uint_le(COST_ONCE(__NR_renameat, AT_FDCWD, name[i % 2], AT_FDCWD,
					  name[(i + 1) % 2]),
			i ? 3 : 4);
	unit_assert_result(
		unit_call4(__NR_renameat, AT_FDCWD, name[n % 2], AT_FDCWD, "/a/owned"), 0);
	ck_assert(is_record_gone(st.st_ino));
	unit_assert_result(unit_call4(__NR_newfstatat, AT_FDCWD, "/a/owned", &st, 0), 0);
	ck_assert_uint_eq(st.st_uid, 0);
	unit_assert_result(unit_call3(__NR_unlinkat, AT_FDCWD, "/a/owned", 0), 0);
}

START_TEST(renames_that_replace)
{
	struct stat st;

	tree_dir("jail/a");
	tree_dir("jail/d");
	tree_file("jail/kept", "");
	unit_assert_result(unit_call3(__NR_chown, "/kept", 1, 1), 0);
	unit_call4(__NR_newfstatat, AT_FDCWD, "/a/x", &st, 0);
	for (unsigned n = 0; n < 4; n++)
		replace_after(n);
	/* The kernel refuses the same renames as before. */
	tree_file("jail/a/x", "");
	unit_assert_result(unit_call4(__NR_renameat, AT_FDCWD, "/a/x", AT_FDCWD, "/a/y"), 0);
	unit_assert_result(
		unit_call4(__NR_renameat, AT_FDCWD, "/a/none", AT_FDCWD, "/a/z"), -ENOENT);
	unit_assert_result(unit_call4(__NR_renameat, AT_FDCWD, "/a/y", AT_FDCWD, "/d"), -EISDIR);
	unit_assert_result(unit_call4(__NR_renameat, AT_FDCWD, "/a", AT_FDCWD, "/a/z"), -EINVAL);
	unit_assert_result(unit_call4(__NR_renameat, AT_FDCWD, "/d", AT_FDCWD, "/a/y"), -ENOTDIR);
	unit_assert_result(unit_call4(__NR_renameat, AT_FDCWD, "/a/y", AT_FDCWD, "/a/y"), 0);
	unit_assert_result(unit_call4(__NR_linkat, AT_FDCWD, "/a/y", AT_FDCWD, "/a/z"), 0);
	unit_assert_result(unit_call4(__NR_renameat, AT_FDCWD, "/a/y", AT_FDCWD, "/a/z"), 0);
	unit_assert_result(unit_call4(__NR_newfstatat, AT_FDCWD, "/a/y", &st, 0), 0);
}
END_TEST

/* A rename of a name to itself replaces nothing: the file keeps its record. */
START_TEST(renames_to_itself)
{
	static const char *const names[] = {"/own", "/own-dir"};
	struct stat st;

	tree_file("jail/own", "");
	tree_dir("jail/own-dir");
	for (size_t i = 0; i < 2; i++) {
		unit_assert_result(unit_call3(__NR_chown, names[i], 1, 1), 0);
		unit_assert_result(unit_call4(__NR_newfstatat, AT_FDCWD, names[i], &st, 0), 0);
		for (int times = 0; times < 2; times++)
			unit_assert_result(
				unit_call4(__NR_renameat, AT_FDCWD, names[i], AT_FDCWD, names[i]),
				0);
		ck_assert(!is_record_gone(st.st_ino));
	}
}
END_TEST

/* If a process of the jail has followed a symlink before, it costs readlink(2) and the call for its
 * target. */
START_TEST(costs_of_symlinks)
{
	struct stat st;

	tree_dir("jail/a");
	tree_file("jail/a/file", "");
	tree_link("jail/a/link", "file");
	tree_link("jail/a/two", "link");
	unit_call4(__NR_newfstatat, AT_FDCWD, "/a/two", &st, 0);
	ck_assert_uint_eq(COST_THIRD(__NR_newfstatat, AT_FDCWD, "/a/link", &st, 0), 2);
	ck_assert_uint_eq(COST_THIRD(__NR_openat, AT_FDCWD, "/a/link", O_RDONLY, 0), 2);
	ck_assert_uint_le(COST_THIRD(__NR_faccessat, AT_FDCWD, "/a/link", 4, 0), 2);
	ck_assert_uint_eq(COST_THIRD(__NR_newfstatat, AT_FDCWD, "/a/two", &st, 0), 3);
	ck_assert_uint_eq(COST_THIRD(__NR_newfstatat, AT_FDCWD, "/a/file", &st, 0), 1);
	ck_assert_uint_eq(
		COST_THIRD(__NR_newfstatat, AT_FDCWD, "/a/link", &st, AT_SYMLINK_NOFOLLOW), 1);
}
END_TEST

/* The kinds of file that a name may be, and where it leads then: a file of the tree, or an
 * errno. */
static const struct {
	const char *text, *leads_to;
	int error;
} kinds[] = {
	{NULL, NULL, ENOENT}, {"file", "jail/a/n", 0}, {"directory", "jail/a/n", 0},
	{"one", "jail/a/one", 0}, {"two", "jail/a/two", 0}, {"d", "jail/a/d", 0},
	{"/a/two", "jail/a/two", 0}, {"../a/d/../one", "jail/a/one", 0}, {"one/x", NULL, ENOTDIR},
	{"none", NULL, ENOENT}, {"n", NULL, ELOOP},
	{"/other", NULL, ENOENT}, /* this one is outside of the jail */
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* Changes the name from outside, without announcing it to the jail. */
static void become(size_t kind)
{
	const char *const n = tree_path("jail/a/n");

	fj_sys_unlinkat(AT_FDCWD, n, 0);
	fj_sys_unlinkat(AT_FDCWD, n, AT_REMOVEDIR);
	if (kind == 1)
		tree_file("jail/a/n", "");
	else if (kind == 2)
		tree_dir("jail/a/n");
	else if (kind)
		tree_link("jail/a/n", kinds[kind].text);
}

static void is_seen_as(size_t before, size_t kind)
{
	const char *const leads_to = kinds[kind].leads_to;
	struct stat st = {0}, wanted = {0}, opened = {0};
	long fd, r = unit_call4(__NR_newfstatat, AT_FDCWD, "/a/n", &st, 0);

	if (leads_to)
		fj_sys_newfstatat(AT_FDCWD, tree_path(leads_to), &wanted, 0);
	ck_assert_msg(r == -kinds[kind].error && (r || st.st_ino == wanted.st_ino),
		"%zu after %zu: %s", kind, before, unit_result(r));
	unit_assert_result(unit_call3(__NR_faccessat, AT_FDCWD, "/a/n", 4), -kinds[kind].error);
	fd = unit_call4(__NR_openat, AT_FDCWD, "/a/n", O_RDONLY, 0);
	unit_assert_result(fd < 0 ? fd : 0, -kinds[kind].error);
	if (fd >= 0) {
		ck_assert_int_eq(fj_sys_fstat(fd, &opened), 0);
		ck_assert_uint_eq(opened.st_ino, wanted.st_ino);
		fj_sys_close((int)fd);
	}
}

/* The engine remembers that a name was a symlink, and of its target only which file it was. So a change of the
 * name from outside of the jail is seen at once. */
START_TEST(symlinks_changed_by_others)
{
	tree_dir("jail/a");
	tree_dir("jail/a/d");
	tree_file("jail/a/one", "");
	tree_file("jail/a/two", "");
	tree_file("other", "");
	for (size_t before = 0; before < KINDS; before++)
		for (size_t kind = 0; kind < KINDS; kind++) {
			become(before);
			for (int i = 0; i < 6; i++)
				is_seen_as(before, before);
			become(kind);
			is_seen_as(before, kind);
			is_seen_as(before, kind);
		}
}
END_TEST

/* A fact answers a `..` (path/fold.c). But the kernel is asked whether the directory before it is there: it may have been
 * removed from outside of the jail since it was looked up. */
START_TEST(directories_before_dots_removed_by_others)
{
	struct stat st;

	tree_dir("jail/a");
	tree_dir("jail/a/b");
	tree_file("jail/a/b/file", "");
	tree_file("jail/a/file", "");
	for (int i = 0; i < 4; i++)
		unit_assert_result(unit_call4(__NR_newfstatat, AT_FDCWD, "/a/b/file", &st, 0), 0);
	ck_assert_int_eq(fj_sys_unlinkat(AT_FDCWD, tree_path("jail/a/b/file"), 0), 0);
	ck_assert_int_eq(fj_sys_unlinkat(AT_FDCWD, tree_path("jail/a/b"), AT_REMOVEDIR), 0);
	unit_assert_result(unit_call4(__NR_newfstatat, AT_FDCWD, "/a/b/../file", &st, 0), -ENOENT);
}
END_TEST

/* Makes or removes a name in /a/b by one of several calls. Returns the result. */
static long change_a_name(unsigned which)
{
	switch (which) {
	case 0:
		return unit_call3(__NR_mkdirat, AT_FDCWD, "/a/b/new", 0755);
	case 1:
		return unit_call3(__NR_symlinkat, "x", AT_FDCWD, "/a/b/new");
	case 2:
		return unit_call4(__NR_mknodat, AT_FDCWD, "/a/b/new", FJ_S_IFREG | 0644, 0);
	case 3:
		return unit_call4(__NR_linkat, AT_FDCWD, "/kept", AT_FDCWD, "/a/b/new");
	case 4:
		return unit_call4(__NR_linkat, AT_FDCWD, "/a/b/file", AT_FDCWD, "/a/b/new");
	case 5:
		return unit_call4(__NR_renameat, AT_FDCWD, "/kept", AT_FDCWD, "/a/b/new");
	case 6:
		return unit_call4(__NR_renameat, AT_FDCWD, "/a/b/file", AT_FDCWD, "/a/b/new");
	case 7:
		return unit_call3(__NR_unlinkat, AT_FDCWD, "/a/b/file", 0);
	default:
		return unit_call3(__NR_unlinkat, AT_FDCWD, "/a/b/dir", AT_REMOVEDIR);
	}
}
enum { CHANGES = 9 };

static bool is_there(const char *name)
{
	struct stat st;

	return !fj_sys_newfstatat(AT_FDCWD, tree_path(name), &st, AT_SYMLINK_NOFOLLOW);
}

/* A fact says where the directory of a name is. After that, a process outside of the jail replaces
 * the directory by a symlink. The symlink is followed inside of the jail, and no file outside is
 * changed. */
START_TEST(directories_changed_by_others)
{
	static const struct {
		const char *text, *leads_to;
	} link[] = {{NULL, NULL}, {"../../other", NULL}, {"d", "jail/a/d"}, {"/a/d", "jail/a/d"}};
	static char outside[TREE_PATH];
	struct stat st;

	memcpy(outside, tree_path("other"), TREE_PATH);
	tree_dir("jail/a");
	tree_dir("jail/a/d");
	tree_dir("other");
	tree_dir("other/dir");
	tree_file("other/file", "");
	for (unsigned i = 0; i < sizeof(link) / sizeof(link[0]); i++)
		for (unsigned which = 0; which < CHANGES; which++) {
			tree_dir("jail/a/b");
			/* Makes again what the last call has removed. */
			if (!is_there("jail/kept"))
				tree_file("jail/kept", "");
			if (!is_there("jail/a/d/file"))
				tree_file("jail/a/d/file", "");
			if (!is_there("jail/a/d/dir"))
				tree_dir("jail/a/d/dir");
			unit_call4(__NR_newfstatat, AT_FDCWD, "/a/b/file", &st, 0);
			ck_assert_int_eq(
				fj_sys_unlinkat(AT_FDCWD, tree_path("jail/a/b"), AT_REMOVEDIR), 0);
			tree_link("jail/a/b", link[i].text ? link[i].text : outside);
			unit_assert_result(change_a_name(which), link[i].leads_to ? 0 : -ENOENT);
			ck_assert(is_there("other/file") && is_there("other/dir") &&
				  !is_there("other/new"));
			ck_assert_int_eq(is_there("jail/a/d/new"), link[i].leads_to && which < 7);
			fj_sys_unlinkat(
				AT_FDCWD, tree_path("jail/a/d/new"), which ? 0 : AT_REMOVEDIR);
			ck_assert_int_eq(fj_sys_unlinkat(AT_FDCWD, tree_path("jail/a/b"), 0), 0);
		}
}
END_TEST

/* Facts say that a directory lies in no mount. So to make one there costs three system calls: to
 * open the directory around it, mkdir(2), close(2). What others may write to costs a look at that
 * directory, of which the setgid bit counts. So does what is made in a directory that the program
 * holds, since it may lie in a mount. */
START_TEST(costs_of_making)
{
	struct stat st;
	int fd;

	tree_dir("jail/a");
	tree_dir("jail/m");
	tree_dir("other");
	unit_assert_result(unit_mount(tree_path("other"), "/m", 0), 0);
	unit_assert_result(unit_call3(__NR_mkdirat, AT_FDCWD, "/a/1", 0755), 0);
	unit_assert_result(unit_call3(__NR_symlinkat, "2", AT_FDCWD, "/a/0"), 0);
	ck_assert_uint_le(COST_ONCE(__NR_mkdirat, AT_FDCWD, "/a/2", 0755, 0), 3);
	ck_assert_uint_le(COST_ONCE(__NR_mkdirat, AT_FDCWD, "/2", 0755, 0), 1);
	/* (The mount is on the jail's own device, so a path must tell whether the look was in it.) */
	ck_assert_uint_le(COST_ONCE(__NR_symlinkat, "2", AT_FDCWD, "/a/3", 0), 5);
	ck_assert_uint_le(COST_ONCE(__NR_unlinkat, AT_FDCWD, "/a/3", 0, 0), 3);
	fd = (int)unit_call4(__NR_openat, AT_FDCWD, "/a", O_RDONLY | O_DIRECTORY, 0);
	ck_assert_int_ge(fd, 0);
	ck_assert_uint_le(COST_ONCE(__NR_symlinkat, "2", fd, "3", 0), 5);
	fj_sys_close(fd);
	/* What is made in a mount is the caller's, and not the host's. */
	unit_assert_result(unit_call3(__NR_mkdirat, AT_FDCWD, "/m/1", 0755), 0);
	unit_assert_result(unit_call3(__NR_symlinkat, "1", AT_FDCWD, "/m/2"), 0);
	for (int i = 0; i < 2; i++) {
		const char *const name = i ? "/m/2" : "/m/1";

		unit_assert_result(unit_call4(__NR_newfstatat, AT_FDCWD, name, &st, 0x100), 0);
		ck_assert_uint_eq(st.st_uid, 0);
	}
}
END_TEST

Suite *unit_suite_hints(void)
{
	Suite *s = suite_create("hints");
	TCase *c = tcase_create("cases");

	tcase_add_checked_fixture(c, unit_jail_setup, unit_jail_teardown);
	tcase_add_test(c, renames_that_replace);
	tcase_add_test(c, renames_to_itself);
	tcase_add_test(c, costs_of_symlinks);
	tcase_add_test(c, symlinks_changed_by_others);
	tcase_add_test(c, directories_before_dots_removed_by_others);
	tcase_add_test(c, directories_changed_by_others);
	tcase_add_test(c, costs_of_making);
	suite_add_tcase(s, c);
	return s;
}
