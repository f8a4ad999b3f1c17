/* SPDX-FileCopyrightText: The fakejail authors SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * check_ends_union.c - tests what is remembered of symlinks in overlays that are a path's last component
 * (fast-path/fast_ends.c). The lower layer alone has the directory, or both layers; a change copies the directory up, or
 * the symlink, or its file. */
#include "entries.h"
#include "syscall/unistd_close.h"
#include "union_tree.h"
#include "unit.h"

#include <asm/stat.h>
#include <asm/unistd.h>
#include <linux/fcntl.h>

static void done(long r)
{
	ck_assert_msg(r >= 0, "%s", unit_result(r));
}

static void copy_end_up(void)
{
	const long fd = unit_call4(__NR_openat, AT_FDCWD, "/m/d/file", O_WRONLY | O_TRUNC, 0);

	done(fd);
	fj_sys_close((int)fd);
}
static void change_end(void)
{
	done(unit_call3(__NR_chmod, "/m/d/file", 0600, 0));
}
static void change_link(void)
{
	done(unit_call5(__NR_fchownat, AT_FDCWD, "/m/d/link", 3, 4, AT_SYMLINK_NOFOLLOW));
}
static void turn_link(void)
{
	done(unit_call3(__NR_symlinkat, "other", AT_FDCWD, "/m/d/new"));
	done(unit_call4(__NR_renameat, AT_FDCWD, "/m/d/new", AT_FDCWD, "/m/d/link"));
}
static void hide_link(void)
{
	done(unit_call3(__NR_unlinkat, AT_FDCWD, "/m/d/link", 0));
}
static void hide_end(void)
{
	done(unit_call3(__NR_unlinkat, AT_FDCWD, "/m/d/file", 0));
}
static void cover_end(void)
{
	done(unit_call4(__NR_renameat, AT_FDCWD, "/m/d/other", AT_FDCWD, "/m/d/file"));
}
static void make_beside(void)
{
	done(unit_call3(__NR_mkdirat, AT_FDCWD, "/m/d/more", 0755));
}

static const struct {
	void (*make)(void);
	const char *leads_to; /* a jail path; NULL: to nothing */
} changes_in_overlay[] = {
	{copy_end_up, "/m/d/file"},
	{change_end, "/m/d/file"},
	{change_link, "/m/d/file"},
	{turn_link, "/m/d/other"},
	{hide_link, NULL},
	{hide_end, NULL},
	{cover_end, "/m/d/file"},
	{make_beside, "/m/d/file"},
};
enum { CHANGES_IN_OVERLAY = sizeof(changes_in_overlay) / sizeof(changes_in_overlay[0]) };

START_TEST(ends_in_an_overlay)
{
	const bool is_merged = _i >= CHANGES_IN_OVERLAY;
	const int i = _i % CHANGES_IN_OVERLAY;
	const char *const to = changes_in_overlay[i].leads_to;
	const long error = to ? 0 : -ENOENT;
	struct stat st = {0}, wanted = {0};

	tree_file("jail/lower/d/other", "another text");
	tree_link("jail/lower/d/link", "file");
	unit_call4(__NR_newfstatat, AT_FDCWD, "/m/d/file", &st, 0);
	if (is_merged) /* then nothing announces what another layer gets there */
		done(unit_call3(__NR_mkdirat, AT_FDCWD, "/m/d/before", 0755));
	for (int round = 0; round < 6; round++)
		unit_call4(__NR_newfstatat, AT_FDCWD, "/m/d/link", &st, 0);
	if (!is_merged) {
		ck_assert_uint_eq(COST_THIRD(__NR_newfstatat, AT_FDCWD, "/m/d/link", &st, 0), 1);
		ck_assert_uint_eq(COST_THIRD(__NR_faccessat, AT_FDCWD, "/m/d/link", 4, 0), 1);
	}
	changes_in_overlay[i].make();
	if (to)
		done(unit_call4(__NR_newfstatat, AT_FDCWD, to, &wanted, AT_SYMLINK_NOFOLLOW));
	for (int round = 0; round < 5; round++) {
		unit_assert_result(
			unit_call4(__NR_newfstatat, AT_FDCWD, "/m/d/link", &st, 0), error);
		if (to)
			ck_assert_msg(st.st_ino == wanted.st_ino && st.st_size == wanted.st_size &&
					      st.st_mode == wanted.st_mode,
				"change %d", i);
		unit_assert_result(unit_call3(__NR_faccessat, AT_FDCWD, "/m/d/link", 6), error);
	}
}
END_TEST

Suite *unit_suite_ends_union(void)
{
	Suite *s = suite_create("ends_union");
	TCase *c = tcase_create("cases");

	tcase_add_checked_fixture(c, union_mounted_setup, unit_jail_teardown);
	tcase_add_loop_test(c, ends_in_an_overlay, 0, 2 * CHANGES_IN_OVERLAY);
	suite_add_tcase(s, c);
	return s;
}
