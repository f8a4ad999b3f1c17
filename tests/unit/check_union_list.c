/* SPDX-FileCopyrightText: The fakejail authors SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * check_union_list.c - tests listings of merged directories (union/list.c): random layers compared
 * with a model; files that are copied up, removed and made during a listing; seeking; and 100,000
 * names. */
#include "inode/owned.h"
#include "sys/abi.h"
#include "sys/gate_code.h"
#include "sys/scratch_mark.h"
#include "syscall/dirent.h"
#include "syscall/fcntl.h"
#include "syscall/stat.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_io.h"
#include "union/union.h"
#include "union_tree.h"
#include "unit.h"

#include <asm/unistd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LAYERS_MAX 6
#define NAMES 300
#define BATCH 40000

static struct fj_union_layers layers;
static struct fj_call call;
static int program; /* the program's open directory */

static void open_layers(uint32_t count)
{
	layers.count = count;
	for (uint32_t i = 0; i < count; i++) {
		char name[32];
		long fd;

		snprintf(name, sizeof(name), "jail/layer%u", i);
		tree_dir(name);
		fd = fj_sys_openat(AT_FDCWD, tree_path(name), O_PATH | O_DIRECTORY, 0);
		ck_assert(fd >= 0);
		layers.layer[i].fd = (int)fd;
		layers.layer[i].number = count - 1 - i;
	}
	program = (int)fj_sys_openat(
		layers.layer[unit_random(count)].fd, ".", O_RDONLY | O_DIRECTORY, 0);
	ck_assert_int_ge(program, 0);
}

static void close_layers(void)
{
	for (uint32_t i = 0; i < layers.count; i++)
		fj_sys_close(layers.layer[i].fd);
	fj_sys_close(program);
}

static void setup(void)
{
	unit_jail_setup();
	call = (struct fj_call){.thread = unit_thread};
}

static long ask(char *list, size_t size, bool is_old)
{
	const uint32_t mark = fj_scratch_mark(unit_thread);
	const long n = fj_union_list(call.thread, program, &layers, (uint64_t)list, size, is_old);

	ck_assert_uint_eq(fj_scratch_mark(unit_thread), mark);
	return n;
}

struct head {
	uint64_t ino;
	int64_t offset;
	uint16_t size;
	char rest[];
} __attribute__((packed));

/* How often each of the names n0, n1 ... was met; how many other names. */
static int met[NAMES + 100000], others;

static void note(const char *name)
{
	if (name[0] == 'n')
		met[atoi(name + 1)]++;
	else
		others++;
}

/* Calls `note` for each entry of one answer of the listing. */
static void note_all(const char *list, long n, bool is_old)
{
	for (long at = 0; at < n;) {
		const struct head *h = (const struct head *)(list + at);

		note(h->rest + !is_old);
		at += h->size;
	}
}

static void list_all(size_t size, bool is_old)
{
	static char list[BATCH];
	long n;

	memset(met, 0, sizeof(met));
	others = 0;
	fj_sys_lseek(program, 0, 0);
	while ((n = ask(list, size, is_old)) > 0)
		note_all(list, n, is_old);
	unit_assert_result(n, 0);
}

static const char *name_of(int i)
{
	static char name[4][16];
	static unsigned turn;

	return snprintf(name[turn++ % 4], 16, "n%d", i), name[(turn - 1) % 4];
}

static void make_file(int dirfd, const char *name)
{
	const long fd = fj_sys_openat(dirfd, name, O_CREAT | O_RDWR, 0644);

	ck_assert(fd >= 0);
	fj_sys_close((int)fd);
}

/* Is the name seen, by the highest layer that has it? */
static bool is_seen(const char *name, struct stat *st)
{
	for (uint32_t i = 0; i < layers.count; i++)
		if (!fj_sys_newfstatat(layers.layer[i].fd, name, st, AT_SYMLINK_NOFOLLOW))
			return !fj_union_is_whiteout(unit_thread, layers.layer[i].fd, name, st);
	return false;
}

static void make_names(int names)
{
	for (int i = 0; i < names; i++)
		for (uint32_t k = 0; k < layers.count; k++) {
			const char *name = name_of(i);
			const int dirfd = layers.layer[k].fd;

			switch (unit_random(6)) {
			case 0:
				make_file(dirfd, name);
				break;
			case 1:
				unit_assert_result(fj_union_hide(&call, dirfd, name, -1, 0), 0);
				break;
			case 2:
				unit_assert_result(fj_sys_mkdirat(dirfd, name, 0755), 0);
				break;
			default:
				break;
			}
		}
}

static long calls;

static long counting(long nr, long a0, long a1, long a2, long a3, long a4, long a5)
{
	calls++;
	return union_no_devices(nr, a0, a1, a2, a3, a4, a5);
}

static void compare_with_model(int names)
{
	struct stat st;
	bool is_empty = true;

	ck_assert_int_eq(others, 2);
	for (int i = 0; i < names; i++) {
		const bool is = is_seen(name_of(i), &st);

		is_empty = is_empty && !is;
		ck_assert_msg(met[i] == is, "%s was met %d times, not %d", name_of(i), met[i], is);
	}
	unit_assert_result(fj_union_is_empty(call.thread, &layers), is_empty);
}

/* _i: the way in which whiteouts are made. */
START_TEST(random_layers)
{
	union_gate = fj_gate;
	if (_i)
		fj_gate = union_no_devices;
	for (unsigned round = 0; round < 12; round++) {
		unit_seed(round);
		open_layers(1 + unit_random(LAYERS_MAX));
		if (round)
			make_names(NAMES);
		for (int i = 0; i < 4; i++) {
			list_all(i ? 300 + unit_random(BATCH - 300) : 64, unit_random(2));
			compare_with_model(NAMES);
		}
		close_layers();
		unit_jail_teardown();
		setup();
	}
	fj_gate = union_gate;
}
END_TEST

/* Inode numbers and types are those of stat(2). A name that does not fit into the buffer is not the
 * end of the listing. */
START_TEST(entries_say_what_stat_says)
{
	static char list[BATCH];
	struct statx sx;
	struct fj_file file;
	struct fj_union_origin origin;
	struct stat st;
	long n;

	open_layers(2);
	make_file(layers.layer[1].fd, "n0");
	unit_assert_result(fj_union_copy_up(&call, layers.layer[1].fd, "n0", layers.layer[0].fd,
				   "n0", -1, true),
		0);
	unit_assert_result(unit_call3(__NR_mknod, "/layer0/n1", FJ_S_IFCHR | 0644, 1 << 8 | 3), 0);
	unit_assert_result(unit_call3(__NR_mknod, "/layer1/n2", FJ_S_IFBLK | 0644, 1 << 8 | 3), 0);
	unit_assert_result(ask(list, 20, false), -EINVAL);
	unit_assert_result(ask(NULL, 4096, false), -EFAULT);
	n = ask(list, sizeof(list), false);
	ck_assert_int_gt(n, 0);
	for (long at = 0; at < n;) {
		const struct head *h = (const struct head *)(list + at);
		const char *name = h->rest + 1;
		const int dirfd = layers.layer[strcmp(name, "n2") ? 0 : 1].fd;

		at += h->size;
		ck_assert_int_eq(fj_sys_newfstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW), 0);
		if (name[0] == '.') {
			ck_assert_uint_eq(h->ino, st.st_ino);
			continue;
		}
		unit_assert_result(
			fj_file_statx(&call, dirfd, name, AT_SYMLINK_NOFOLLOW, 0, &sx, &file), 0);
		if (fj_union_origin(&file.owner, file.dev, &origin))
			sx.stx_ino = origin.ino;
		ck_assert_uint_eq(h->ino, sx.stx_ino);
		ck_assert_uint_eq((uint8_t)h->rest[0], sx.stx_mode >> 12);
	}
	ck_assert_int_eq(fj_sys_newfstatat(layers.layer[1].fd, "n0", &st, 0), 0);
	ck_assert_uint_eq(st.st_ino, origin.ino);
	close_layers();
}
END_TEST

/* Between the answers, files are copied up, removed, replaced and made. A name that existed all the
 * time is met once, and a name that never existed is not met. The upper directory is made in the
 * middle. */
START_TEST(changes_while_listing)
{
	static char list[600];
	static bool is_constant[NAMES], was_never[NAMES];

	for (unsigned round = 0; round < 20; round++) {
		struct fj_union_layers all;
		struct stat st;
		long n;

		unit_seed(round);
		memset(met, 0, sizeof(met));
		open_layers(3);
		for (int i = 0; i < NAMES; i++) {
			is_constant[i] = unit_random(3);
			was_never[i] = !is_constant[i] && unit_random(2);
			if (!was_never[i])
				make_file(layers.layer[1 + unit_random(2)].fd, name_of(i));
		}
		all = layers;
		if (round % 2) { /* the upper directory does not exist yet */
			layers.count = 2;
			memmove(layers.layer, layers.layer + 1, 2 * sizeof(layers.layer[0]));
		}
		for (int answer = 0; (n = ask(list, sizeof(list), false)) > 0; answer++) {
			note_all(list, n, false);
			if (answer == 3)
				layers = all;
			for (int k = 0; k < 20 && answer >= 3; k++) {
				const int i = (int)unit_random(NAMES);
				const char *name = name_of(i);

				if (was_never[i])
					continue;
				if (is_constant[i] || unit_random(2)) {
					const bool is_mid =
						!fj_sys_newfstatat(all.layer[1].fd, name, &st, 0);

					fj_union_copy_up(&call, all.layer[is_mid ? 1 : 2].fd, name,
						all.layer[0].fd, name, -1, true);
				} else {
					fj_union_hide(&call, all.layer[0].fd, name, -1, 0);
				}
			}
		}
		unit_assert_result(n, 0);
		for (int i = 0; i < NAMES; i++) {
			ck_assert_msg(!is_constant[i] || met[i] == 1,
				"round %u: %s was met %d times", round, name_of(i), met[i]);
			ck_assert(!was_never[i] || !met[i]);
			ck_assert_int_le(met[i], 1);
		}
		close_layers();
		unit_jail_teardown();
		setup();
	}
}
END_TEST

/* telldir(3) and seekdir(3): from each position, the same entries follow again. */
START_TEST(places_are_found_again)
{
	static char list[BATCH], again[BATCH];
	long n, m;

	unit_seed(3);
	open_layers(3);
	make_names(200);
	while ((n = ask(list, sizeof(list), false)) > 0)
		for (long at = 0; at < n;) {
			const struct head *h = (const struct head *)(list + at);
			const char *behind = list + at + h->size;

			at += h->size;
			ck_assert_int_ge(h->offset, 0);
			ck_assert_int_eq(fj_sys_lseek(program, h->offset, 0), h->offset);
			m = ask(again, sizeof(again), false);
			if (at < n) {
				ck_assert_int_gt(m, 0);
				ck_assert_str_eq(((struct head *)again)->rest + 1,
					((const struct head *)behind)->rest + 1);
			}
			/* Go on behind the last entry of this answer. */
			if (at == n)
				fj_sys_lseek(program, h->offset, 0);
		}
	unit_assert_result(n, 0);
	close_layers();
}
END_TEST

/* A position says whether the kernel has listed the directory, or the layers were merged. */
START_TEST(a_place_tells_whose_it_is)
{
	static char list[BATCH];
	long n;

	unit_seed(4);
	open_layers(3);
	make_names(NAMES);
	fj_sys_close(program);
	program = (int)fj_sys_openat(layers.layer[2].fd, ".", O_RDONLY | O_DIRECTORY, 0);
	for (int is_merged = 0; is_merged < 2; is_merged++) {
		fj_sys_lseek(program, 0, 0);
		ck_assert(!fj_union_lists_alone(program, &layers, 0));
		while ((n = is_merged ? ask(list, sizeof(list), false) :
					fj_sys_getdents64(program, list, sizeof(list))) > 0)
			for (long at = 0; at < n;) {
				const struct head *h = (const struct head *)(list + at);

				at += h->size;
				ck_assert_int_eq(
					fj_union_lists_alone(program, &layers, (uint64_t)h->offset),
					!is_merged);
			}
		unit_assert_result(n, 0);
	}
	close_layers();
}
END_TEST

/* The files of a root's records, and unfinished files, are not shown. */
START_TEST(hidden_names)
{
	open_layers(2);
	tree_dir("jail/layer0/.fakejail");
	tree_file("jail/layer0/.fakejail/owners", "");
	tree_file("jail/layer0/.fakejail-work.1.1", "");
	tree_dir("jail/layer1/.fakejail");
	tree_file("jail/layer1/.fakejail/owners", "");
	list_all(BATCH, false);
	ck_assert_int_eq(others, 2);
	unit_assert_result(fj_union_is_empty(call.thread, &layers), 1);
	close_layers();
}
END_TEST

/* The number of system calls is proportional to the number of names. */
START_TEST(a_hundred_thousand)
{
	int names = 1000;
	long calls_of_few = 0;

	open_layers(2);
	for (int step = 0; step < 2; step++, names = 100000) {
		for (int i = 0; i < names; i++)
			if (!(step && i < 1000)) {
				make_file(layers.layer[1].fd, name_of(i));
				if (i % 100 == 7)
					unit_assert_result(fj_union_hide(&call, layers.layer[0].fd,
								   name_of(i), -1, 0),
						0);
			}
		union_gate = fj_gate;
		fj_gate = counting;
		calls = 0;
		list_all(32768, false);
		fj_gate = union_gate;
		for (int i = 0; i < names; i++)
			ck_assert_int_eq(met[i], i % 100 != 7);
		if (!step)
			calls_of_few = calls;
		else
			ck_assert_msg(calls < calls_of_few * 120,
				"%ld calls for 1000 names, %ld for 100000", calls_of_few, calls);
	}
	close_layers();
}
END_TEST

Suite *unit_suite_union_list(void)
{
	Suite *suite = suite_create("union_list");
	TCase *tc = tcase_create("union_list");

	tcase_set_timeout(tc, 0); /* no limit: the machine may be slow */

	tcase_add_checked_fixture(tc, setup, unit_jail_teardown);
	tcase_add_loop_test(tc, random_layers, 0, 2);
	tcase_add_test(tc, entries_say_what_stat_says);
	tcase_add_test(tc, changes_while_listing);
	tcase_add_test(tc, places_are_found_again);
	tcase_add_test(tc, a_place_tells_whose_it_is);
	tcase_add_test(tc, hidden_names);
	tcase_add_test(tc, a_hundred_thousand);
	suite_add_tcase(suite, tc);
	return suite;
}
