/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * check_shown.c - tests looks at files with and without records, where a jail has records: what is shown, and how many
 * system calls that costs (inode/owned.c, nested/reached.c). */
#include "entries.h"
#include "jail/jail.h"
#include "nested/roots.h"
#include "ownership/ownership.h"
#include "records/records.h"
#include "sys/gate_code.h"
#include "sys/page.h"
#include "sys/thread.h"
#include "syscall/stat.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_io.h"
#include "syscall/unistd_names.h"
#include "unit.h"

#include <asm/stat.h>
#include <asm/unistd.h>
#include <linux/fcntl.h>
#include <linux/stat.h>
#include <stdio.h>
#include <sys/mman.h>

/* Where a jail has records, a file is first looked at as its neighbour was: a file without a record after one with a
 * record, and the other way round, costs at most one call more, and only once. */
START_TEST(costs_of_neighbours)
{
	static struct statx sx;
	struct stat st;
	long fd;

	tree_file("jail/owned", "");
	tree_file("jail/also", "");
	tree_file("jail/file", "");
	unit_assert_result(unit_call3(__NR_chown, "/also", 2, 2), 0);
	unit_assert_result(unit_call3(__NR_chown, "/owned", 1, 1), 0);
	ck_assert_uint_eq(COST_ONCE(__NR_newfstatat, AT_FDCWD, "/owned", &st, 0), 1);
	ck_assert_uint_eq(st.st_uid, 1);
	fd = unit_call4(__NR_openat, AT_FDCWD, "/file", O_RDONLY, 0);
	ck_assert_int_ge(fd, 0);
	for (int i = 0; i < 3; i++) {
		ck_assert_uint_eq(COST_ONCE(__NR_newfstatat, AT_FDCWD, "/file", &st, 0), 1);
		ck_assert_uint_eq(st.st_uid, 0);
		ck_assert_uint_eq(COST_ONCE(__NR_newfstatat, AT_FDCWD, "/file", &st, 0), 1);
		ck_assert_uint_eq(st.st_uid, 0);
		ck_assert_uint_eq(COST_ONCE(__NR_fstat, fd, &st, 0, 0), 1);
		ck_assert_uint_eq(st.st_uid, 0);
		ck_assert_uint_le(COST_ONCE(__NR_newfstatat, AT_FDCWD, "/owned", &st, 0), 2);
		ck_assert_uint_eq(st.st_uid, 1);
		ck_assert_uint_eq(COST_ONCE(__NR_newfstatat, AT_FDCWD, "/also", &st, 0), 1);
		ck_assert_uint_eq(st.st_uid, 2);
		unit_assert_result(
			unit_call5(__NR_statx, AT_FDCWD, "/owned", 0, STATX_BASIC_STATS, &sx), 0);
		ck_assert_uint_eq(sx.stx_uid, 1);
	}
	fj_sys_close((int)fd);
}
END_TEST

/* The number of a removed file with a record is that of another file. */
START_TEST(costs_of_a_number_used_again)
{
	struct stat old, st;

	tree_file("jail/owned", "");
	unit_assert_result(unit_call3(__NR_chown, "/owned", 1, 1), 0);
	unit_assert_result(unit_call4(__NR_newfstatat, AT_FDCWD, "/owned", &old, 0), 0);
	ck_assert_int_eq(fj_sys_unlinkat(AT_FDCWD, tree_path("jail/owned"), 0), 0);
	tree_file("jail/new", "");
	unit_assert_result(unit_call4(__NR_newfstatat, AT_FDCWD, "/new", &st, 0), 0);
	if (st.st_ino != old.st_ino)
		return; /* tmpfs counts on */
	for (int i = 0; i < 3; i++) {
		ck_assert_uint_eq(COST_ONCE(__NR_newfstatat, AT_FDCWD, "/new", &st, 0), 1);
		ck_assert_uint_eq(st.st_uid, 0);
	}
}
END_TEST

/* Calls beyond those that are expected. Fewer than expected are an error. */
static unsigned beyond;
static void expect(unsigned calls, unsigned expected)
{
	ck_assert_uint_ge(calls, expected);
	beyond += calls - expected;
}

/* `name` below directory `top` of the jail. */
static const char *below(const char *top, const char *name)
{
	static char path[64];

	snprintf(path, sizeof(path), "/%s%s", top, name);
	return path;
}

static void tree_dir_below(const char *top, const char *name)
{
	char path[80];

	snprintf(path, sizeof(path), "jail%s", below(top, name));
	tree_dir(path);
}

/* Makes a tree in directory `top`, and looks at it. */
static void look_around(const char *top)
{
	char buffer[4096], file[80];
	struct stat st;
	int fd;

	snprintf(file, sizeof(file), "jail/%s/b/leaf/file", top);
	tree_dir_below(top, "");
	tree_dir_below(top, "/b");
	tree_dir_below(top, "/b/leaf");
	tree_file(file, "");
	/* It is asked once for each directory that a walk reaches. Later calls cost as before. */
	expect(COST(__NR_newfstatat, AT_FDCWD, below(top, "/b/leaf/file"), &st, 0), 1);
	/* The directory is opened, entered, and closed. */
	expect(COST(__NR_chdir, below(top, "/b/leaf"), 0, 0, 0), 3);
	expect(COST_ONCE(__NR_newfstatat, AT_FDCWD, "file", &st, 0), 1);
	expect(COST(__NR_chdir, below(top, "/b"), 0, 0, 0), 3);
	expect(COST_ONCE(__NR_newfstatat, AT_FDCWD, "leaf", &st, 0), 1);
	expect(COST_ONCE(__NR_chdir, "leaf", 0, 0, 0), 3);
	expect(COST_ONCE(__NR_newfstatat, AT_FDCWD, "file", &st, 0), 2);
	expect(COST_ONCE(__NR_newfstatat, AT_FDCWD, "file", &st, 0), 1);
	/* opendir(3), readdir(3), and stat(2) of an entry, in one directory after the other. */
	ck_assert_int_eq(fj_sys_chdir(tree_path("jail")), 0);
	unit_assert_result(unit_call1(__NR_chdir, below(top, "")), 0);
	tree_dir_below(top, "/new");
	tree_dir_below(top, "/new/leaf");
	expect(COST_ONCE(__NR_openat, AT_FDCWD, "new", O_RDONLY | O_DIRECTORY, 0), 1);
	fd = (int)unit_call5(__NR_openat, AT_FDCWD, "new", O_RDONLY | O_DIRECTORY, 0, 0);
	ck_assert_int_ge(fd, 0);
	expect(COST_ONCE(__NR_fstat, fd, &st, 0, 0), 2); /* one asks for records */
	expect(COST_ONCE(__NR_fstat, fd, &st, 0, 0), 1);
	expect(COST_ONCE(__NR_getdents64, fd, buffer, sizeof(buffer), 0), 1);
	expect(COST_ONCE(__NR_newfstatat, fd, "leaf", &st, 0), 1); /* it cannot have records */
	expect(COST_ONCE(__NR_openat, fd, "leaf", O_RDONLY | O_DIRECTORY, 0), 1);
	fj_sys_close(fd);
}

/* Whether a directory has records of its own is found out without a system call where none has. What was asked is noted
 * in one of FJ_OWNER_SEEN_FEW places, which the numbers of the directories choose. Two of a tree's notes have one
 * place in about one of fifty trees, and that costs calls. So the best of some trees counts. */
START_TEST(costs_of_directories)
{
	static struct fj_owner_roots roots;
	static struct fj_owner_roots_state state;
	static const char *const tops[] = {"a", "b", "c", "d", "e", "f"};
	unsigned least = ~0u;

	for (size_t i = 0; i < sizeof(tops) / sizeof(*tops); i++) {
		memset(&roots, 0, sizeof(roots));
		state = (struct fj_owner_roots_state){
			.generation = 1, .counted_dev = fj_jail->root_dev};
		fj_roots_start(&roots, &state);
		ck_assert_int_eq(fj_sys_chdir("/"), 0);
		beyond = 0;
		look_around(tops[i]);
		least = beyond < least ? beyond : least;
		fj_owner_roots = NULL;
		fj_path_reached = NULL;
		fj_dir_unasked = FJ_NO_DIR;
	}
	ck_assert_uint_eq(least, 0);
}
END_TEST

static fj_gate_fn real_gate;
static char *answer;
static int protection;

/* Another thread protects the memory of the answer as soon as the kernel has been asked. */
static long gate_before_protection(long nr, long a0, long a1, long a2, long a3, long a4, long a5)
{
	const long r = real_gate(nr, a0, a1, a2, a3, a4, a5);

	if (nr == __NR_newfstatat || nr == __NR_fstat || nr == __NR_statx || nr == __NR_getdents64)
		mprotect(answer, FJ_PAGE, protection);
	return r;
}

/* Makes call `nr`, with the program's memory at `answer`. */
static long ask(long nr, long fd, long dir)
{
	mprotect(answer, FJ_PAGE, PROT_READ | PROT_WRITE);
	switch (nr) {
	case __NR_newfstatat:
		return unit_call4(nr, AT_FDCWD, "/file", answer, 0);
	case __NR_fstat:
		return unit_call2(nr, fd, answer);
	case __NR_statx:
		return unit_call5(nr, AT_FDCWD, "/file", 0, STATX_BASIC_STATS, answer);
	default:
		fj_sys_lseek((int)dir, 0, SEEK_SET);
		return unit_call3(nr, dir, answer, FJ_PAGE);
	}
}

/* Memory that another thread takes away during a call is EFAULT, as in the kernel, and no end of the process. */
START_TEST(memory_that_goes)
{
	static const long calls[] = {__NR_newfstatat, __NR_fstat, __NR_statx, __NR_getdents64};
	long fd, dir;

	tree_file("jail/file", "");
	fd = unit_call4(__NR_openat, AT_FDCWD, "/file", O_RDONLY, 0);
	dir = unit_call4(__NR_openat, AT_FDCWD, "/", O_RDONLY | O_DIRECTORY, 0);
	answer = tree_two_pages();
	fj_thread_company = 1;
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
		ck_assert_int_ge(ask(calls[i], fd, dir), 0);
		protection = _i ? PROT_READ : PROT_NONE;
		real_gate = fj_gate;
		fj_gate = gate_before_protection;
		if (calls[i] != __NR_getdents64 || !protection)
			unit_assert_result(ask(calls[i], fd, dir), -EFAULT);
		fj_gate = real_gate;
		ck_assert_int_ge(ask(calls[i], fd, dir), 0);
	}
	fj_thread_company = 0;
}
END_TEST

/* Among many records each is found by device and number, and none for a number between them: also where records have the
 * same first slot, on another device, and in each array to which the table grows. */
START_TEST(many_records)
{
	const struct fj_owner shown = {.mode = 0100644};
	struct fj_owner owner = {.uid = 1, .gid = 2};

	for (uint64_t n = 1; n <= 6000; n++) {
		const struct fj_owner_key key = {
			.dev = n % 7 ? fj_jail->root_dev : 0x103, .ino = 3 * n * n, .stamp = n};

		owner.uid = (uint32_t)n;
		ck_assert_int_eq(
			fj_owner_set(&key, FJ_OWNER_UID | FJ_OWNER_GID, &owner, &shown, 0), 0);
		if (n % 500)
			continue;
		for (uint64_t i = 1; i <= n; i++) {
			const uint64_t dev = i % 7 ? fj_jail->root_dev : 0x103;
			struct fj_owner found;

			ck_assert(fj_owner_find_ino(dev, 3 * i * i, &found));
			ck_assert_uint_eq(found.uid, i);
			ck_assert(!fj_owner_find_ino(dev, 3 * i * i + 1, &found));
			ck_assert(!fj_owner_find_ino(dev + 1, 3 * i * i, &found));
			ck_assert(fj_owner_find(
				&(struct fj_owner_key){.dev = dev, .ino = 3 * i * i, .stamp = i},
				&found));
			ck_assert_uint_eq(found.uid, i);
			ck_assert(!fj_owner_find(
				&(struct fj_owner_key){
					.dev = dev, .ino = 3 * i * i, .stamp = i + 1},
				&found));
		}
	}
}
END_TEST

Suite *unit_suite_shown(void)
{
	Suite *s = suite_create("shown");
	TCase *c = tcase_create("cases");

	tcase_add_checked_fixture(c, unit_jail_setup, unit_jail_teardown);
	tcase_add_test(c, costs_of_neighbours);
	tcase_add_test(c, costs_of_a_number_used_again);
	tcase_add_test(c, costs_of_directories);
	tcase_add_loop_test(c, memory_that_goes, 0, 2);
	tcase_add_test(c, many_records);
	suite_add_tcase(s, c);
	return s;
}
