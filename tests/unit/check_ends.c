/* SPDX-FileCopyrightText: The fakejail authors SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * check_ends.c - tests what is remembered of symlinks that are a path's last component (fast-path/fast_ends.c): what it
 * saves, and that each change is seen, whoever has made it. */
#include "entries.h"
#include "facts/facts.h"
#include "jail/epoch.h"
#include "jail/memory.h"
#include "jail/root.h"
#include "syscall/fcntl.h"
#include "syscall/stat.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_names.h"
#include "unit.h"

#include <asm/stat.h>
#include <asm/unistd.h>
#include <linux/fcntl.h>
#include <linux/fs.h>
#include <linux/stat.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct statx sx;

/* A file to which a symlink has led several times costs one call. */
START_TEST(costs_of_ends)
{
	struct stat st;

	tree_dir("jail/a");
	tree_dir("jail/m");
	tree_dir("other");
	tree_file("other/file", "");
	tree_file("jail/m/file", "");
	tree_file("jail/a/file", "");
	tree_link("jail/a/link", "file");
	tree_link("jail/a/two", "link");
	tree_link("jail/a/text", "/a/file");
	tree_dir("jail/a/d");
	tree_link("jail/a/dir", "d");
	tree_link("jail/mount", "m/file");
	tree_link("jail/top", "a/file");
	unit_assert_result(unit_mount(tree_path("other"), "/m", 0), 0);
	for (int is_owned = 0; is_owned < 2; is_owned++) {
		for (int i = 0; i < 4; i++) {
			unit_call4(__NR_newfstatat, AT_FDCWD, "/a/link", &st, 0);
			unit_call4(__NR_newfstatat, AT_FDCWD, "/a/two", &st, 0);
			unit_call3(__NR_faccessat, AT_FDCWD, "/top", 0);
		}
		ck_assert_uint_eq(COST_THIRD(__NR_newfstatat, AT_FDCWD, "/a/link", &st, 0), 1);
		ck_assert_uint_eq(st.st_uid, is_owned);
		ck_assert_uint_eq(COST_THIRD(__NR_newfstatat, AT_FDCWD, "/a/two", &st, 0), 1);
		ck_assert_uint_eq(COST_THIRD(__NR_newfstatat, AT_FDCWD, "/top", &st, 0), 1);
		ck_assert_uint_eq(COST_THIRD(__NR_faccessat, AT_FDCWD, "/a/link", 4, 0), 1);
		ck_assert_uint_le(COST_THIRD(__NR_faccessat, AT_FDCWD, "/a/link", 6, 0), 2);
		unit_assert_result(
			unit_call5(__NR_statx, AT_FDCWD, "/a/two", 0, STATX_BASIC_STATS, &sx), 0);
		ck_assert_uint_eq(sx.stx_uid, is_owned);
		unit_assert_result(unit_call3(__NR_chown, "/a/file", 1, 1), 0);
	}
	/* What the kernel does not find is asked for in vain once, and not at each call. */
	ck_assert_uint_le(COST_THIRD(__NR_newfstatat, AT_FDCWD, "/a/text", &st, 0), 2);
	ck_assert_uint_le(COST_THIRD(__NR_newfstatat, AT_FDCWD, "/a/text", &st, 0), 2);
	unit_call4(__NR_newfstatat, AT_FDCWD, "/m/file", &st, 0);
	for (int i = 0; i < 6; i++)
		unit_call4(__NR_newfstatat, AT_FDCWD, "/mount", &st, 0);
	ck_assert_uint_le(COST_THIRD(__NR_newfstatat, AT_FDCWD, "/mount", &st, 0), 2);
	ck_assert_int_eq(fj_sys_newfstatat(AT_FDCWD, tree_path("other/file"), &st, 0), 0);
	unit_call5(__NR_statx, AT_FDCWD, "/mount", 0, STATX_BASIC_STATS, &sx);
	ck_assert_uint_eq(sx.stx_ino, st.st_ino);
	ck_assert_uint_le(COST_THIRD(__NR_newfstatat, AT_FDCWD, "/a/dir", &st, 0), 2);
}
END_TEST

/* Who makes a change: this process by calls in the jail, another process by such calls, or somebody outside. */
enum who { US, OTHER, OUTSIDE };
static enum who who;

/* The path of `name`, which is in the tree's directory jail, for whoever makes the change. */
static const char *path_of(const char *name)
{
	static char text[4][TREE_PATH];
	static unsigned turn;
	char *const at = text[turn++ % 4];

	snprintf(at, TREE_PATH, "%s/%s", who == OUTSIDE ? tree_path("jail") : "", name);
	return at;
}

static void done(long r)
{
	ck_assert_msg(r >= 0, "%s", unit_result(r));
}

static void remove_name(const char *name)
{
	const char *const at = path_of(name);

	done(who == OUTSIDE ? fj_sys_unlinkat(AT_FDCWD, at, 0) :
			      unit_call3(__NR_unlinkat, AT_FDCWD, at, 0));
}

static void move(const char *from, const char *to, unsigned flags)
{
	const char *const a = path_of(from), *const b = path_of(to);

	done(who == OUTSIDE ? fj_sys_renameat2(AT_FDCWD, a, AT_FDCWD, b, flags) :
			      unit_call5(__NR_renameat2, AT_FDCWD, a, AT_FDCWD, b, flags));
}

static void make_link(const char *text, const char *name)
{
	const char *const at = path_of(name);

	done(who == OUTSIDE ? fj_sys_symlinkat(text, AT_FDCWD, at) :
			      unit_call3(__NR_symlinkat, text, AT_FDCWD, at));
}

static void make_file(const char *name)
{
	const char *const at = path_of(name);
	const long fd =
		who == OUTSIDE ?
			fj_sys_openat(AT_FDCWD, at, O_CREAT | O_EXCL | O_WRONLY, 0644) :
			unit_call4(__NR_openat, AT_FDCWD, at, O_CREAT | O_EXCL | O_WRONLY, 0644);

	done(fd);
	fj_sys_close((int)fd);
}

/* The symlink n leads to mid, and that to the file one. */
static void replace_by_nothing(void)
{
	remove_name("a/n");
}
static void replace_by_file(void)
{
	remove_name("a/n");
	make_file("a/n");
}
static void replace_by_link(void)
{
	make_link("two", "a/new");
	move("a/new", "a/n", 0);
}
static void exchange_with_link(void)
{
	make_link("two", "a/new");
	move("a/new", "a/n", RENAME_EXCHANGE);
}
static void exchange_with_file(void)
{
	move("a/n", "a/two", RENAME_EXCHANGE);
}
static void replace_by_absolute(void)
{
	make_link("/a/two", "a/new");
	move("a/new", "a/n", 0);
}
static void replace_next_link(void)
{
	make_link("two", "a/new");
	move("a/new", "a/mid", 0);
}
static void replace_next_by_file(void)
{
	remove_name("a/mid");
	make_file("a/mid");
}
static void replace_end(void)
{
	make_file("a/new");
	move("a/new", "a/one", 0);
}
static void replace_end_by_link(void)
{
	move("a/one", "a/old", 0);
	make_link("two", "a/one");
}
static void move_end(void)
{
	move("a/one", "a/old", 0);
	make_link("old", "a/one");
}
static void remove_end(void)
{
	remove_name("a/one");
}
static void remove_directory(void)
{
	move("a", "b", 0);
}
/* By these the kernel finds the same file as before, since it walks the host's paths. In the jail they lead nowhere. */
static void lead_to_host_path(void)
{
	make_link(tree_path("jail/a/one"), "a/new");
	move("a/new", "a/n", 0);
}
static void lead_next_to_host_path(void)
{
	make_link(tree_path("jail/a/one"), "a/new");
	move("a/new", "a/mid", 0);
}
static void lead_above_the_root(void)
{
	char text[2 * TREE_PATH];

	snprintf(text, sizeof(text), "../../../../../../../../../..%s", tree_path("jail/a/one"));
	make_link(text, "a/new");
	move("a/new", "a/n", 0);
}
static void lead_end_to_host_path(void)
{
	move("a/one", "a/old", 0);
	make_link(tree_path("jail/a/old"), "a/one");
}
static void lead_directory_to_host_path(void)
{
	move("a", "b", 0);
	make_link(tree_path("jail/b"), "a");
}

static const struct {
	void (*make)(void);
	const char *leads_to; /* a host path in the tree; NULL: to nothing */
	bool is_by_host;      /* seen within two seconds, if it is made outside */
} changes[] = {
	{replace_by_nothing, NULL, false},
	{replace_by_file, "jail/a/n", false},
	{replace_by_link, "jail/a/two", false},
	{exchange_with_link, "jail/a/two", false},
	{exchange_with_file, "jail/a/n", false},
	{replace_by_absolute, "jail/a/two", false},
	{replace_next_link, "jail/a/two", false},
	{replace_next_by_file, "jail/a/mid", false},
	{replace_end, "jail/a/one", false},
	{replace_end_by_link, "jail/a/two", false},
	{move_end, "jail/a/old", false},
	{remove_end, NULL, false},
	{remove_directory, NULL, false},
	{lead_to_host_path, NULL, true},
	{lead_next_to_host_path, NULL, true},
	{lead_above_the_root, NULL, true},
	{lead_end_to_host_path, NULL, true},
	{lead_directory_to_host_path, NULL, true},
};
enum { CHANGES = sizeof(changes) / sizeof(changes[0]) };

static void change(size_t i)
{
	int status = -1;
	pid_t pid;

	if (who != OTHER) {
		changes[i].make();
		return;
	}
	pid = fork();
	if (!pid) {
		changes[i].make();
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}

/* All facts become too old. */
static void grow_old(void)
{
	struct fj_facts_table *const table = fj_jail_at(FJ_FACTS_TABLE_AT);

	fj_facts_state()->lifetime = 0x40000000;
	for (size_t i = 0; i < FJ_FACTS; i++)
		table->fact[i].born -= 0x40000001;
}

static void leads_to(size_t i)
{
	const long error = changes[i].leads_to ? 0 : -ENOENT;
	struct stat st = {0}, wanted = {0};
	long fd;

	if (!error)
		done(fj_sys_newfstatat(AT_FDCWD, tree_path(changes[i].leads_to), &wanted, 0));
	for (int round = 0; round < 5; round++) {
		const long r = unit_call4(__NR_newfstatat, AT_FDCWD, "/a/n", &st, 0);

		ck_assert_msg(r == error && (r || st.st_ino == wanted.st_ino),
			"change %zu by %d: %s, %lu not %lu", i, who, unit_result(r), st.st_ino,
			wanted.st_ino);
		unit_assert_result(
			unit_call5(__NR_statx, AT_FDCWD, "/a/n", 0, STATX_BASIC_STATS, &sx), error);
		ck_assert(error || sx.stx_ino == wanted.st_ino);
		unit_assert_result(unit_call3(__NR_faccessat, AT_FDCWD, "/a/n", 4), error);
		unit_assert_result(unit_call3(__NR_faccessat, AT_FDCWD, "/a/n", 0), error);
		fd = unit_call4(__NR_openat, AT_FDCWD, "/a/n", O_RDONLY, 0);
		unit_assert_result(fd < 0 ? fd : 0, error);
		if (fd >= 0)
			fj_sys_close((int)fd);
	}
}

START_TEST(ends_changed)
{
	const size_t i = (size_t)_i / 3;
	struct stat st;

	who = (enum who)(_i % 3);
	tree_dir("jail/a");
	tree_file("jail/a/one", "");
	tree_file("jail/a/two", "");
	tree_link("jail/a/n", "mid");
	tree_link("jail/a/mid", "one");
	for (int round = 0; round < 4; round++) {
		unit_call4(__NR_newfstatat, AT_FDCWD, "/a/n", &st, 0);
		unit_call4(__NR_newfstatat, AT_FDCWD, "/a/mid", &st, 0);
	}
	ck_assert_uint_eq(COST_THIRD(__NR_newfstatat, AT_FDCWD, "/a/n", &st, 0), 1);
	change(i);
	if (who == OUTSIDE && changes[i].is_by_host)
		grow_old();
	leads_to(i);
}
END_TEST

/* Makes /a/link, which leads to /a/FILE, where the number of FILE, taken for the flags of a fact, would say that the
 * directory is one of the host. */
static const char *make_link_to_odd(void)
{
	static char file[32], path[64];
	struct stat st;

	for (int i = 0; i < 256; i++) {
		snprintf(file, sizeof(file), "f%d", i);
		snprintf(path, sizeof(path), "jail/n/a/%s", file);
		tree_file(path, "");
		ck_assert_int_eq(fj_sys_newfstatat(AT_FDCWD, tree_path(path), &st, 0), 0);
		if ((st.st_ino & (FJ_FACT_HOST | FJ_FACT_LITERAL | FJ_FACT_UNION)) == FJ_FACT_HOST)
			break;
	}
	tree_link("jail/n/a/link", file);
	return file;
}

/* A root directory may have any number. What is remembered of symlinks is never taken for a directory. */
START_TEST(ends_of_large_roots)
{
	char path[64];
	struct stat st;
	const char *file;

	tree_dir("jail/n");
	tree_dir("jail/n/a");
	file = make_link_to_odd();
	tree_dir("other");
	tree_dir("other/a");
	snprintf(path, sizeof(path), "other/a/%s", file);
	tree_dir(path);
	snprintf(path, sizeof(path), "other/a/%s/x", file);
	tree_file(path, "");
	unit_assert_result(unit_call1(__NR_chroot, "/n"), 0);
	((struct fj_root *)(uintptr_t)fj_root())->id |= (uint64_t)_i << 47;
	for (int i = 0; i < 6; i++)
		unit_assert_result(unit_call4(__NR_newfstatat, AT_FDCWD, "/a/link", &st, 0), 0);
	ck_assert_uint_eq(COST_THIRD(__NR_newfstatat, AT_FDCWD, "/a/link", &st, 0), 1);
	ck_assert_int_eq(fj_sys_chdir(tree_path("other")), 0);
	unit_assert_result(unit_call4(__NR_newfstatat, AT_FDCWD, "/a/link/x", &st, 0), -ENOTDIR);
}
END_TEST

Suite *unit_suite_ends(void)
{
	Suite *s = suite_create("ends");
	TCase *c = tcase_create("cases");

	tcase_add_checked_fixture(c, unit_jail_setup, unit_jail_teardown);
	tcase_add_test(c, costs_of_ends);
	tcase_add_loop_test(c, ends_changed, 0, 3 * CHANGES);
	tcase_add_loop_test(c, ends_of_large_roots, 0, 2);
	suite_add_tcase(s, c);
	return s;
}
