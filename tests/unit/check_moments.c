/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * check_moments.c - makes each call by a path while another process of the jail exchanges a directory and a symlink
 * to a directory, and a file and a symlink to a file. Whichever of the two a name is at a moment, it leads to a file. So
 * no call may fail, whenever the names are exchanged: before one of the engine's system calls, before many of
 * them, or at random. What absolute symlinks lead to exists in the jail alone. check_exchange.c has single moments. */
#include "facts/facts.h"
#include "sys/gate_code.h"
#include "syscall/stat.h"
#include "syscall/unistd_names.h"
#include "unit.h"

#include <asm/stat.h>
#include <asm/statfs.h>
#include <asm/unistd.h>
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/limits.h>
#include <linux/openat2.h>
#include <linux/stat.h>
#include <stdio.h>
#include <string.h>

#define EXCHANGE 2u /* RENAME_EXCHANGE, linux/fs.h */

static fj_gate_fn real_gate;

/* The names that are exchanged, in pairs. The paths on the host are made once. */
#define PAIRS 2
static const char *const names[PAIRS][2] = {{"d", "l"}, {"f", "k"}};
static char host[PAIRS][2][PATH_MAX];

/* When the names are exchanged. */
static struct {
	enum when { NEVER, AT_ONE, OFTEN, RANDOM } when;
	/* AT_ONE: before this system call. OFTEN: before it, and each `period`th one after it, MANY times */
	unsigned moment, period, left;
	bool is_slow; /* a change is announced, made and ended before three calls, and not before one */
} plan;
enum { MANY = 20 }; /* attempts that fail: more than chance makes, and fewer than FJ_RACES */
static unsigned calls_made, step;
static bool is_exchanged;
static bool announced[PAIRS];

static void announce(void)
{
	for (int i = 0; i < PAIRS; i++)
		announced[i] = fj_facts_before_change(fj_facts_name_hash(names[i][0]), true);
}

static void exchange(void)
{
	for (int i = 0; i < PAIRS; i++)
		ck_assert_int_eq(
			fj_sys_renameat2(AT_FDCWD, host[i][0], AT_FDCWD, host[i][1], EXCHANGE), 0);
	is_exchanged = !is_exchanged;
}

static void end_change(void)
{
	for (int i = 0; i < PAIRS; i++)
		fj_facts_after_change(fj_facts_name_hash(names[i][0]), announced[i]);
}

static bool is_now(void)
{
	const unsigned n = calls_made++;

	switch (plan.when) {
	case NEVER:
		return false;
	case AT_ONE: /* a slow change begins there */
		return n == plan.moment || (plan.is_slow && n > plan.moment && n < plan.moment + 3);
	case OFTEN:
		return n % plan.period == plan.moment && plan.left && plan.left--;
	case RANDOM:
		return unit_random(2);
	}
	return false;
}

static void next_step(void)
{
	void (*const steps[])(void) = {announce, exchange, end_change};

	steps[step]();
	step = (step + 1) % 3;
}

static long gate(long nr, long a, long b, long c, long d, long e, long f)
{
	if (is_now()) {
		fj_gate = real_gate;
		next_step();
		while (!plan.is_slow && step)
			next_step();
		fj_gate = gate;
	}
	return real_gate(nr, a, b, c, d, e, f);
}

static struct stat st;
static struct statx stx;
static struct statfs fs;
static char buffer[8];
static struct open_how how = {.flags = O_RDONLY},
		       how_in_root = {.flags = O_RDONLY, .resolve = RESOLVE_IN_ROOT};
static struct {
	uint32_t bytes;
	int32_t type;
	char handle[128];
} handle;
static int32_t mount_id;

#define CWD (uint64_t) AT_FDCWD
#define AT(p) (uint64_t)(p)
enum { ROOT_FD = 800, INOTIFY_FD };

/* The calls, and the errors that say that the name has led to the file. */
static const struct {
	const char *name;
	long nr;
	int at; /* the index of the argument that is the path */
	uint64_t arg[5];
	int allowed[2];
} calls[] = {
	{"stat", __NR_stat, 0, {0, AT(&st)}, {0}},
	{"lstat", __NR_lstat, 0, {0, AT(&st)}, {0}},
	{"statx", __NR_statx, 1, {CWD, 0, 0, STATX_BASIC_STATS, AT(&stx)}, {0}},
	{"statfs", __NR_statfs, 0, {0, AT(&fs)}, {0}},
	{"open", __NR_open, 0, {0}, {0}},
	{"creat", __NR_open, 0, {0, O_WRONLY | O_CREAT, 0644}, {0}},
	{"open, O_PATH", __NR_open, 0, {0, O_PATH}, {0}},
	{"openat2", __NR_openat2, 1, {CWD, 0, AT(&how), sizeof(how)}, {0}},
	{"openat2, in root", __NR_openat2, 1, {ROOT_FD, 0, AT(&how_in_root), sizeof(how)}, {0}},
	{"access", __NR_access, 0, {0, 4}, {0}},
	{"access, all", __NR_access, 0, {0, 7}, {0}},
	{"faccessat2", __NR_faccessat2, 1, {CWD, 0, 4, 0x200 /* AT_EACCESS */}, {0}},
	{"chmod", __NR_chmod, 0, {0, 0755}, {0}},
	{"chown", __NR_chown, 0, {0, AT(-1), AT(-1)}, {0}},
	{"lchown", __NR_lchown, 0, {0, AT(-1), AT(-1)}, {0}},
	{"chown to root", __NR_chown, 0, {0}, {0}},
	{"truncate", __NR_truncate, 0, {0}, {0}},
	{"utime", __NR_utime, 0, {0}, {0}},
	{"utimensat", __NR_utimensat, 1, {CWD}, {0}},
	{"readlink", __NR_readlink, 0, {0, AT(buffer), sizeof(buffer)}, {EINVAL}},
	{"getxattr", __NR_getxattr, 0, {0, AT("user.x"), AT(buffer), sizeof(buffer)},
		{ENODATA, EOPNOTSUPP}},
	{"listxattr", __NR_listxattr, 0, {0}, {EOPNOTSUPP}},
	{"setxattr", __NR_setxattr, 0, {0, AT("user.x"), AT("1"), 1}, {EOPNOTSUPP}},
	{"removexattr", __NR_removexattr, 0, {0, AT("user.y")}, {ENODATA, EOPNOTSUPP}},
	{"mkdir", __NR_mkdir, 0, {0, 0755}, {EEXIST}},
	{"mknod", __NR_mknod, 0, {0, 0100644}, {EEXIST}},
	{"symlink", __NR_symlink, 1, {AT("nowhere")}, {EEXIST}},
	{"rmdir", __NR_rmdir, 0, {0}, {ENOTDIR}},
	{"linkat", __NR_linkat, 1, {CWD, 0, CWD, AT("linked"), AT_SYMLINK_FOLLOW}, {0}},
	{"link", __NR_link, 0, {0, AT("linked")}, {0}},
	{"link onto", __NR_link, 1, {AT("g2")}, {EEXIST}},
	{"rename onto", __NR_renameat2, 3, {CWD, AT("g2"), CWD, 0, 1 /* RENAME_NOREPLACE */},
		{EEXIST}},
	{"inotify_add_watch", __NR_inotify_add_watch, 1, {INOTIFY_FD, 0, 0x20 /* IN_OPEN */}, {0}},
	{"name_to_handle_at", __NR_name_to_handle_at, 1,
		{CWD, 0, AT(&handle), AT(&mount_id), AT_SYMLINK_FOLLOW}, {EOPNOTSUPP}},
	{"chdir", __NR_chdir, 0, {0}, {ENOTDIR}},
};
#define CALLS (sizeof(calls) / sizeof(calls[0]))

/* Makes the call by `path`. What it has made is removed. */
static long make_call(size_t i, const char *path)
{
	uint64_t arg[5];
	fj_gate_fn then;
	long r;

	/* (With RESOLVE_IN_ROOT a relative path begins at the root.) */
	if (calls[i].arg[0] == ROOT_FD && path[0] != '/')
		return 0;
	memcpy(arg, calls[i].arg, sizeof(arg));
	arg[calls[i].at] = (uint64_t)path;
	handle.bytes = sizeof(handle.handle);
	r = unit_call(calls[i].nr, arg[0], arg[1], arg[2], arg[3], arg[4]);
	then = fj_gate;
	fj_gate = real_gate;
	if (r >= 0 && (calls[i].nr == __NR_open || calls[i].nr == __NR_openat2))
		unit_call1(__NR_close, r);
	if (calls[i].nr == __NR_link || calls[i].nr == __NR_linkat)
		unit_call1(__NR_unlink, "linked");
	if (calls[i].nr == __NR_chdir)
		unit_call1(__NR_chdir, "/x");
	fj_gate = then;
	return r == -calls[i].allowed[0] || r == -calls[i].allowed[1] ? 0 : r;
}

static const char *const paths[] = {"d/f", "/x/d/f", "/x/l/f", "l/s/f", "/x/d/s/f", "d/s/../f", "f",
	"/x/f", "/x/d/../f", "d/s/t/../../f", "/x/c/s/f", "c/../d/./s//f"};
#define PATHS (sizeof(paths) / sizeof(paths[0]))

static void make_tree(const char *before)
{
	static const char *const directories[] = {
		"x", "x/d", "x/d/s", "x/d/s/t", "x/e", "x/e/s", "x/e/s/t"};
	static const char *const files[] = {
		"x/d/f", "x/d/s/f", "x/e/f", "x/e/s/f", "x/f", "x/g", "x/g2"};
	char text[64], path[64];

	for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++) {
		snprintf(path, sizeof(path), "jail/%s", directories[i]);
		tree_dir(path);
	}
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "jail/%s", files[i]);
		tree_bytes(path, "", 0, 0755);
	}
	snprintf(text, sizeof(text), "%se", before);
	tree_link("jail/x/l", text);
	snprintf(text, sizeof(text), "%sg", before);
	tree_link("jail/x/k", text);
	snprintf(text, sizeof(text), "%sd", before);
	tree_link("jail/x/c", text);
	for (int i = 0; i < PAIRS; i++)
		for (int j = 0; j < 2; j++) {
			snprintf(path, sizeof(path), "jail/x/%s", names[i][j]);
			snprintf(host[i][j], sizeof(host[i][j]), "%s", tree_path(path));
		}
	unit_assert_result(unit_call1(__NR_chdir, "/x"), 0);
	unit_assert_result(
		unit_call3(__NR_dup3, unit_call3(__NR_open, "/", O_PATH, 0), ROOT_FD, O_CLOEXEC),
		ROOT_FD);
	unit_assert_result(unit_call3(__NR_dup3, unit_call1(__NR_inotify_init1, O_CLOEXEC),
				   INOTIFY_FD, O_CLOEXEC),
		INOTIFY_FD);
	real_gate = fj_gate;
	is_exchanged = false;
	step = 0;
}

/* Makes the call once by the plan. Returns how many system calls the engine has made. */
static unsigned make(size_t c, size_t p, bool starts_exchanged)
{
	long r;

	while (step)
		next_step();
	if (is_exchanged != starts_exchanged) {
		announce();
		exchange();
		end_change();
	}
	for (int i = 0; i < 2; i++) /* facts are remembered again */
		make_call(c, paths[p]);
	calls_made = 0;
	plan.left = MANY;
	fj_gate = gate;
	r = make_call(c, paths[p]);
	fj_gate = real_gate;
	ck_assert_msg(r >= 0, "%s of %s%s: %s (%s %u of %u%s)", calls[c].name, paths[p],
		starts_exchanged ? ", exchanged" : "", unit_result(r),
		plan.when == RANDOM ? "at random" : "before call", plan.moment, plan.period,
		plan.is_slow ? ", slow" : "");
	return calls_made;
}

/* At random, each time, each other call is a moment: a file is found after a few attempts. */
static void make_by_plans(size_t c, size_t p, bool starts_exchanged)
{
	unsigned count;

	plan.is_slow = false;
	plan.period = 0;
	plan.when = NEVER;
	count = make(c, p, starts_exchanged);
	for (int slow = 0; slow < 2; slow++) {
		plan.is_slow = slow;
		plan.when = AT_ONE;
		for (plan.moment = 0; plan.moment < count; plan.moment++)
			make(c, p, starts_exchanged);
		plan.when = OFTEN;
		for (plan.period = 1; plan.period < 7; plan.period++)
			for (plan.moment = 0; plan.moment < plan.period; plan.moment++)
				make(c, p, starts_exchanged);
		plan.when = RANDOM;
		for (plan.moment = 0; plan.moment < 10; plan.moment++)
			make(c, p, starts_exchanged);
	}
}

START_TEST(moments)
{
	make_tree(_i % 2 ? "/x/" : "");
	unit_seed((unsigned)_i);
	for (size_t c = 0; c < CALLS; c++)
		for (size_t p = 0; p < PATHS; p++)
			for (int exchanged = 0; exchanged < 2; exchanged++)
				make_by_plans(c, p, exchanged);
}
END_TEST

Suite *unit_suite_moments(void)
{
	Suite *s = suite_create("moments");
	TCase *c = tcase_create("moments");

	tcase_set_timeout(c, 0); /* no limit: the machine may be slow */
	tcase_add_checked_fixture(c, unit_jail_setup, unit_jail_teardown);
	tcase_add_loop_test(c, moments, 0, 2);
	suite_add_tcase(s, c);
	return s;
}
