/* SPDX-FileCopyrightText: The fakejail authors SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * check_union_faults.c - tests copying up (union/) when the kernel, the file system or the disk
 * refuses something, and when a signal comes meanwhile: the copy is complete, or there is none. */
#include "sys/gate_code.h"
#include "syscall/fcntl.h"
#include "syscall/nr.h"
#include "syscall/resource.h"
#include "syscall/sched.h"
#include "syscall/signal.h"
#include "syscall/stat.h"
#include "syscall/syscall.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_io.h"
#include "syscall/unistd_names.h"
#include "syscall/unistd_process.h"
#include "syscall/wait.h"
#include "union_tree.h"
#include "signal/waiting.h"

#include "union/union.h"
#include "sys/abi.h"

#include <asm/unistd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static fj_gate_fn gate;

/* -- refusals of the kernel, the file system or the disk -- */

enum refusal { NOTHING, CLONES, TEMPORARY, RANGES, RENAMES, SEEKS, ALL, REFUSALS };
static enum refusal refused;

static bool is_refused(enum refusal what)
{
	return refused == what || refused == ALL;
}

static long refuse(long nr, long a0, long a1, long a2, long a3, long a4, long a5)
{
	if (nr == __NR_openat && (a2 & 020000000) && is_refused(TEMPORARY))
		return -EOPNOTSUPP;
	if (nr == __NR_copy_file_range && is_refused(RANGES))
		return refused == ALL ? -EXDEV : 0;
	if (nr == __NR_renameat2 && is_refused(RENAMES) && a4 != 2)
		return -EINVAL;
	if (nr == __NR_lseek && is_refused(SEEKS) && (a2 == 3 || a2 == 4))
		return -EINVAL;
	if (nr == __NR_ioctl && is_refused(CLONES))
		return -EOPNOTSUPP;
	return gate(nr, a0, a1, a2, a3, a4, a5);
}

START_TEST(poor_file_systems)
{
	struct statx sx;
	struct fj_file file;

	unit_seed((unsigned)_i);
	refused = (enum refusal)_i;
	gate = fj_gate;
	for (int i = 0; i < 60; i++) {
		char name[16];

		snprintf(name, sizeof(name), "f%d", i);
		union_make_random(name);
		union_look(union_lower, name, &sx, &file);
		fj_gate = refuse;
		unit_assert_result(union_copy_up(name), 0);
		unit_assert_result(union_copy_up(name), -EEXIST);
		fj_gate = gate;
		if (is_refused(SEEKS)) /* then holes are filled with zeros */
			fj_sys_unlinkat(union_lower, name,
				(sx.stx_mode & FJ_S_IFMT) == FJ_S_IFDIR ? AT_REMOVEDIR : 0);
		else
			union_compare(name, &sx, &file);
	}
	ck_assert_int_eq(union_count(union_work), 0);
}
END_TEST

/* The system call number `fails_at` fails, counted from the time when it is set. */
static long fails_at, made_calls, failure;

static bool may_fail(long nr)
{
	switch (nr) {
	case __NR_openat:
	case __NR_mkdirat:
	case __NR_mknodat:
	case __NR_symlinkat:
	case __NR_linkat:
	case __NR_renameat2:
	case __NR_renameat:
	case __NR_pwrite64:
	case __NR_copy_file_range:
	case __NR_ftruncate:
	case __NR_fsetxattr:
	case __NR_fchmodat:
	case __NR_fchmodat2:
	case __NR_utimensat:
		return true;
	default:
		return false;
	}
}

static long fail_once(long nr, long a0, long a1, long a2, long a3, long a4, long a5)
{
	return may_fail(nr) && ++made_calls == fails_at ? failure :
							  gate(nr, a0, a1, a2, a3, a4, a5);
}

/* Each system call in turn fails, for each type of file: then the copy is complete, or nothing has
 * changed. */
START_TEST(failures)
{
	static const long all[] = {-ENOSPC, -EDQUOT, -EIO, -EACCES, -EROFS, -EMFILE};
	struct statx sx;
	struct fj_file file;

	unit_seed(7);
	gate = fj_gate;
	failure = all[_i];
	for (int i = 0; i < 24; i++) {
		char name[16];
		long r;

		snprintf(name, sizeof(name), "f%d", i);
		union_make_random(name);
		union_look(union_lower, name, &sx, &file);
		for (fails_at = 1;; fails_at++) {
			struct stat st;
			bool was_made;

			made_calls = 0;
			fj_gate = fail_once;
			r = union_copy_up(name);
			fj_gate = gate;
			was_made = !fj_sys_newfstatat(union_upper, name, &st, AT_SYMLINK_NOFOLLOW);
			ck_assert_msg(was_made == !r && (!r || r == failure), "call %ld fails: %s",
				fails_at, unit_result(r));
			ck_assert_int_eq(union_count(union_work), 0);
			if (made_calls < fails_at)
				break;
			if (was_made)
				fj_sys_unlinkat(union_upper, name,
					(st.st_mode & FJ_S_IFMT) == FJ_S_IFDIR ? AT_REMOVEDIR : 0);
		}
		union_compare(name, &sx, &file);
	}
}
END_TEST

/* -- signals, while a large file is copied -- */

#define LARGE (40u << 20)
static long parts;
static int handled;
static bool begins_again, is_elsewhere;

static void handle(int signal)
{
	(void)signal;
	handled++;
}

static long signal_in_parts(long nr, long a0, long a1, long a2, long a3, long a4, long a5)
{
	/* In the middle of a part. The next part is not copied, except by a call that begins again. */
	if (nr == __NR_copy_file_range && ++parts == 2)
		gate(__NR_kill, gate(__NR_getpid, 0, 0, 0, 0, 0, 0), 15, 0, 0, 0, 0);
	if (nr == __NR_copy_file_range && parts > 2)
		ck_assert(begins_again && !handled);
	if (nr == __NR_fstat && is_elsewhere) { /* as a file of another device, with this number */
		const long r = gate(nr, a0, a1, a2, a3, a4, a5);

		((struct stat *)a1)->st_dev++;
		return r;
	}
	return gate(nr, a0, a1, a2, a3, a4, a5);
}

static void make_large(void)
{
	const long fd = fj_sys_openat(union_lower, "large", O_CREAT | O_RDWR, 0644);
	static char block[1 << 20];

	memset(block, 7, sizeof(block));
	for (unsigned i = 0; i < LARGE / sizeof(block); i++)
		ck_assert_int_eq(fj_sys_pwrite64(fd, block, sizeof(block), i * sizeof(block)),
			sizeof(block));
	fj_sys_close((int)fd);
}

/* A copy of the large file, while the signal comes. The handler runs after it. */
static void copy_up_with_signal(const uint64_t *mask, long expected)
{
	const uint64_t all = ~0UL;
	char frame[16]; /* in place of the frame of a jump: its contents are not read */

	union_call = (struct fj_call){.thread = unit_thread, .frame = (void *)frame};
	if (mask) {
		fj_sys_rt_sigprocmask(2, &all, 0, sizeof(all));
		union_call.mask = (uint64_t *)mask;
	}
	parts = 0;
	fj_gate = signal_in_parts;
	unit_assert_result(union_copy_up("large"), expected);
	fj_gate = gate;
	ck_assert_int_eq(handled, 0);
	fj_release_signals(&union_call);
	if (mask)
		fj_sys_rt_sigprocmask(2, mask, 0, sizeof(*mask));
	ck_assert_int_eq(handled, 1);
	handled = 0;
}

/* _i & 1: as in the trap, with all signals blocked; else as after a jump. _i / 2: the signal ends the
 * process; has a handler; has one with SA_RESTART. Such a handler interrupts a copy once, whatever the
 * number of another device's file is. */
START_TEST(signals)
{
	const uint64_t none = 0, *const mask = _i & 1 ? &none : NULL;
	struct sigaction action = {.sa_handler = _i / 2 ? handle : SIG_DFL};
	struct statx sx;
	struct fj_file file;
	long pid;
	int status;

	make_large();
	union_look(union_lower, "large", &sx, &file);
	gate = fj_gate;
	refused = CLONES;
	action.sa_flags = _i / 2 == 2 ? SA_RESTART : 0;
	sigaction(15, &action, NULL);
	pid = fj_syscall(__NR_fork, (uint64_t[6]){0});
	if (!pid) {
		unit_thread_setup();
		copy_up_with_signal(mask, -EINTR);
		begins_again = union_call.begins_again;
		ck_assert(begins_again == (_i / 2 == 2));
		if (begins_again) {
			begins_again = false;
			is_elsewhere = true;
			copy_up_with_signal(mask, -EINTR);
			is_elsewhere = false;
			copy_up_with_signal(mask, -EINTR);
			begins_again = true;
			copy_up_with_signal(mask, 0);
		}
		fj_sys_exit_group(0);
	}
	fj_sys_wait4(pid, &status, 0, 0);
	ck_assert_int_eq(status, _i / 2 ? 0 : 15);
	ck_assert_int_eq(union_count(union_upper), _i / 2 == 2);
	ck_assert_int_eq(union_count(union_work), 0);
	if (_i / 2 == 2)
		union_compare("large", &sx, &file);
}
END_TEST

/* -- full disks -- */

START_TEST(file_size_limit)
{
	const uint64_t limit[2] = {1 << 20, ~0UL};

	make_large();
	fj_sys_prlimit64(0, 1 /* RLIMIT_FSIZE */, limit, 0);
	unit_assert_result(union_copy_up("large"), -EFBIG);
	ck_assert_int_eq(union_count(union_upper), 0);
	ck_assert_int_eq(union_count(union_work), 0);
	unit_assert_result(fj_union_copy_up(&union_call, union_lower, "large", union_upper, "large",
				   union_work, false),
		0);
}
END_TEST

START_TEST(full_disk)
{
	char path[TREE_PATH];
	int small;
	long r;

	make_large();
	tree_dir("jail/small");
	snprintf(path, sizeof(path), "%s", tree_path("jail/small"));
	r = fj_sys_unshare(0x00020000 /* CLONE_NEWNS */);
	if (!r)
		r = fj_syscall(__NR_mount, (uint64_t[6]){0, (uint64_t) "/", 0,
						   1 << 18 | 1 << 14 /* MS_PRIVATE, MS_REC */});
	if (!r)
		r = fj_syscall(__NR_mount, (uint64_t[6]){(uint64_t) "none", (uint64_t)path,
						   (uint64_t) "tmpfs", 0, (uint64_t) "size=8m"});
	if (r) {
		printf("SKIP full_disk: no tmpfs to be had: %s\n", unit_result(r));
		return;
	}
	small = union_open("jail/small");
	unit_assert_result(
		fj_union_copy_up(&union_call, union_lower, "large", small, "large", -1, true),
		-ENOSPC);
	ck_assert_int_eq(union_count(small), 0);
	unit_assert_result(
		fj_union_copy_up(&union_call, union_lower, "large", small, "large", -1, false), 0);
	fj_sys_close(small);
	ck_assert_int_eq(
		fj_syscall(__NR_umount2, (uint64_t[6]){(uint64_t)path, 2 /* MNT_DETACH */}), 0);
}
END_TEST

Suite *unit_suite_union_faults(void)
{
	Suite *suite = suite_create("union_faults");
	TCase *tc = tcase_create("union_faults");

	tcase_set_timeout(tc, 0); /* no limit: the machine may be slow */

	tcase_add_checked_fixture(tc, union_setup, union_teardown);
	tcase_add_loop_test(tc, poor_file_systems, NOTHING, REFUSALS);
	tcase_add_loop_test(tc, failures, 0, 6);
	tcase_add_loop_test(tc, signals, 0, 6);
	tcase_add_test(tc, file_size_limit);
	tcase_add_test(tc, full_disk);
	suite_add_tcase(suite, tc);
	return suite;
}
