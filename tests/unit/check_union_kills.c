/* SPDX-FileCopyrightText: The fakejail authors SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * check_union_kills.c - tests copying up and whiteouts (union/) by processes that are killed:
 * before each system call in turn, and at random moments. Files that are left in the work directory
 * are removed. */
#include "sys/gate_code.h"
#include "syscall/signal.h"
#include "syscall/stat.h"
#include "syscall/syscall.h"
#include "syscall/time.h"
#include "syscall/unistd_names.h"
#include "syscall/unistd_process.h"
#include "syscall/wait.h"
#include "union_tree.h"

#include "union/union.h"
#include "sys/abi.h"

#include <asm/unistd.h>
#include <linux/fcntl.h>
#include <stdio.h>
#include <string.h>

static fj_gate_fn gate;
static long made_calls;

static long dies_at;

static long die_once(long nr, long a0, long a1, long a2, long a3, long a4, long a5)
{
	if (++made_calls == dies_at)
		gate(__NR_kill, gate(__NR_getpid, 0, 0, 0, 0, 0, 0), 9, 0, 0, 0, 0);
	return gate(nr, a0, a1, a2, a3, a4, a5);
}

/* Works in a child that is killed before its system call number `dies_at`. Returns its wait
 * status. */
static int in_child(long (*work_of)(const char *name), const char *name)
{
	const long pid = fj_syscall(__NR_fork, (uint64_t[6]){0});
	int status = -1;

	if (!pid) {
		unit_thread_setup();
		union_call = (struct fj_call){.thread = unit_thread};
		made_calls = 0;
		fj_gate = die_once;
		fj_sys_exit_group(work_of(name) ? 1 : 0);
	}
	while (fj_sys_wait4(pid, &status, 0, 0) == -EINTR)
		;
	return status;
}

static long whiteout(const char *name)
{
	return fj_union_hide(&union_call, union_upper, name, union_work, 0);
}

/* The child is killed before each system call in turn, for each type of file. */
START_TEST(kills)
{
	struct statx sx;
	struct fj_file file;

	unit_seed(11);
	gate = fj_gate;
	for (int i = 0; i < 20; i++) {
		int status = -1;
		char name[16];
		struct stat st;

		snprintf(name, sizeof(name), "f%d", i);
		union_make_random(name);
		union_look(union_lower, name, &sx, &file);
		for (dies_at = 1; status; dies_at++) {
			status = in_child(union_copy_up, name);
			ck_assert_msg(!status || (status & 127) == 9, "status %x", status);
			fj_union_clean(union_call.thread, union_work);
			ck_assert_int_eq(union_count(union_work), 0);
			if (fj_sys_newfstatat(union_upper, name, &st, AT_SYMLINK_NOFOLLOW)) {
				ck_assert(status != 0);
				continue;
			}
			/* (Its directory may have the time of that change.) */
			union_compare(name, &sx, &file);
			break;
		}
		for (status = -1, dies_at = 1; status; dies_at++) {
			status = in_child(whiteout, name);
			fj_union_clean(union_call.thread, union_work);
			ck_assert_int_eq(union_count(union_work), 0);
			if (fj_union_is_whiteout(unit_thread, union_upper, name, NULL))
				break;
			union_compare(name, &sx, &file);
		}
	}
}
END_TEST

/* Processes are killed at random moments, while others copy the same files. */
START_TEST(kill_storm)
{
	enum { FILES = 40, ROUNDS = 60 };
	static struct statx sx[FILES];
	static struct fj_file file[FILES];
	char name[16];

	unit_seed(12);
	for (int i = 0; i < FILES; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		union_make_random(name);
		union_look(union_lower, name, &sx[i], &file[i]);
	}
	for (int round = 0; round < ROUNDS; round++) {
		long pid[3];
		struct {
			int64_t s, ns;
		} pause = {0, unit_random(20000000)};

		for (int k = 0; k < 3; k++) {
			pid[k] = fj_syscall(__NR_fork, (uint64_t[6]){0});
			if (pid[k])
				continue;
			unit_thread_setup();
			union_call = (struct fj_call){.thread = unit_thread};
			for (unsigned i = unit_random(FILES) + (unsigned)k * 5;; i++) {
				snprintf(name, sizeof(name), "f%u", i % FILES);
				fj_union_copy_up(&union_call, union_lower, name, union_upper, name,
					union_work, true);
			}
		}
		fj_sys_nanosleep(&pause, 0);
		for (int k = 0; k < 3; k++) {
			fj_sys_kill(pid[k], 9);
			fj_sys_wait4(pid[k], 0, 0, 0);
		}
		fj_union_clean(union_call.thread, union_work);
		ck_assert_int_eq(union_count(union_work), 0);
		for (int i = 0; i < FILES; i++) {
			struct stat st;

			snprintf(name, sizeof(name), "f%d", i);
			if (fj_sys_newfstatat(union_upper, name, &st, AT_SYMLINK_NOFOLLOW))
				continue;
			union_compare(name, &sx[i], &file[i]);
			fj_sys_unlinkat(union_upper, name,
				(st.st_mode & FJ_S_IFMT) == FJ_S_IFDIR ? AT_REMOVEDIR : 0);
		}
	}
}
END_TEST

Suite *unit_suite_union_kills(void)
{
	Suite *suite = suite_create("union_kills");
	TCase *tc = tcase_create("union_kills");

	tcase_set_timeout(tc, 0); /* no limit: the machine may be slow */

	tcase_add_checked_fixture(tc, union_setup, union_teardown);
	tcase_add_test(tc, kills);
	tcase_add_test(tc, kill_storm);
	suite_add_tcase(suite, tc);
	return suite;
}
