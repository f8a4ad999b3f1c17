/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * check_walk.c - tests walks from a jail path to a place (walk/walk.c) by a table of cases. */
#include "sys/gate_code.h"
#include "syscall/stat.h"
#include "syscall/unistd_names.h"
#include "ways.h"
#include "sys/scratch_mark.h"
#include "sys/fd.h"
#include "unit.h"
#include "call/call.h"
#include "jail/jail.h"
#include "jail/kernel_lacks.h"
#include "layers/place.h"
#include "path/path.h"
#include "walk/walk.h"

#include <asm/stat.h>
#include <asm/unistd.h>
#include <linux/limits.h>
#include <stdio.h>
#include <string.h>


static const struct {
	const char *jail_path;
	unsigned how;
	long r;
	const char *leads_to; /* a path in the tree */
} cases[] = {
	{"/", FJ_FOLLOW, 0, "jail"},
	{"//", FJ_FOLLOW, 0, "jail"},
	{"//usr", FJ_FOLLOW, 0, "jail/usr"}, /* (the host has one, too) */
	{"//usr//bin", FJ_FOLLOW, 0, "jail/usr/bin"},
	{"/.", FJ_FOLLOW, 0, "jail"},
	{"/..", FJ_FOLLOW, 0, "jail"},
	{"/../../usr", FJ_FOLLOW, 0, "jail/usr"},
	{"/usr/../..//usr/./bin/tool", FJ_FOLLOW, 0, "jail/usr/bin/tool"},
	{"/bin/tool", FJ_FOLLOW, 0, "jail/usr/bin/tool"},
	{"/bin", 0, 0, "jail/bin"},
	{"/bin", FJ_FOLLOW, 0, "jail/usr/bin"},
	{"/bin/", 0, 0, "jail/usr/bin"},
	{"/bin/.", 0, 0, "jail/usr/bin"},
	{"/bin/..", 0, 0, "jail/usr"},
	{"/absolute/tool", FJ_FOLLOW, 0, "jail/usr/bin/tool"},
	{"/usr/up/usr/up/bin/tool", FJ_FOLLOW, 0, "jail/usr/bin/tool"},
	{"/usr/out/bin", FJ_FOLLOW, 0, "jail/usr/bin"},
	{"/file", 0, 0, "jail/file"},
	{"/file", FJ_FOLLOW, 0, "jail/usr/bin/tool"},
	{"/file/", FJ_FOLLOW, -ENOTDIR, NULL},
	{"/file/x", FJ_FOLLOW, -ENOTDIR, NULL},
	{"/usr/bin/tool/.", FJ_FOLLOW, -ENOTDIR, NULL},
	{"/usr/bin/tool/..", FJ_FOLLOW, -ENOTDIR, NULL},
	{"/dangling", 0, 0, "jail/dangling"},
	{"/dangling", FJ_FOLLOW, -ENOENT, NULL},
	{"/dangling/x", FJ_FOLLOW, -ENOENT, NULL},
	{"/nothing", FJ_FOLLOW, -ENOENT, NULL},
	{"/nothing/..", FJ_FOLLOW, -ENOENT, NULL},
	{"/slash", FJ_FOLLOW, 0, "jail/usr"},
	{"/file-slash", FJ_FOLLOW, -ENOTDIR, NULL},
	{"/loop", 0, 0, "jail/loop"},
	{"/loop", FJ_FOLLOW, -ELOOP, NULL},
	{"/loop/", 0, -ELOOP, NULL},
	{"/ping/x", FJ_FOLLOW, -ELOOP, NULL},
	{"/root/root/root/usr", FJ_FOLLOW, 0, "jail/usr"},
	{"/dot/dot/usr", FJ_FOLLOW, 0, "jail/usr"},
	{"/chain39", FJ_FOLLOW, 0, "jail/usr"},
	{"/chain40", FJ_FOLLOW, -ELOOP, NULL},
	{"/chain40", 0, 0, "jail/chain40"},
	{"/chain39/bin", FJ_FOLLOW, 0, "jail/usr/bin"},
	{"/host/secret", FJ_FOLLOW, -ENOENT,
		NULL}, /* the link's target is a path of the host, which does not exist here */
	{"/bin", FJ_FOLLOW | FJ_NO_LINKS, -ELOOP, NULL},
	{"/bin", FJ_NO_LINKS, 0, "jail/bin"},
	{"/bin/tool", FJ_NO_LINKS, -ELOOP, NULL},
	{"/usr/bin/tool", FJ_NO_LINKS, 0, "jail/usr/bin/tool"},
};
#define CASES (int)(sizeof(cases) / sizeof(cases[0]))

START_TEST(absolute)
{
	ways_make_tree();
	for (int way = 0; way < WAYS; way++)
		if (way != FACTS || !(cases[_i].how & FJ_NO_LINKS))
			ways_check(way, AT_FDCWD, cases[_i].jail_path, cases[_i].how, cases[_i].r,
				cases[_i].leads_to);
}
END_TEST

/* The same names relative to the root and to a directory, by the working directory and by a
 * descriptor. */
START_TEST(relative)
{
	char jail_path[64];
	long fd;

	ways_make_tree();
	ck_assert_int_eq(fj_sys_chdir(tree_path("jail/usr/bin")), 0);
	fd = fj_open_path(AT_FDCWD, ".", O_DIRECTORY);
	for (int i = 0; i < CASES; i++) {
		if (cases[i].how & FJ_NO_LINKS)
			continue;
		snprintf(jail_path, sizeof(jail_path), "%s%s", i % 2 ? "../.." : "./../../..",
			cases[i].jail_path);
		for (int way = 0; way < WAYS; way++) {
			ways_check(way, AT_FDCWD, jail_path, cases[i].how, cases[i].r,
				cases[i].leads_to);
			ways_check(way, (int)fd, jail_path, cases[i].how, cases[i].r,
				cases[i].leads_to);
			if (cases[i].jail_path[1] && cases[i].jail_path[1] != '/')
				ways_check(way, UNIT_FD, cases[i].jail_path + 1, cases[i].how,
					cases[i].r, cases[i].leads_to);
		}
	}
}
END_TEST

/* Names whose last component is an entry: the place is the parent and the last name, which is not
 * followed. */
static const struct {
	const char *jail_path;
	long r;
	const char *parent, *name;
} entries[] = {
	{"/bin", 0, "jail", "bin"},
	{"/bin/new", 0, "jail/usr/bin", "new"},
	{"/usr/up/new", 0, "jail", "new"},
	{"/dangling", 0, "jail", "dangling"},
	{"/dangling/", 0, "jail",
		"dangling/"}, /* mkdir("dangling/") is EEXIST, which the kernel returns */
	{"/usr/new/", 0, "jail/usr", "new/"},
	{"/usr/new//", 0, "jail/usr", "new//"},
	{"/nothing/new", -ENOENT, NULL, NULL},
	{"/file/new", -ENOTDIR, NULL, NULL},
	{"/loop/new", -ELOOP, NULL, NULL},
	{"/usr/.", 0, "jail/usr", "."},
	{"/usr/..", 0, "jail/usr", ".."},
	{"/", 0, "jail", "/"},
};

START_TEST(entry)
{
	ways_make_tree();
	for (int way = LEAPS; way <= STEPS; way++) {
		const uint32_t mark = fj_scratch_mark(unit_thread);
		struct fj_place place;
		long r;

		fj_lacks()->openat2 = way == STEPS;
		r = fj_path_walk(unit_thread, AT_FDCWD, entries[_i].jail_path, FJ_ENTRY, &place);
		ck_assert_msg(r == entries[_i].r, "%s %s: %s", ways_name[way],
			entries[_i].jail_path, unit_result(r));
		if (!r) {
			const struct seen got = ways_look(fj_open_path(place.dirfd, ".", 0));
			const struct seen want =
				ways_look(fj_open_path(AT_FDCWD, tree_path(entries[_i].parent), 0));

			ck_assert_str_eq(place.name, entries[_i].name);
			ck_assert_msg(got.ino == want.ino, "%s: not in %s", entries[_i].jail_path,
				entries[_i].parent);
			fj_place_done(&place);
		}
		fj_scratch_release(unit_thread, mark);
	}
}
END_TEST

START_TEST(lengths)
{
	static char path[PATH_MAX + 16];
	struct seen seen;

	ways_make_tree();
	/* PATH_MAX is the limit of the jail path only, also if slashes and dots fill it up. */
	memset(path, '/', sizeof(path));
	for (int i = 1; i < PATH_MAX - 5; i += 2)
		path[i] = '.';
	strcpy(path + PATH_MAX - 5, "/usr");
	ck_assert_uint_eq(strlen(path), PATH_MAX - 1);
	for (int way = 0; way < WAYS; way++) {
		seen = ways_engine_look(way, AT_FDCWD, path, FJ_FOLLOW);
		unit_assert_result(seen.r, 0);
	}
	/* A component has 255 bytes at most, at each place of a path. */
	for (int n = NAME_MAX; n <= NAME_MAX + 1; n++)
		for (int place = 0; place < 3; place++) {
			memset(path, 'x', (size_t)n + 1);
			path[0] = '/';
			strcpy(path + n + 1, place == 0 ? "" : place == 1 ? "/" : "/y");
			for (int way = 0; way < WAYS; way++) {
				seen = ways_engine_look(way, AT_FDCWD, path, FJ_FOLLOW);
				unit_assert_result(seen.r, n > NAME_MAX ? -ENAMETOOLONG : -ENOENT);
			}
		}
}
END_TEST

/* A tree that is deeper than PATH_MAX is reached by relative names, as in the kernel. */
START_TEST(deep)
{
	char name[201];

	memset(name, 'd', 200);
	name[200] = 0;
	ck_assert_int_eq(fj_sys_chdir(tree_path("jail")), 0);
	for (int i = 0; i < 30; i++) {
		unit_assert_result(fj_sys_mkdirat(AT_FDCWD, name, 0755), 0);
		ck_assert_int_eq(fj_sys_chdir(name), 0);
	}
	for (int way = 0; way < WAYS; way++) {
		ck_assert_int_eq(ways_engine_look(way, AT_FDCWD, ".", FJ_FOLLOW).r, 0);
		ck_assert_int_eq(ways_engine_look(way, AT_FDCWD, "..", FJ_FOLLOW).r, 0);
		ck_assert_int_eq(ways_engine_look(way, AT_FDCWD, "../../..", FJ_FOLLOW).r, 0);
		unit_assert_result(ways_engine_look(way, AT_FDCWD, "x", FJ_FOLLOW).r, -ENOENT);
	}
	/* More `..` than there are directories: the walk stops at the root. */
	char up[3 * 40 + 1] = "";

	for (int i = 0; i < 40; i++)
		strcat(up, "../");
	for (int way = 0; way < WAYS; way++) {
		const struct seen seen = ways_engine_look(way, AT_FDCWD, up, FJ_FOLLOW);

		unit_assert_result(seen.r, 0);
		ck_assert_uint_eq(seen.ino, fj_jail->root_ino);
	}
}
END_TEST

/* The working directory has been removed: `.` exists, and `..` leads to the root. */
START_TEST(deleted_directory)
{
	tree_dir("jail/a");
	ck_assert_int_eq(fj_sys_chdir(tree_path("jail/a")), 0);
	ck_assert_int_eq(fj_sys_unlinkat(AT_FDCWD, tree_path("jail/a"), AT_REMOVEDIR), 0);
	for (int way = 0; way < WAYS; way++) {
		ck_assert_int_eq(ways_engine_look(way, AT_FDCWD, ".", FJ_FOLLOW).r, 0);
		unit_assert_result(ways_engine_look(way, AT_FDCWD, "x", FJ_FOLLOW).r, -ENOENT);
		ck_assert_uint_eq(
			ways_engine_look(way, AT_FDCWD, "..", FJ_FOLLOW).ino, fj_jail->root_ino);
		ck_assert_uint_eq(ways_engine_look(way, AT_FDCWD, "../../..", FJ_FOLLOW).ino,
			fj_jail->root_ino);
	}
}
END_TEST

Suite *unit_suite_walk(void)
{
	Suite *s = suite_create("walk");
	TCase *c = tcase_create("cases");

	tcase_add_checked_fixture(c, unit_jail_setup, unit_jail_teardown);
	tcase_add_loop_test(c, absolute, 0, CASES);
	tcase_add_test(c, relative);
	tcase_add_loop_test(c, entry, 0, sizeof(entries) / sizeof(entries[0]));
	tcase_add_test(c, lengths);
	tcase_add_test(c, deep);
	tcase_add_test(c, deleted_directory);
	suite_add_tcase(s, c);
	return s;
}
