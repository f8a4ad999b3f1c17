/* SPDX-FileCopyrightText: The fakejail authors SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * check_random_walks.c - compares walks of random names in random trees with the kernel's
 * (walk/walk.c).
 *
 * For an absolute name, openat2(2) with RESOLVE_IN_ROOT gives the answer of a chroot. A relative
 * name is looked up as the absolute name of its start directory, a slash, and the name. */
#include "syscall/unistd_close.h"
#include "syscall/unistd_names.h"
#include "ways.h"
#include "jail/epoch.h"
#include "sys/scratch_mark.h"
#include "sys/fd.h"
#include "facts/facts.h"
#include "jail/kernel_lacks.h"
#include "layers/place.h"
#include "path/path.h"
#include "walk/walk.h"

#include <stdio.h>
#include <string.h>

static bool has_openat2(void)
{
	const long fd = ways_kernel_open("/", 0);

	if (fd < 0)
		return false;
	fj_sys_close((int)fd);
	return true;
}

#define RANDOM_TREES 12
#define RANDOM_NAMES 250

static const char *random_name(void)
{
	static const char *const names[] = {"a", "b", "c", "d"};

	return names[unit_random(4)];
}

/* A path of up to five components: names, dots, several slashes, sometimes a slash at its end. */
static void random_path(char *path, bool may_be_absolute)
{
	*path = 0;
	if (may_be_absolute && unit_random(2))
		strcat(path, unit_random(8) ? "/" : "//");
	for (unsigned n = 1 + unit_random(5); n--;) {
		const unsigned kind = unit_random(8);

		strcat(path, kind == 0 ? ".." : kind == 1 ? "." : random_name());
		if (n)
			strcat(path, unit_random(8) ? "/" : "//");
	}
	if (!unit_random(6))
		strcat(path, unit_random(2) ? "/" : "/.");
}

static void random_tree(const char *dir, unsigned depth)
{
	char name[TREE_PATH], target[64];

	for (unsigned i = 0; i < 4; i++) {
		snprintf(name, sizeof(name), "%s/%c", dir, 'a' + (int)i);
		switch (unit_random(5)) {
		case 0:
			break;
		case 1:
			tree_file(name, "x");
			break;
		case 2:
			random_path(target, true);
			tree_link(name, target);
			break;
		default:
			tree_dir(name);
			if (depth)
				random_tree(name, depth - 1);
		}
	}
}

/* Changes to a random directory of the jail. Its position goes to `pos`. */
static void random_cwd(char *pos)
{
	ck_assert_int_eq(fj_sys_chdir(tree_path("jail")), 0);
	*pos = 0;
	for (unsigned n = unit_random(4); n--;) {
		const char *name = random_name();
		const long fd = fj_open_path(AT_FDCWD, name, O_NOFOLLOW | O_DIRECTORY);

		if (fd < 0)
			continue;
		fj_sys_fchdir(fd);
		fj_sys_close((int)fd);
		strcat(pos, "/");
		strcat(pos, name);
	}
}

static void compare(enum way way, int dirfd, const char *jail_path, const char *asked, unsigned how,
	unsigned seed)
{
	const struct seen want =
		ways_look(ways_kernel_open(asked, how & FJ_FOLLOW ? 0 : O_NOFOLLOW));
	const struct seen got = ways_engine_look(way, dirfd, jail_path, how);

	ck_assert_msg(got.r == want.r && got.ino == want.ino && got.dev == want.dev,
		"seed %u, %s, %s%s (%s): %s inode %lu, not %s inode %lu", seed, ways_name[way],
		how & FJ_FOLLOW ? "" : "nofollow ", jail_path, asked, unit_result(got.r),
		(unsigned long)got.ino, unit_result(want.r), (unsigned long)want.ino);
}

START_TEST(random_trees)
{
	const unsigned seed = unit_seed((unsigned)_i);

	if (!has_openat2())
		return;
	random_tree("jail", 2);
	for (int i = 0; i < RANDOM_NAMES; i++) {
		char jail_path[64], pos[TREE_PATH], asked[2 * TREE_PATH];
		const unsigned how = unit_random(2) ? FJ_FOLLOW : 0;
		long fd;

		random_cwd(pos);
		fd = fj_open_path(AT_FDCWD, ".", O_DIRECTORY);
		random_path(jail_path, true);
		snprintf(asked, sizeof(asked), "%s%s%s", *jail_path == '/' ? "" : pos,
			*jail_path == '/' ? "" : "/", jail_path);
		for (int way = 0; way < WAYS; way++) {
			compare(way, AT_FDCWD, jail_path, asked, how, seed);
			compare(way, (int)fd, jail_path, asked, how, seed);
		}
		fj_sys_close((int)fd);
	}
	ck_assert_uint_eq(fj_facts_state()->changers, 0);
}
END_TEST

/* The kernel finds the same file at the position that a walk returns. */
START_TEST(random_positions)
{
	const unsigned seed = unit_seed((unsigned)_i);

	random_tree("jail", 2);
	for (int i = 0; i < RANDOM_NAMES; i++) {
		const uint32_t mark = fj_scratch_mark(unit_thread);
		char jail_path[64], pos[TREE_PATH];
		struct fj_place place;

		random_cwd(pos);
		random_path(jail_path, true);
		fj_lacks()->openat2 = unit_random(2);
		if (!fj_path_walk(
			    unit_thread, AT_FDCWD, jail_path, FJ_FOLLOW | FJ_WANT_POS, &place)) {
			const struct seen got = ways_look(ways_open_place(&place, 0));
			const struct seen want = ways_look(
				fj_open_path(AT_FDCWD, ways_host_of(place.pos), O_NOFOLLOW));

			ck_assert_ptr_nonnull(place.pos);
			/* (`file/`: the kernel returns ENOTDIR, not the walk.) */
			ck_assert_msg(got.r == -ENOTDIR || (got.r == want.r && got.ino == want.ino),
				"seed %u, %s from %s: position %s", seed, jail_path, pos,
				place.pos);
			fj_place_done(&place);
		}
		fj_scratch_release(unit_thread, mark);
	}
}
END_TEST

Suite *unit_suite_random_walks(void)
{
	Suite *s = suite_create("random_walks");
	TCase *c = tcase_create("random");

	tcase_add_checked_fixture(c, unit_jail_setup, unit_jail_teardown);
	tcase_add_loop_test(c, random_trees, 0, RANDOM_TREES);
	tcase_add_loop_test(c, random_positions, 0, RANDOM_TREES / 2);
	suite_add_tcase(s, c);
	return s;
}
