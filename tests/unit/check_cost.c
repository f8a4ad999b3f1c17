/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * check_cost.c - tests how many system calls the engine makes for one call of the program. */
#include "call/hooks.h"
#include "nested/roots.h"
#include "sys/gate_code.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_names.h"

#include "entries.h"
#include "unit.h"
#include "jail/jail.h"
#include "mount-table/mount_flags.h"
#include "mount-table/mount_table.h"
#include "mount-table/mounts.h"
#include "mount-table/paths.h"
#include "locking/lock.h"
#include "sys/thread.h"

#include <asm/stat.h>
#include <asm/unistd.h>
#include <linux/fcntl.h>
#include <signal.h>
#include <stdio.h>

/* The number of system calls of a call that finds nothing; -1 if it finds something. */
static long cost_of_nothing(long nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	const long r = unit_counted(nr, a, b, c, d);

	return r == -ENOENT ? (long)unit_entries : -1;
}
#define COST_OF_NOTHING(nr, a, b, c, d)                                                            \
	cost_of_nothing(nr, (uint64_t)(a), (uint64_t)(b), (uint64_t)(c), (uint64_t)(d))

/* The usual case costs one system call, as outside of a jail. A final symlink costs those of a
 * walk. */
START_TEST(costs)
{
	char buffer[64];
	struct stat st;

	tree_dir("jail/a");
	tree_dir("jail/a/b");
	tree_file("jail/a/b/file", "");
	tree_link("jail/l", "a/b");
	tree_link("jail/a/b/link", "file");
	ck_assert_uint_eq(COST(__NR_newfstatat, AT_FDCWD, "/a/b/file", &st, 0), 1);
	ck_assert_uint_eq(COST(__NR_newfstatat, AT_FDCWD, "/l/file", &st, 0), 1);
	ck_assert_uint_eq(COST(__NR_newfstatat, AT_FDCWD, "/l/link", &st, AT_SYMLINK_NOFOLLOW), 1);
	ck_assert_uint_eq(COST(__NR_openat, AT_FDCWD, "/l/file", O_RDONLY, 0), 1);
	ck_assert_uint_eq(COST(__NR_readlinkat, AT_FDCWD, "/l/link", buffer, sizeof(buffer)), 1);
	ck_assert_uint_le(COST(__NR_faccessat, AT_FDCWD, "/l/file", 4, 0), 2);
	ck_assert_uint_le(COST(__NR_newfstatat, AT_FDCWD, "/l/link", &st, 0), 12);
	/* The directory, what lies under the new name, the rename, a close. */
	unit_assert_result(
		unit_call5(__NR_renameat, AT_FDCWD, "/a/b/file", AT_FDCWD, "/a/b/moved", 0), 0);
	ck_assert_uint_le(
		COST_ONCE(__NR_renameat, AT_FDCWD, "/a/b/moved", AT_FDCWD, "/a/b/file"), 4);
	/* If the jail has records, the engine calls statx(2), which also tells by what to find the
	 * record. */
	unit_assert_result(unit_call3(__NR_chown, "/a/b/file", 1, 1), 0);
	ck_assert_uint_eq(COST(__NR_newfstatat, AT_FDCWD, "/l/file", &st, 0), 1);
	ck_assert_uint_eq(st.st_uid, 1);
	ck_assert_uint_eq(COST(__NR_openat, AT_FDCWD, "/l/file", O_RDONLY, 0), 1);
	/* A name in the working directory needs no fact. */
	ck_assert_int_eq(fj_sys_chdir(tree_path("jail/a/b")), 0);
	ck_assert_uint_eq(COST(__NR_newfstatat, AT_FDCWD, "file", &st, 0), 1);
	ck_assert_uint_eq(COST(__NR_openat, AT_FDCWD, "file", O_RDONLY, 0), 1);
	/* A longer relative name needs the position of that directory, once for each directory. */
	fj_jail->has_trap = 1;
	unit_assert_result(unit_call1(__NR_chdir, "/a"), 0);
	ck_assert_uint_eq(COST(__NR_newfstatat, AT_FDCWD, "b/file", &st, 0), 1);
	ck_assert_uint_eq(COST(__NR_newfstatat, AT_FDCWD, "./b/file", &st, 0), 1);
	ck_assert_uint_eq(COST(__NR_openat, AT_FDCWD, "b/file", O_RDONLY, 0), 1);
	ck_assert_uint_le(COST_ONCE(__NR_linkat, AT_FDCWD, "b/file", AT_FDCWD, "b/more"), 3);
	unit_assert_result(unit_call1(__NR_chdir, "/"), 0);
	ck_assert_uint_eq(COST(__NR_newfstatat, AT_FDCWD, "a/b/file", &st, 0), 1);
}
END_TEST

/* A new link in the directory of its file costs three system calls: to open the directory, link(2),
 * close(2). Mounts of the same device, as for some files of /dev in nearly every jail, change
 * nothing. */
START_TEST(costs_of_links)
{
	tree_dir("jail/a");
	tree_dir("jail/m");
	tree_dir("other");
	tree_file("jail/a/file", "");
	tree_file("other/file", "");
	ck_assert_uint_le(COST_ONCE(__NR_linkat, AT_FDCWD, "/a/file", AT_FDCWD, "/a/1"), 3);
	unit_assert_result(unit_mount(tree_path("other"), "/m", 0), 0);
	ck_assert_uint_eq(fj_mount_flags()->mounts_share_device, 1);
	ck_assert_uint_le(COST_ONCE(__NR_linkat, AT_FDCWD, "/a/file", AT_FDCWD, "/a/2"), 3);
	ck_assert_uint_le(COST_ONCE(__NR_linkat, AT_FDCWD, "/m/file", AT_FDCWD, "/m/1"), 3);
	/* No link from one mount to another. Of several errors, the kernel's first one is
	 * returned. */
	unit_assert_result(unit_call4(__NR_linkat, AT_FDCWD, "/m/file", AT_FDCWD, "/a/3"), -EXDEV);
	unit_assert_result(unit_call4(__NR_linkat, AT_FDCWD, "/a/file", AT_FDCWD, "/m/3"), -EXDEV);
	unit_assert_result(unit_call4(__NR_linkat, AT_FDCWD, "/m/none", AT_FDCWD, "/a/3"), -ENOENT);
	unit_assert_result(unit_call4(__NR_linkat, AT_FDCWD, "/m/none", AT_FDCWD, "/a/1"), -ENOENT);
	unit_assert_result(unit_call4(__NR_linkat, AT_FDCWD, "/m/file", AT_FDCWD, "/a/1"), -EEXIST);
	unit_assert_result(unit_call4(__NR_linkat, AT_FDCWD, "/a/file", AT_FDCWD, "/a/1"), -EEXIST);
	/* A file that is a mount point is in that mount. */
	tree_file("jail/a/point", "");
	unit_assert_result(unit_mount(tree_path("other/file"), "/a/point", 0), 0);
	unit_assert_result(unit_call4(__NR_linkat, AT_FDCWD, "/a/point", AT_FDCWD, "/a/4"), -EXDEV);
}
END_TEST

/* A name in a directory that the program itself holds is changed there, and nothing else is asked. So is the
 * mode of an open file. */
START_TEST(costs_of_held_directories)
{
	int fd;

	tree_dir("jail/a");
	tree_dir("jail/a/b");
	tree_file("jail/a/b/file", "");
	fd = (int)unit_call4(__NR_openat, AT_FDCWD, "/a/b", O_RDONLY | O_DIRECTORY, 0);
	ck_assert_int_ge(fd, 0);
	ck_assert_uint_eq(COST_ONCE(__NR_linkat, fd, "file", fd, "1"), 1);
	ck_assert_uint_eq(COST_ONCE(__NR_unlinkat, fd, "1", 0, 0), 1);
	ck_assert_uint_le(COST_ONCE(__NR_mkdirat, fd, "1", 0700, 0), 2);
	ck_assert_uint_eq(COST_ONCE(__NR_unlinkat, fd, "1", AT_REMOVEDIR, 0), 1);
	/* Where there are records, a look at the file tells whether its own must go. */
	unit_assert_result(unit_call3(__NR_chown, "/a/b/file", 1, 1), 0);
	ck_assert_uint_eq(COST_ONCE(__NR_linkat, fd, "file", fd, "1"), 1);
	ck_assert_uint_eq(COST_ONCE(__NR_unlinkat, fd, "1", 0, 0), 2);
	ck_assert_int_eq(fj_sys_chdir(tree_path("jail/a/b")), 0);
	ck_assert_uint_eq(COST_ONCE(__NR_linkat, AT_FDCWD, "file", AT_FDCWD, "1"), 1);
	ck_assert_uint_eq(COST_ONCE(__NR_unlinkat, AT_FDCWD, "1", 0, 0), 2);
	fj_sys_close(fd);
	/* A look whether it is an O_PATH descriptor, one at the file, and the change. */
	fd = (int)unit_call4(__NR_openat, AT_FDCWD, "/a/b/file", O_RDONLY, 0);
	ck_assert_int_ge(fd, 0);
	unit_assert_result(unit_call2(__NR_fchmod, fd, 0640), 0);
	ck_assert_uint_le(COST_ONCE(__NR_fchmod, fd, 0640, 0, 0), 3);
	fj_sys_close(fd);
}
END_TEST

static fj_gate_fn gate_below;

static long gate_of_old_kernel(long nr, long a, long b, long c, long d, long e, long f)
{
	return nr == __NR_statx && !b ? -EFAULT : gate_below(nr, a, b, c, d, e, f);
}

/* Before Linux 6.11 a look at a descriptor needs an empty path. The jail finds that out once. */
START_TEST(costs_without_null_path)
{
	struct stat st;
	long fd;

	tree_file("jail/file", "");
	unit_assert_result(unit_call3(__NR_chown, "/file", 1, 1), 0);
	fd = unit_call4(__NR_openat, AT_FDCWD, "/file", O_RDONLY, 0);
	ck_assert_int_ge(fd, 0);
	gate_below = fj_gate;
	fj_gate = gate_of_old_kernel;
	ck_assert_uint_eq(COST_ONCE(__NR_fstat, fd, &st, 0, 0), 2);
	ck_assert_uint_eq(st.st_uid, 1);
	ck_assert_uint_eq(COST_ONCE(__NR_fstat, fd, &st, 0, 0), 1);
	fj_gate = gate_below;
	fj_sys_close((int)fd);
}
END_TEST

static void never_called(int sig)
{
	(void)sig;
}

static unsigned masks_set;

static long gate_that_counts_masks(long nr, long a, long b, long c, long d, long e, long f)
{
	masks_set += nr == __NR_rt_sigprocmask && a == SIG_SETMASK;
	return gate_below(nr, a, b, c, d, e, f);
}

/* How often a chown(2) that changes a record sets the mask of signals. */
static unsigned masks_of_chown(const char *path, uint64_t uid)
{
	long r;

	gate_below = fj_gate;
	fj_gate = gate_that_counts_masks;
	masks_set = 0;
	r = unit_call3(__NR_chown, path, uid, 1);
	fj_gate = gate_below;
	unit_assert_result(r, 0);
	return masks_set;
}

/* A change of a record takes its lock. Signals are blocked meanwhile if a handler may come and want it: not in a
 * process that has no handler and no second thread. */
START_TEST(costs_of_records)
{
	const uint64_t handler[4] = {(uint64_t)never_called}, none[4] = {0};

	tree_file("jail/file", "");
	unit_assert_result(unit_call3(__NR_chown, "/file", 1, 1), 0);
	unit_assert_result(unit_call2(__NR_chmod, "/file", 0600), 0);
	/* The file is opened, looked at, changed and closed; and the process id. */
	ck_assert_uint_le(COST_ONCE(__NR_chmod, "/file", 0640, 0, 0), 5);
	ck_assert_uint_eq(masks_of_chown("/file", 2), 2); /* nobody has said that there is none */
	fj_lock_lacks_handlers = 1;
	ck_assert_uint_eq(masks_of_chown("/file", 1), 0);
	fj_thread_company = 1;
	ck_assert_uint_eq(masks_of_chown("/file", 2), 2);
	fj_thread_company = 0;
	ck_assert_uint_eq(masks_of_chown("/file", 1), 0);
	for (int sig = SIGBUS; sig <= SIGUSR2; sig++) { /* and SIGKILL, SIGUSR1, SIGSEGV */
		fj_lock_lacks_handlers = 1;
		if (unit_call5(__NR_rt_sigaction, sig, handler, 0, 8, 0))
			continue;
		ck_assert_uint_eq(masks_of_chown("/file", 3 + (uint64_t)sig), 2);
		unit_assert_result(unit_call5(__NR_rt_sigaction, sig, none, 0, 8, 0), 0);
		ck_assert_uint_eq(masks_of_chown("/file", 1), 2);
	}
	fj_lock_lacks_handlers = 0;
}
END_TEST

/* One call passes over all directories up to the first `..`, or before a slash at the end. For a
 * user other than root, it passes over those that he has passed before. Compilers search files in
 * this way, and do not find most of them. */
START_TEST(costs_of_long_ways)
{
	struct stat st;

	tree_dir("jail/a");
	tree_dir("jail/a/b");
	tree_dir("jail/a/b/c");
	tree_dir("jail/a/b/c/d");
	tree_file("jail/a/b/file", "");
	/* Opens c, its parent b, and the file. */
	ck_assert_uint_le(COST(__NR_newfstatat, AT_FDCWD, "/a/b/c/../file", &st, 0), 6);
	/* Opens c, and asks whether d is a symlink. */
	ck_assert_uint_le(COST(__NR_newfstatat, AT_FDCWD, "/a/b/c/d/", &st, 0), 4);
	unit_assert_result(unit_call3(__NR_setresuid, 1000, 1000, 1000), 0);
	unit_call4(__NR_newfstatat, AT_FDCWD, "/a/b/c/none/file", &st, 0);
	unit_assert_result(
		COST_OF_NOTHING(__NR_newfstatat, AT_FDCWD, "/a/b/c/none/file", &st, 0), 1);
	/* One call for the permission check, and the call itself. */
	unit_assert_result(
		COST_OF_NOTHING(__NR_openat, AT_FDCWD, "/a/b/c/none/file", O_RDONLY, 0), 2);
}
END_TEST

/* Makes lookups in the root of a jail inside a jail. That root shows the outer jail's /proc, too.
 * `outer`: the position of the tree in the outer jail. */
static void look_in_nested_root(const char *outer)
{
	char root[512], point[520];
	struct stat st;

	snprintf(root, sizeof(root), "%s/r", outer);
	snprintf(point, sizeof(point), "%s/proc", root);
	tree_dir("jail/r");
	tree_dir("jail/r/proc");
	tree_dir("jail/r/mnt");
	tree_file("jail/r/file", "");
	unit_assert_result(unit_call1(__NR_chroot, root), 0);
	unit_assert_result(unit_mount("/proc", point, FJ_MOUNT_WITH_SUBMOUNTS), 0);
	ck_assert_uint_eq(COST(__NR_newfstatat, AT_FDCWD, "/file", &st, 0), 1);
	ck_assert_uint_eq(fj_mount_flags()->dirs_share_device, 0);
	/* A file of the jail's own tree is treated in the same way wherever a mount shows it. This
	 * is not known if the root is the whole host. */
	snprintf(point, sizeof(point), "%s/mnt", root);
	unit_assert_result(unit_mount(tree_path("jail/r/proc"), point, 0), 0);
	ck_assert_uint_eq(fj_mount_flags()->dirs_share_device, !fj_jail_paths()->root[0]);
	/* On one device, but not in the jail's own tree: the engine must ask which way leads
	 * there. */
	tree_dir("other");
	unit_assert_result(unit_mount(tree_path("other"), point, 0), 0);
	ck_assert_uint_eq(fj_mount_flags()->dirs_share_device, 1);
	ck_assert_uint_gt(COST(__NR_newfstatat, AT_FDCWD, "/file", &st, 0), 1);
}

static long gate_that_looks_at_no_path(long nr, long a, long b, long c, long d, long e, long f)
{
	return nr == __NR_newfstatat ? -EIO : gate_below(nr, a, b, c, d, e, f);
}

/* What a descriptor is, is asked by the descriptor alone. And whether a name is there is asked by readlink(2), which takes
 * the kernel less time than newfstatat(2). */
START_TEST(costs_of_quick_looks)
{
	const uint64_t empty = (uint64_t) "";
	struct stat st = {0};
	long fd;

	tree_dir("jail/a");
	tree_file("jail/a/file", "");
	tree_link("jail/a/nowhere", "none");
	ck_assert_uint_eq(COST(__NR_faccessat, AT_FDCWD, "/a/file", 0, 0), 1);
	fd = unit_call4(__NR_openat, AT_FDCWD, "/a/file", O_RDONLY, 0);
	ck_assert_int_ge(fd, 0);
	gate_below = fj_gate;
	fj_gate = gate_that_looks_at_no_path;
	ck_assert_uint_eq(COST(__NR_newfstatat, fd, empty, &st, AT_EMPTY_PATH), 1);
	ck_assert_uint_eq(st.st_mode & 0170000, 0100000);
	ck_assert_uint_eq(COST_ONCE(__NR_faccessat, AT_FDCWD, "/a/file", 0, 0), 1);
	ck_assert_int_eq(COST_OF_NOTHING(__NR_faccessat, AT_FDCWD, "/a/none", 0, 0), 1);
	fj_gate = gate_below;
	ck_assert_int_ge(COST_OF_NOTHING(__NR_faccessat, AT_FDCWD, "/a/nowhere", 0, 0), 1);
	fj_sys_close((int)fd);
}
END_TEST

START_TEST(costs_in_nested_root)
{
	tree_dir("jail/proc");
	unit_assert_result(unit_mount("/proc", "/proc", FJ_MOUNT_WITH_SUBMOUNTS), 0);
	look_in_nested_root("");
}
END_TEST

START_TEST(costs_in_nested_root_of_host)
{
	static char outer[512];

	snprintf(outer, sizeof(outer), "%s", tree_path("jail"));
	unit_jail_on("/");
	fj_jail_paths()->root[0] = 0; /* as make_jail.c has it */
	look_in_nested_root(outer);
}
END_TEST

Suite *unit_suite_cost(void)
{
	Suite *s = suite_create("cost");
	TCase *c = tcase_create("cases");

	tcase_add_checked_fixture(c, unit_jail_setup, unit_jail_teardown);
	tcase_add_test(c, costs);
	tcase_add_test(c, costs_of_links);
	tcase_add_test(c, costs_of_held_directories);
	tcase_add_test(c, costs_without_null_path);
	tcase_add_test(c, costs_of_records);
	tcase_add_test(c, costs_of_long_ways);
	tcase_add_test(c, costs_of_quick_looks);
	tcase_add_test(c, costs_in_nested_root);
	tcase_add_test(c, costs_in_nested_root_of_host);
	suite_add_tcase(s, c);
	return s;
}
