/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * check_mounts.c - tests walks that meet mounts (walk/walk.c, jail/jail.c), and from host path to
 * jail path (path/from_host.c). */
#include "sys/gate_code.h"
#include "syscall/stat.h"
#include "syscall/unistd_names.h"
#include "ways.h"
#include "bytes/str.h"
#include "mount-table/namespace_id.h"
#include "sys/scratch_mark.h"
#include "private/private.h"
#include "mount-table/mount_edit.h"
#include "mount-table/mount_table.h"
#include "mount-table/mounts.h"
#include "mount-table/paths.h"
#include "layers/place.h"
#include "path/path.h"
#include "walk/walk.h"
#include "locking/lock.h"

#include <asm/unistd.h>
#include <linux/fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void make_mounts(void)
{
	ways_make_tree();
	tree_dir("jail/mnt");
	tree_file("jail/mnt/hidden", "");
	tree_dir("jail/mnt/sub");
	tree_link("jail/way", "/mnt/secret");
	tree_link("outside/back", "/usr/bin");
	tree_link("outside/up", "../usr");
	tree_dir("outside/sub");
	tree_dir("other");
	tree_file("other/thing", "");
	tree_file("jail/usr/point", "");
	ck_assert_int_eq(unit_mount(tree_path("outside"), "/mnt", 0), 0);
	ck_assert_int_eq(unit_mount(tree_path("other"), "/mnt/sub", FJ_MOUNT_READ_ONLY), 0);
	ck_assert_int_eq(unit_mount(tree_path("outside/secret"), "/usr/point", 0), 0);
}

static const struct {
	const char *jail_path;
	long r;
	const char *leads_to;
	bool is_read_only;
} mounted[] = {
	{"/mnt", 0, "outside", false},
	{"/mnt/", 0, "outside", false},
	{"/mnt/.", 0, "outside", false},
	{"/mnt/secret", 0, "outside/secret", false},
	{"/mnt/hidden", -ENOENT, NULL, false},
	{"/mnt/..", 0, "jail", false},
	{"/mnt/../usr", 0, "jail/usr", false},
	{"/mnt/sub", 0, "other", true},
	{"/mnt/sub/thing", 0, "other/thing", true},
	{"/mnt/sub/..", 0, "outside", false},
	{"/mnt/sub/../secret", 0, "outside/secret", false},
	{"/mnt/sub/../..", 0, "jail", false},
	{"/mnt/sub/../../..", 0, "jail", false},
	{"/way", 0, "outside/secret", false},
	{"/mnt/back/tool", 0, "jail/usr/bin/tool",
		false}, /* the link's target is resolved in the jail */
	{"/mnt/up/bin", 0, "jail/usr/bin", false},
	{"/usr/point", 0, "outside/secret", false},
	{"/usr/point/", -ENOTDIR, NULL, false},
	{"/bin/../point", 0, "outside/secret", false},
};

START_TEST(mount)
{
	make_mounts();
	for (int way = 0; way < WAYS; way++) {
		const uint32_t mark = fj_scratch_mark(unit_thread);
		struct fj_place place;

		ways_check(way, AT_FDCWD, mounted[_i].jail_path, FJ_FOLLOW, mounted[_i].r,
			mounted[_i].leads_to);
		if (mounted[_i].r)
			continue;
		ck_assert_int_eq(fj_path_walk(unit_thread, AT_FDCWD, mounted[_i].jail_path,
					 FJ_FOLLOW | FJ_WRITE, &place),
			0);
		ck_assert_msg(place.is_read_only == mounted[_i].is_read_only, "%s",
			mounted[_i].jail_path);
		fj_place_done(&place);
		fj_scratch_release(unit_thread, mark);
	}
}
END_TEST

START_TEST(mount_from_inside)
{
	make_mounts();
	for (int way = 0; way < WAYS; way++) {
		ck_assert_int_eq(fj_sys_chdir(tree_path("outside")), 0);
		ways_check(way, AT_FDCWD, "..", FJ_FOLLOW, 0, "jail");
		ways_check(way, AT_FDCWD, "../usr/point", FJ_FOLLOW, 0, "outside/secret");
		ways_check(way, AT_FDCWD, "sub/thing", FJ_FOLLOW, 0, "other/thing");
		ways_check(way, AT_FDCWD, "up", FJ_FOLLOW, 0, "jail/usr");
		ck_assert_int_eq(fj_sys_chdir(tree_path("other")), 0);
		ways_check(way, AT_FDCWD, "..", FJ_FOLLOW, 0, "outside");
		ways_check(way, AT_FDCWD, "../..", FJ_FOLLOW, 0, "jail");
		ways_check(way, AT_FDCWD, "../sub", FJ_FOLLOW, 0, "other");
	}
}
END_TEST

/* A walk tells that an entry is a mount point: it cannot be made, removed or renamed. */
START_TEST(mount_point_as_entry)
{
	static const char *const points[] = {
		"/mnt", "/mnt/", "/mnt/sub", "/usr/point", "/usr/up/mnt"};

	make_mounts();
	for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
		const uint32_t mark = fj_scratch_mark(unit_thread);
		struct fj_place place;

		ck_assert_int_eq(
			fj_path_walk(unit_thread, AT_FDCWD, points[i], FJ_ENTRY, &place), 0);
		ck_assert_msg(place.is_mount, "%s", points[i]);
		fj_place_done(&place);
		fj_scratch_release(unit_thread, mark);
	}
}
END_TEST

/* The host path to which the mount of `pos` leads, or "(none)". */
static const char *mounted_from(const char *pos, bool exactly)
{
	static char text[4][PATH_MAX];
	static unsigned turn;
	struct fj_mount_found found;
	struct fj_str s;

	fj_str_init(&s, text[turn++ % 4], PATH_MAX);
	return (exactly ? fj_mount_at : fj_mount_of)(pos, &found, &s) ? s.at : "(none)";
}

START_TEST(mount_table)
{
	char point[16];

	make_mounts();
	ck_assert_str_eq(mounted_from("/mnt", true), tree_path("outside"));
	ck_assert_str_eq(mounted_from("/mn", true), "(none)");
	ck_assert_str_eq(mounted_from("", true), "(none)");
	ck_assert_str_eq(mounted_from("/mnt/secret", true), "(none)");
	ck_assert_str_eq(mounted_from("/mnt/secret", false), tree_path("outside"));
	ck_assert_str_eq(mounted_from("/mnt/sub", false), tree_path("other"));
	ck_assert_str_eq(mounted_from("/mnt/sub/a/b", false), tree_path("other"));
	ck_assert_str_eq(mounted_from("/mnt/subway", false), tree_path("outside"));
	ck_assert_str_eq(mounted_from("/mntx", false), "(none)");
	ck_assert(fj_mount_may_be_named("mnt", 3));
	ck_assert(fj_mount_may_be_named("sub", 3));
	ck_assert(fj_mount_may_be_below("mnt", 3)); /* sub is in it */
	ck_assert(!fj_mount_is_read_only("/mnt/secret"));
	ck_assert(fj_mount_is_read_only("/mnt/sub/thing"));
	/* A later mount on the same position covers the earlier one, and the mounts in it. */
	ck_assert_int_eq(unit_mount(tree_path("other"), "/mnt", 0), 0);
	ck_assert_str_eq(mounted_from("/mnt", true), tree_path("other"));
	ck_assert_str_eq(mounted_from("/mnt/sub", false), tree_path("other"));
	ck_assert(!fj_mount_is_read_only("/mnt/sub"));
	for (unsigned i = 0; i < FJ_MOUNTS_MAX - 4; i++) {
		snprintf(point, sizeof(point), "/p%u", i);
		ck_assert_int_eq(unit_mount("/", point, 0), 0);
	}
	unit_assert_result(unit_mount("/", "/more", 0), -ENOSPC);
	ck_assert_str_eq(mounted_from("/more", true), "(none)");
	ck_assert_str_eq(mounted_from("/mnt", true), tree_path("other"));
}
END_TEST

/* A new mount is met by names whose directories have facts. */
START_TEST(mount_forgets_facts)
{
	ways_make_tree();
	tree_dir("other");
	tree_file("other/tool", "");
	ways_check(FACTS, AT_FDCWD, "/usr/bin/tool", FJ_FOLLOW, 0, "jail/usr/bin/tool");
	ways_check(FACTS, AT_FDCWD, "/bin/tool", FJ_FOLLOW, 0, "jail/usr/bin/tool");
	ck_assert_int_eq(unit_mount(tree_path("other"), "/usr/bin", 0), 0);
	ways_check(FACTS, AT_FDCWD, "/usr/bin/tool", FJ_FOLLOW, 0, "other/tool");
	ways_check(FACTS, AT_FDCWD, "/bin/tool", FJ_FOLLOW, 0, "other/tool");
}
END_TEST

/* ---- from host path to jail path ---- */

static const char *back(const char *host_path)
{
	static char text[PATH_MAX];
	struct fj_str s;

	fj_str_init(&s, text, sizeof(text));
	return fj_path_back(host_path, &s) ? text : "(outside)";
}

static const char *link_text(const char *text)
{
	static char seen[2 * PATH_MAX];
	struct fj_str s;

	fj_str_init(&s, seen, sizeof(seen));
	fj_path_back_link(unit_thread, text, strlen(text), &s);
	return seen;
}

START_TEST(there_and_back)
{
	make_mounts();
	ck_assert_str_eq(back(tree_path("jail")), "");
	ck_assert_str_eq(back(tree_path("jail/usr/bin")), "/usr/bin");
	ck_assert_str_eq(back(tree_path("jailer")), "(outside)");
	ck_assert_str_eq(back(tree_path("")), "(outside)");
	ck_assert_str_eq(back("/"), "(outside)");
	ck_assert_str_eq(back(tree_path("outside")), "/mnt");
	ck_assert_str_eq(back(tree_path("outside/deep/er")), "/mnt/deep/er");
	ck_assert_str_eq(back(tree_path("outsides")), "(outside)");
	ck_assert_str_eq(back(tree_path("other/thing")), "/mnt/sub/thing");
	ck_assert_str_eq(back(tree_path("outside/secret")),
		"/mnt/secret"); /* two mounts lead there: the older one counts */
	ck_assert_str_eq(ways_host_of(""), tree_path("jail"));
	ck_assert_str_eq(ways_host_of("/usr"), tree_path("jail/usr"));
	ck_assert_str_eq(ways_host_of("/mnt"), tree_path("outside"));
	ck_assert_str_eq(ways_host_of("/mnt/sub/thing"), tree_path("other/thing"));
	ck_assert_str_eq(link_text(tree_path("jail/usr")), "/usr");
	ck_assert_str_eq(link_text(tree_path("jail")), "/");
	ck_assert_str_eq(link_text("socket:[123]"), "socket:[123]");
	ck_assert_str_eq(link_text(tree_path("jail/gone (deleted)")), "/gone (deleted)");
}
END_TEST

/* `fakejail /`: the root is the host's. */
START_TEST(root_is_host_root)
{
	unit_jail_on("/");
	fj_jail_paths()->root[0] = 0;
	ck_assert_str_eq(back("/"), "");
	ck_assert_str_eq(back("/etc"), "/etc");
	ck_assert_str_eq(ways_host_of(""), "/");
	ck_assert_str_eq(ways_host_of("/etc"), "/etc");
	for (int way = 0; way < WAYS; way++) {
		ways_check(way, AT_FDCWD, "/", FJ_FOLLOW, 0, "/");
		ways_check(way, AT_FDCWD, "/../etc", FJ_FOLLOW, 0, "/etc");
	}
}
END_TEST

/* Another thread enters a new mount namespace. What was read before is checked by the namespace in
 * which it was read. */
START_TEST(read_before_unshare)
{
	static struct fj_namespace other;
	struct fj_owner_namespace *own = fj_process_section(FJ_OWNER_NAMESPACE_AT);
	struct fj_mounts_seen seen;

	make_mounts();
	fj_mounts_look(&seen);
	own->at = &other;
	ck_assert(fj_mounts_held(&seen));
	for (unsigned i = 0; i < FJ_VERSIONS; i++)
		other.sequence[i] = fj_jail_namespace()->sequence[i]++;
	ck_assert(!fj_mounts_held(&seen));
	own->at = fj_jail_namespace();
}
END_TEST

/* The entry for a version is taken over from a writer that is dead. It is not taken over from a
 * writer in another PID namespace, whose process id no process has here. */
START_TEST(place_of_one_in_child)
{
	struct fj_lock *writer = fj_jail_namespace()->writer;
	struct fj_lock_hold hold;
	struct fj_edit e = {.times = 0};
	pid_t dead = fork();

	if (!dead) {
		for (unsigned i = 0; i < FJ_VERSIONS; i++)
			if (!fj_lock_try(&writer[i], (uint32_t)getpid(), false, &hold))
				_exit(1);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(dead, NULL, 0), dead);
	for (unsigned i = 0; i < FJ_VERSIONS; i++)
		if (i != 3)
			writer[i].holder ^= 1; /* another PID namespace */
	ck_assert(fj_edit_begin(&e));
	ck_assert_uint_eq(e.place, 3);
	ck_assert(!fj_lock_try(&writer[4], (uint32_t)getpid(), true, &hold));
	fj_edit_end(&e, -1);
}
END_TEST

static fj_gate_fn real_gate;

/* Moves the directory that was just entered into another one. */
static long move_away(long nr, long a0, long a1, long a2, long a3, long a4, long a5)
{
	const long r = real_gate(nr, a0, a1, a2, a3, a4, a5);
	char to[TREE_PATH];

	if (nr == __NR_openat && r >= 0 && !strcmp((const char *)a1, "below")) {
		fj_gate = real_gate;
		snprintf(to, sizeof(to), "%s", tree_path("outside/taken"));
		ck_assert_int_eq(rename(tree_path("other/tmp/below"), to), 0);
	}
	return r;
}

/* While a tmpfs is removed, one of its directories is moved out of it. The files beside its new
 * place must stay. All other files of the tmpfs are removed, however deep they are. */
START_TEST(tmpfs_is_removed)
{
	char name[TREE_PATH] = "other/tmp";

	ways_make_tree();
	tree_dir("other");
	tree_dir("other/tmp");
	tree_dir("other/tmp/below");
	tree_file("other/tmp/below/file", "");
	tree_file("outside/beside", "");
	real_gate = fj_gate;
	fj_gate = move_away;
	fj_private_remove(unit_thread, tree_path("other/tmp"));
	ck_assert_ptr_eq(fj_gate, real_gate);
	ck_assert_int_eq(fj_sys_faccessat(AT_FDCWD, tree_path("outside/beside"), 0), 0);

	tree_dir("other/tmp");
	tree_file("other/tmp/1", "");
	for (int depth = 0; depth < 20; depth++) {
		strcat(name, "/d");
		tree_dir(name);
		for (int i = 0; i < 3; i++) {
			char file[TREE_PATH + 4];

			snprintf(file, sizeof(file), "%s/%d", name, i);
			if (i)
				tree_file(file, "");
			else
				tree_dir(file);
		}
	}
	fj_sys_fchmodat(AT_FDCWD, tree_path(name), 0);
	fj_private_remove(unit_thread, tree_path("other/tmp"));
	ck_assert_int_eq(fj_sys_faccessat(AT_FDCWD, tree_path("other/tmp"), 0), -ENOENT);
}
END_TEST

/* Somebody makes each name again when it is removed. */
static long make_again(long nr, long a0, long a1, long a2, long a3, long a4, long a5)
{
	const long r = real_gate(nr, a0, a1, a2, a3, a4, a5);

	if (nr == __NR_unlinkat && !r)
		real_gate(__NR_mknodat, a0, a1, 0100600, 0, 0, 0);
	return r;
}

START_TEST(tmpfs_in_use_is_left)
{
	ways_make_tree();
	tree_dir("other");
	tree_dir("other/tmp");
	tree_file("other/tmp/file", "");
	real_gate = fj_gate;
	fj_gate = make_again;
	fj_private_remove(unit_thread, tree_path("other/tmp"));
	fj_gate = real_gate;
	ck_assert_int_eq(fj_sys_faccessat(AT_FDCWD, tree_path("other/tmp/file"), 0), 0);
}
END_TEST

Suite *unit_suite_mounts(void)
{
	Suite *s = suite_create("mounts");
	TCase *c = tcase_create("cases");

	tcase_add_checked_fixture(c, unit_jail_setup, unit_jail_teardown);
	tcase_add_loop_test(c, mount, 0, sizeof(mounted) / sizeof(mounted[0]));
	tcase_add_test(c, mount_from_inside);
	tcase_add_test(c, mount_point_as_entry);
	tcase_add_test(c, mount_table);
	tcase_add_test(c, read_before_unshare);
	tcase_add_test(c, tmpfs_is_removed);
	tcase_add_test(c, tmpfs_in_use_is_left);
	tcase_add_test(c, place_of_one_in_child);
	tcase_add_test(c, mount_forgets_facts);
	tcase_add_test(c, there_and_back);
	tcase_add_test(c, root_is_host_root);
	suite_add_tcase(s, c);
	return s;
}
