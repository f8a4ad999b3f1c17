/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * check_held.c - tests calls that change something, while somebody outside the jail exchanges their directory and
 * a symlink out of the jail. They must change the directory that was found, or nothing, and nothing outside. */
#include "sys/gate_code.h"
#include "syscall/fcntl.h"
#include "syscall/nr.h"
#include "syscall/stat.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_names.h"
#include "unit.h"

#include <asm/stat.h>
#include <asm/unistd.h>
#include <stdio.h>
#include <string.h>

#define EXCHANGE 2u /* RENAME_EXCHANGE, linux/fs.h */

/* "/d" is the directory, and "/l" the symlink; after the exchange it is the other way round. */
static void make_tree(void)
{
	tree_dir("outside");
	tree_file("outside/file", "the host's");
	tree_dir("jail/d");
	tree_file("jail/d/file", "");
	tree_link("jail/l", tree_path("outside"));
}

static fj_gate_fn gate;
static long awaited;

static void exchange(void)
{
	char d[512];

	snprintf(d, sizeof(d), "%s", tree_path("jail/d"));
	ck_assert_int_eq(fj_sys_renameat2(AT_FDCWD, d, AT_FDCWD, tree_path("jail/l"), EXCHANGE), 0);
}

/* Before the awaited call, the names are exchanged. */
static long exchange_before(long nr, long a, long b, long c, long d, long e, long f)
{
	if (nr == awaited) {
		fj_gate = gate;
		exchange();
		awaited = -1;
	}
	return gate(nr, a, b, c, d, e, f);
}

static bool is_there(const char *path)
{
	struct stat st;

	return !fj_sys_newfstatat(AT_FDCWD, tree_path(path), &st, AT_SYMLINK_NOFOLLOW);
}

static unsigned mode_of(const char *path)
{
	struct stat st;

	ck_assert_int_eq(fj_sys_newfstatat(AT_FDCWD, tree_path(path), &st, 0), 0);
	return st.st_mode & 0777;
}

/* The calls, with the kernel's call at which the exchange happens. `by`: the directory is named by an absolute
 * path, is the working directory, or is a descriptor. */
enum by { BY_PATH, BY_CWD, BY_FD };
static const struct {
	long nr, at;
} calls[] = {
	{__NR_linkat, __NR_linkat},
	{__NR_unlinkat, __NR_unlinkat},
	{__NR_mkdirat, __NR_mkdirat},
	{__NR_linkat, __NR_openat2}, /* the directory's, of a path */
	{__NR_unlinkat, __NR_openat2},
	{__NR_mkdirat, __NR_openat2},
	{__NR_fchmodat, __NR_fchmodat2},
	{__NR_fchmodat, __NR_openat2},
};
#define CALLS (int)(sizeof(calls) / sizeof(calls[0]))

static long make(long nr, enum by by, int fd)
{
	const int dirfd = by == BY_FD ? fd : AT_FDCWD;
	const char *const file = by == BY_PATH ? "/d/file" : "file", *const new = by == BY_PATH ?
											  "/d/new" :
											  "new";

	switch (nr) {
	case __NR_linkat:
		return unit_call5(nr, dirfd, file, dirfd, new, 0);
	case __NR_unlinkat:
		return unit_call3(nr, dirfd, file, 0);
	case __NR_mkdirat:
		return unit_call3(nr, dirfd, new, 0755);
	default:
		return unit_call3(nr, dirfd, file, 0600);
	}
}

START_TEST(changed_in_held_directory)
{
	const long nr = calls[_i % CALLS].nr;
	const enum by by = (enum by)(_i / CALLS);
	struct stat st;
	long fd, r;

	make_tree();
	fd = fj_sys_openat(AT_FDCWD, tree_path("jail/d"), O_RDONLY | O_DIRECTORY, 0);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fj_sys_fchdir(fd), 0);
	unit_assert_result(unit_call2(__NR_stat, "/d/file", &st), 0); /* facts are known */
	gate = fj_gate;
	awaited = calls[_i % CALLS].at;
	fj_gate = exchange_before;
	r = make(nr, by, (int)fd);
	fj_gate = gate;
	ck_assert(awaited == -1 || calls[_i % CALLS].at != nr);
	if (awaited != -1) /* no such call was made: the directory is held, or the kernel is old */
		exchange();
	else if (by != BY_PATH || calls[_i % CALLS].at == nr)
		unit_assert_result(r, 0);
	ck_assert(is_there("outside/file"));
	ck_assert(!is_there("outside/new"));
	ck_assert_uint_eq(mode_of("outside/file"), 0644);
	if (!r && (nr == __NR_linkat || nr == __NR_mkdirat))
		ck_assert(is_there("jail/l/new"));
	if (!r && nr == __NR_unlinkat)
		ck_assert(!is_there("jail/l/file"));
	if (!r && nr == __NR_fchmodat)
		ck_assert_uint_eq(mode_of("jail/l/file"), 0600);
	fj_sys_close((int)fd);
}
END_TEST

/* After the engine has seen that "d" is a directory, the names are exchanged. */
static long exchange_seen(long nr, long a, long b, long c, long d, long e, long f)
{
	const long r = gate(nr, a, b, c, d, e, f);

	if ((nr == __NR_readlinkat || nr == __NR_newfstatat) && !strcmp((const char *)b, "d")) {
		fj_gate = gate;
		exchange();
		awaited = -1;
	}
	return r;
}

/* A slash at the end of a path makes the kernel follow a symlink, whatever the flags of the call are. */
START_TEST(changed_with_slash)
{
	static const long times[] = {1, 1, 1, 1};
	struct stat st;

	make_tree();
	ck_assert_int_eq(fj_sys_fchmodat(AT_FDCWD, tree_path("outside"), 0755), 0);
	gate = fj_gate;
	awaited = 0;
	fj_gate = exchange_seen;
	if (_i)
		unit_call4(__NR_utimensat, AT_FDCWD, "/d/", times, 0);
	else
		unit_call3(__NR_fchmodat, AT_FDCWD, "/d/", 0700);
	fj_gate = gate;
	ck_assert_int_eq(awaited, -1);
	ck_assert_int_eq(fj_sys_newfstatat(AT_FDCWD, tree_path("outside"), &st, 0), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0755);
	ck_assert_uint_ne(st.st_mtime, 1);
}
END_TEST

/* A file that a symlink replaces in the middle of a stat is not shown as that symlink. */
START_TEST(looked_at_when_replaced)
{
	struct stat st;

	tree_file("jail/d", "");
	tree_file("jail/file", "");
	tree_link("jail/l", "file");
	gate = fj_gate;
	awaited = 0;
	fj_gate = exchange_seen;
	unit_assert_result(unit_call4(__NR_newfstatat, AT_FDCWD, "/./d", &st, 0), 0);
	fj_gate = gate;
	ck_assert_uint_eq(st.st_mode & 0170000, 0100000);
}
END_TEST

/* The process enters the directory that was found, or none. */
START_TEST(entered)
{
	static const long at[] = {__NR_openat2, __NR_fchdir, __NR_close};
	char here[512];
	struct stat st;
	long r;

	make_tree();
	ck_assert_int_eq(fj_sys_chdir(tree_path("jail")), 0);
	unit_assert_result(unit_call2(__NR_stat, "/d/file", &st), 0);
	gate = fj_gate;
	awaited = at[_i];
	fj_gate = exchange_before;
	r = unit_call1(__NR_chdir, "/d");
	fj_gate = gate;
	ck_assert_int_eq(awaited, -1);
	ck_assert_int_gt(fj_sys_getcwd(here, sizeof(here)), 0);
	ck_assert_str_eq(here, tree_path(r ? "jail" : "jail/l"));
}
END_TEST

Suite *unit_suite_held(void)
{
	Suite *s = suite_create("held");
	TCase *c = tcase_create("exchanges");

	tcase_add_checked_fixture(c, unit_jail_setup, unit_jail_teardown);
	tcase_add_loop_test(c, changed_in_held_directory, 0, 3 * CALLS);
	tcase_add_loop_test(c, changed_with_slash, 0, 2);
	tcase_add_test(c, looked_at_when_replaced);
	tcase_add_loop_test(c, entered, 0, 3);
	suite_add_tcase(s, c);
	return s;
}
