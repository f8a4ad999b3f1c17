/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * check_union.c - copying up, whiteouts and opaque directories (union/): every type of file with
 * random owners, modes, attributes, times and holes; makers that are killed; full disks; signals.
 *
 * The lower layer is a part of the jail's own tree here, so that its files can be given what they
 * have by calls of the jail. Whether the copy is one is asked through the engine, as a program
 * would. */
#include "unit.h"

#include "inode/owned.h"
#include "inode/roots.h"
#include "union/union.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/xattr.h>

static int lower, upper, work;
static struct fj_call call;

static int open_dir(const char *name)
{
	const long fd = fj_sys4(
		__NR_openat, AT_FDCWD, tree_path(name), O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);

	ck_assert_msg(!fj_is_err(fd), "%s: %s", name, unit_result(fd));
	return (int)fd;
}

static void setup(void)
{
	unit_jail_setup();
	tree_dir("jail/lower");
	tree_dir("jail/upper");
	tree_dir("jail/work");
	lower = open_dir("jail/lower");
	upper = open_dir("jail/upper");
	work = open_dir("jail/work");
	call = (struct fj_call){.thread = unit_thread};
}

static void teardown(void)
{
	fj_close(lower);
	fj_close(upper);
	fj_close(work);
	unit_jail_teardown();
}

static long copy_up(const char *name)
{
	const uint32_t mark = fj_scratch_mark(unit_thread);
	const long r = fj_union_copy_up(&call, lower, name, upper, name, work, true);

	ck_assert_uint_eq(fj_scratch_mark(unit_thread), mark);
	return r;
}

static void look(int dirfd, const char *name, struct statx *sx, struct fj_file *file)
{
	unit_assert_result(fj_file_statx(&call, dirfd, name, AT_SYMLINK_NOFOLLOW, 0, sx, file), 0);
}

/* How many names are in it. */
static int count(int dirfd)
{
	char list[4096];
	int names = 0;
	long n;

	fj_sys3(__NR_lseek, dirfd, 0, 0);
	while ((n = fj_sys3(__NR_getdents64, dirfd, list, sizeof(list))) > 0)
		for (long at = 0; at < n; at += *(uint16_t *)(list + at + 16))
			names++;
	return names - 2;
}

static char *jail_path(int dirfd, const char *name)
{
	static char path[4][TREE_PATH];
	static unsigned turn;
	char *p = path[turn++ % 4];

	snprintf(p, TREE_PATH, "/%s/%s",
		dirfd == lower ? "lower" :
		dirfd == upper ? "upper" :
				 "work",
		name);
	return p;
}

/* All attributes as a program sees them, but those of the room; their number. */
static int attributes(int dirfd, const char *name, char text[4096])
{
	char list[2048], value[1024];
	const long len = unit_call3(__NR_llistxattr, jail_path(dirfd, name), list, sizeof(list));
	int n = 0;

	ck_assert_msg(len >= 0, "%s: %s", name, unit_result(len));
	text[0] = 0;
	for (const char *p = list; p < list + len; p += strlen(p) + 1) {
		long size;

		if (fj_begins(p, FJ_UNION_PREFIX))
			continue;
		size = unit_call4(__NR_lgetxattr, jail_path(dirfd, name), p, value, sizeof(value));
		ck_assert_msg(size >= 0, "%s: %s", p, unit_result(size));
		snprintf(text + strlen(text), 4096 - strlen(text), "%s=", p);
		for (long i = 0; i < size; i++)
			snprintf(text + strlen(text), 4096 - strlen(text), "%02x",
				(unsigned char)value[i]);
		n++;
	}
	return n;
}

static void compare_data(const char *name)
{
	const long a = fj_sys4(__NR_openat, lower, name, O_RDONLY | O_NOATIME, 0),
		   b = fj_sys4(__NR_openat, upper, name, O_RDONLY | O_NOATIME, 0);
	static char x[65536], y[65536];
	long n = 0, m = 0;
	struct stat st, copy;

	fj_sys2(__NR_fstat, a, &st);
	fj_sys2(__NR_fstat, b, &copy);
	ck_assert_int_eq(st.st_size, copy.st_size);
	/* No holes were filled: as much as a few blocks more may be used for what was moved. */
	ck_assert_int_le(copy.st_blocks, st.st_blocks + 64);
	do {
		n = fj_sys3(__NR_read, a, x, sizeof(x));
		m = fj_sys3(__NR_read, b, y, sizeof(y));
		ck_assert_int_eq(n, m);
		ck_assert(n <= 0 || !memcmp(x, y, (size_t)n));
	} while (n > 0);
	fj_close((int)a);
	fj_close((int)b);
}

/* The copy shows what the lower file shows, and that shows what it did. */
static void compare(const char *name, const struct statx *was, const struct fj_file *file)
{
	char text[4096], copy_text[4096];
	struct fj_union_origin origin = {0};
	struct statx sx;
	struct fj_file copy;

	look(lower, name, &sx, &copy);
	ck_assert_msg(!memcmp(&sx.stx_mtime, &was->stx_mtime, 12) &&
			      !memcmp(&sx.stx_ctime, &was->stx_ctime, 12) &&
			      ((was->stx_mode & FJ_S_IFMT) == FJ_S_IFLNK || /* readlink(2) */
				      !memcmp(&sx.stx_atime, &was->stx_atime, 12)),
		"%s: the lower file's times have changed", name);
	attributes(lower, name, text);
	look(upper, name, &sx, &copy);
	ck_assert_int_eq(sx.stx_mode, was->stx_mode);
	ck_assert_uint_eq(sx.stx_uid, was->stx_uid);
	ck_assert_uint_eq(sx.stx_gid, was->stx_gid);
	ck_assert_uint_eq(sx.stx_rdev_major, was->stx_rdev_major);
	ck_assert_uint_eq(sx.stx_rdev_minor, was->stx_rdev_minor);
	ck_assert_msg(!memcmp(&sx.stx_mtime, &was->stx_mtime, 12) &&
			      ((was->stx_mode & FJ_S_IFMT) == FJ_S_IFLNK ||
				      !memcmp(&sx.stx_atime, &was->stx_atime, 12)),
		"%s: the copy has other times", name);
	attributes(upper, name, copy_text);
	ck_assert_str_eq(text, copy_text);
	if ((was->stx_mode & FJ_S_IFMT) == FJ_S_IFREG)
		compare_data(name);
	ck_assert_int_eq(fj_union_origin(&copy.owner, copy.dev, &origin),
		(was->stx_mode & FJ_S_IFMT) == FJ_S_IFDIR || was->stx_nlink == 1);
	if (origin.ino) {
		ck_assert_uint_eq(origin.ino, was->stx_ino);
		ck_assert_uint_eq(origin.dev, file->dev);
	}
}

static const uint32_t types[] = {
	FJ_S_IFREG, FJ_S_IFDIR, FJ_S_IFLNK, FJ_S_IFIFO, FJ_S_IFSOCK, FJ_S_IFCHR, FJ_S_IFBLK};

/* Blocks of data here and there, of up to 4 MiB. */
static void fill(const char *name)
{
	const long fd = fj_sys4(__NR_openat, lower, name, O_WRONLY, 0);
	char block[5000];

	memset(block, (int)unit_random(255) + 1, sizeof(block));
	for (unsigned i = unit_random(6); i; i--)
		fj_sys4(__NR_pwrite64, fd, block, unit_random(sizeof(block)) + 1,
			unit_random(4 << 20));
	if (!unit_random(3))
		fj_sys2(__NR_ftruncate, fd, unit_random(5 << 20));
	fj_close((int)fd);
}

static void give_attributes(const char *path, uint32_t type)
{
	/* struct posix_acl_xattr_header and entries: user::rwx user:7:r-- group::r-x mask::rwx
	 * other::--- */
	static const struct {
		uint32_t version;
		struct {
			uint16_t tag, perm;
			uint32_t id;
		} entry[5];
	} acl = {2, {{1, 7, ~0u}, {2, 4, 7}, {4, 5, ~0u}, {16, 7, ~0u}, {32, 0, ~0u}}};
	static const char capability[20] = {1, 0, 0, 2, 1};

	if (unit_random(2))
		unit_call5(__NR_lsetxattr, path, "trusted.one", "value", unit_random(6), 0);
	if (unit_random(2))
		unit_call5(__NR_lsetxattr, path, "security.two", "", 0, 0);
	if ((type == FJ_S_IFREG || type == FJ_S_IFDIR) && unit_random(2))
		unit_call5(__NR_lsetxattr, path, "user.three", "other value", 11, 0);
	if (type == FJ_S_IFREG && unit_random(2))
		unit_assert_result(unit_call5(__NR_lsetxattr, path, "security.capability",
					   capability, sizeof(capability), 0),
			0);
	if (type != FJ_S_IFLNK && unit_random(2))
		unit_assert_result(unit_call5(__NR_setxattr, path, "system.posix_acl_access", &acl,
					   sizeof(acl), 0),
			0);
	if (type == FJ_S_IFDIR && unit_random(2))
		unit_assert_result(unit_call5(__NR_setxattr, path, "system.posix_acl_default", &acl,
					   sizeof(acl), 0),
			0);
}

static uint32_t make_random(const char *name)
{
	const uint32_t type = types[unit_random(sizeof(types) / sizeof(types[0]))];
	const char *path = jail_path(lower, name);
	const int64_t times[4] = {unit_random(1000000000), unit_random(1000000000),
		unit_random(1000000000), unit_random(1000000000)};
	long r;

	if (type == FJ_S_IFDIR)
		r = unit_call2(__NR_mkdir, path, 0755);
	else if (type == FJ_S_IFLNK)
		r = unit_call2(__NR_symlink, "some/where", path);
	else
		r = unit_call3(__NR_mknod, path, type | 0644, 1 << 8 | unit_random(9) | 1);
	unit_assert_result(r, 0);
	if (type == FJ_S_IFREG)
		fill(name);
	if (unit_random(2))
		unit_assert_result(
			unit_call3(__NR_lchown, path, unit_random(9), unit_random(9)), 0);
	if (type != FJ_S_IFLNK && unit_random(2))
		unit_assert_result(unit_call2(__NR_chmod, path, unit_random(010000)), 0);
	give_attributes(path, type);
	unit_assert_result(
		unit_call4(__NR_utimensat, AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW), 0);
	return type;
}

START_TEST(every_kind_of_file)
{
	struct statx sx;
	struct fj_file file;

	unit_seed(0);
	for (int i = 0; i < 400; i++) {
		char name[16], beside[TREE_PATH];
		struct stat before, after;

		snprintf(name, sizeof(name), "f%d", i);
		if (make_random(name) != FJ_S_IFDIR && !unit_random(4)) {
			snprintf(beside, sizeof(beside), "%s", jail_path(lower, "link"));
			strcat(beside, name);
			unit_assert_result(
				unit_call2(__NR_link, jail_path(lower, name), beside), 0);
		}
		look(lower, name, &sx, &file);
		fj_sys2(__NR_fstat, upper, &before);
		unit_assert_result(
			i % 3 ? copy_up(name) :
				fj_union_copy_up(&call, lower, name, upper, name, -1, true),
			0);
		fj_sys2(__NR_fstat, upper, &after);
		ck_assert_msg(before.st_mtime == after.st_mtime &&
				      before.st_mtime_nsec == after.st_mtime_nsec,
			"the directory shows a change");
		compare(name, &sx, &file);
		unit_assert_result(copy_up(name), -EEXIST);
		compare(name, &sx, &file);
	}
	ck_assert_int_eq(count(work), 0);
	ck_assert_int_eq(count(upper), 400);
}
END_TEST

START_TEST(whiteouts)
{
	struct stat st;

	unit_seed(1);
	for (int i = 0; i < 200; i++) {
		char name[16];

		snprintf(name, sizeof(name), "f%d", i);
		if (i % 4) {
			make_random(name);
			unit_assert_result(copy_up(name), 0);
		}
		ck_assert(!fj_union_is_whiteout(unit_thread, upper, name, NULL));
		unit_assert_result(fj_union_whiteout(&call, upper, name, i % 5 ? work : -1), 0);
		ck_assert(fj_union_is_whiteout(unit_thread, upper, name, NULL));
		ck_assert_int_eq(
			fj_sys4(__NR_newfstatat, upper, name, &st, AT_SYMLINK_NOFOLLOW), 0);
		ck_assert(fj_union_is_whiteout(unit_thread, upper, name, &st));
	}
	ck_assert_int_eq(count(work), 0);
	ck_assert_int_eq(count(upper), 200);
	/* Of a directory with whiteouts in it. */
	unit_assert_result(unit_call2(__NR_mkdir, "/upper/dir", 0755), 0);
	unit_assert_result(fj_union_whiteout(&call, upper, "dir/a", work), 0);
	unit_assert_result(fj_union_whiteout(&call, upper, "dir/b", -1), 0);
	ck_assert(fj_union_is_whiteout(unit_thread, upper, "dir/a", NULL));
	unit_assert_result(fj_union_whiteout(&call, upper, "dir", work), 0);
	ck_assert(fj_union_is_whiteout(unit_thread, upper, "dir", NULL));
	ck_assert_int_eq(count(work), 0);
	/* What the jail itself makes is one, and what it is not, is none. */
	unit_assert_result(unit_call3(__NR_mknod, "/upper/made", FJ_S_IFCHR | 0644, 0), 0);
	ck_assert(fj_union_is_whiteout(unit_thread, upper, "made", NULL));
	unit_assert_result(unit_call3(__NR_mknod, "/upper/block", FJ_S_IFBLK | 0644, 0), 0);
	ck_assert(!fj_union_is_whiteout(unit_thread, upper, "block", NULL));
	ck_assert(!fj_union_is_whiteout(unit_thread, upper, "nothing", NULL));
}
END_TEST

/* A kernel or a file system where nobody may make a device. */
static fj_gate_fn gate;

static long no_devices(long nr, long a0, long a1, long a2, long a3, long a4, long a5)
{
	return nr == __NR_mknodat && ((uint32_t)a2 & FJ_S_IFMT) == FJ_S_IFCHR ?
		       -EPERM :
		       gate(nr, a0, a1, a2, a3, a4, a5);
}

START_TEST(pretended_whiteouts)
{
	gate = fj_gate;
	fj_gate = no_devices;
	unit_assert_result(fj_union_whiteout(&call, upper, "new", work), 0);
	ck_assert(fj_union_is_whiteout(unit_thread, upper, "new", NULL));
	unit_assert_result(unit_call2(__NR_mkdir, "/upper/dir", 0755), 0);
	unit_assert_result(fj_union_whiteout(&call, upper, "dir/a", work), 0);
	unit_assert_result(fj_union_whiteout(&call, upper, "dir", work), 0);
	ck_assert(fj_union_is_whiteout(unit_thread, upper, "dir", NULL));
	tree_file("jail/upper/empty", "");
	ck_assert(!fj_union_is_whiteout(unit_thread, upper, "empty", NULL));
	fj_gate = gate;
	ck_assert_int_eq(count(work), 0);
}
END_TEST

START_TEST(opaque_directories)
{
	int dir, copy;

	unit_assert_result(unit_call2(__NR_mkdir, "/lower/dir", 0755), 0);
	dir = open_dir("jail/lower/dir");
	ck_assert(!fj_union_is_opaque(unit_thread, dir));
	unit_assert_result(fj_union_set_opaque(&call, dir), 0);
	ck_assert(fj_union_is_opaque(unit_thread, dir));
	/* It says so of what is below it, and its copy says nothing. */
	unit_assert_result(copy_up("dir"), 0);
	copy = open_dir("jail/upper/dir");
	ck_assert(!fj_union_is_opaque(unit_thread, copy));
	unit_assert_result(
		unit_call5(__NR_setxattr, "/upper/dir", "user.overlay.opaque", "y", 1, 0), 0);
	ck_assert(fj_union_is_opaque(unit_thread, copy));
	fj_close(dir);
	fj_close(copy);
}
END_TEST

/* -- what the kernel, the file system or the disk refuses -- */

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
		make_random(name);
		look(lower, name, &sx, &file);
		fj_gate = refuse;
		unit_assert_result(copy_up(name), 0);
		unit_assert_result(copy_up(name), -EEXIST);
		fj_gate = gate;
		if (is_refused(SEEKS)) /* holes are filled then */
			fj_sys3(__NR_unlinkat, lower, name,
				(sx.stx_mode & FJ_S_IFMT) == FJ_S_IFDIR ? AT_REMOVEDIR : 0);
		else
			compare(name, &sx, &file);
	}
	ck_assert_int_eq(count(work), 0);
}
END_TEST

/* One call of `fails_at` fails, counted from when it is set. */
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

/* Each call in turn fails, for each type: either it is of no importance, or nothing has changed. */
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
		make_random(name);
		look(lower, name, &sx, &file);
		for (fails_at = 1;; fails_at++) {
			struct stat st;
			bool was_made;

			made_calls = 0;
			fj_gate = fail_once;
			r = copy_up(name);
			fj_gate = gate;
			was_made = !fj_sys4(__NR_newfstatat, upper, name, &st, AT_SYMLINK_NOFOLLOW);
			ck_assert_msg(was_made == !r && (!r || r == failure), "call %ld fails: %s",
				fails_at, unit_result(r));
			ck_assert_int_eq(count(work), 0);
			if (made_calls < fails_at)
				break;
			if (was_made)
				fj_sys3(__NR_unlinkat, upper, name,
					(st.st_mode & FJ_S_IFMT) == FJ_S_IFDIR ? AT_REMOVEDIR : 0);
		}
		compare(name, &sx, &file);
	}
}
END_TEST

/* -- makers that are killed -- */

static long dies_at;

static long die_once(long nr, long a0, long a1, long a2, long a3, long a4, long a5)
{
	if (++made_calls == dies_at)
		gate(__NR_kill, gate(__NR_getpid, 0, 0, 0, 0, 0, 0), 9, 0, 0, 0, 0);
	return gate(nr, a0, a1, a2, a3, a4, a5);
}

/* In a child, which dies before its call `dies_at`. Its wait status. */
static int in_child(long (*work_of)(const char *name), const char *name)
{
	const long pid = fj_sys0(__NR_fork);
	int status = -1;

	if (!pid) {
		unit_thread_setup();
		call = (struct fj_call){.thread = unit_thread};
		made_calls = 0;
		fj_gate = die_once;
		fj_sys1(__NR_exit_group, work_of(name) ? 1 : 0);
	}
	while (fj_sys4(__NR_wait4, pid, &status, 0, 0) == -EINTR)
		;
	return status;
}

static long whiteout(const char *name)
{
	return fj_union_whiteout(&call, upper, name, work);
}

/* Before each call in turn, for each type. */
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
		make_random(name);
		look(lower, name, &sx, &file);
		for (dies_at = 1; status; dies_at++) {
			status = in_child(copy_up, name);
			ck_assert_msg(!status || (status & 127) == 9, "status %x", status);
			fj_union_clean(&call, work);
			ck_assert_int_eq(count(work), 0);
			if (fj_sys4(__NR_newfstatat, upper, name, &st, AT_SYMLINK_NOFOLLOW)) {
				ck_assert(status != 0);
				continue;
			}
			/* (Its directory may have kept the time of that.) */
			compare(name, &sx, &file);
			break;
		}
		for (status = -1, dies_at = 1; status; dies_at++) {
			status = in_child(whiteout, name);
			fj_union_clean(&call, work);
			ck_assert_int_eq(count(work), 0);
			if (fj_union_is_whiteout(unit_thread, upper, name, NULL))
				break;
			compare(name, &sx, &file);
		}
	}
}
END_TEST

/* At any moment, while others copy the same files. */
START_TEST(kill_storm)
{
	enum { FILES = 40, ROUNDS = 60 };
	static struct statx sx[FILES];
	static struct fj_file file[FILES];
	char name[16];

	unit_seed(12);
	for (int i = 0; i < FILES; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		make_random(name);
		look(lower, name, &sx[i], &file[i]);
	}
	for (int round = 0; round < ROUNDS; round++) {
		long pid[3];
		struct {
			int64_t s, ns;
		} pause = {0, unit_random(20000000)};

		for (int k = 0; k < 3; k++) {
			pid[k] = fj_sys0(__NR_fork);
			if (pid[k])
				continue;
			unit_thread_setup();
			call = (struct fj_call){.thread = unit_thread};
			for (unsigned i = unit_random(FILES) + (unsigned)k * 5;; i++) {
				snprintf(name, sizeof(name), "f%u", i % FILES);
				fj_union_copy_up(&call, lower, name, upper, name, work, true);
			}
		}
		fj_sys2(__NR_nanosleep, &pause, 0);
		for (int k = 0; k < 3; k++) {
			fj_sys2(__NR_kill, pid[k], 9);
			fj_sys4(__NR_wait4, pid[k], 0, 0, 0);
		}
		fj_union_clean(&call, work);
		ck_assert_int_eq(count(work), 0);
		for (int i = 0; i < FILES; i++) {
			struct stat st;

			snprintf(name, sizeof(name), "f%d", i);
			if (fj_sys4(__NR_newfstatat, upper, name, &st, AT_SYMLINK_NOFOLLOW))
				continue;
			compare(name, &sx[i], &file[i]);
			fj_sys3(__NR_unlinkat, upper, name,
				(st.st_mode & FJ_S_IFMT) == FJ_S_IFDIR ? AT_REMOVEDIR : 0);
		}
	}
}
END_TEST

/* -- signals, while a large file is copied -- */

#define LARGE (40u << 20)
static long parts;
static int handled;

static void handle(int signal)
{
	(void)signal;
	handled++;
}

static long signal_in_parts(long nr, long a0, long a1, long a2, long a3, long a4, long a5)
{
	/* In the midst of a part; later ones must not be needed for it to be let in. */
	if (nr == __NR_copy_file_range && ++parts == 2)
		gate(__NR_kill, gate(__NR_getpid, 0, 0, 0, 0, 0, 0), 15, 0, 0, 0, 0);
	if (nr == __NR_copy_file_range && parts > 3)
		ck_assert_int_eq(handled, 1);
	return gate(nr, a0, a1, a2, a3, a4, a5);
}

static void make_large(void)
{
	const long fd = fj_sys4(__NR_openat, lower, "large", O_CREAT | O_RDWR, 0644);
	static char block[1 << 20];

	memset(block, 7, sizeof(block));
	for (unsigned i = 0; i < LARGE / sizeof(block); i++)
		ck_assert_int_eq(
			fj_sys4(__NR_pwrite64, fd, block, sizeof(block), i * sizeof(block)),
			sizeof(block));
	fj_close((int)fd);
}

/* _i & 1: as by the trap, with all blocked; _i & 2: with a handler, else it ends the process. */
START_TEST(signals)
{
	const uint64_t all = ~0UL;
	uint64_t mask = 0;
	struct statx sx;
	struct fj_file file;
	long pid;
	int status;

	make_large();
	look(lower, "large", &sx, &file);
	gate = fj_gate;
	refused = CLONES;
	signal(15, _i & 2 ? handle : SIG_DFL);
	pid = fj_sys0(__NR_fork);
	if (!pid) {
		unit_thread_setup();
		call = (struct fj_call){.thread = unit_thread};
		if (_i & 1) {
			fj_sys4(__NR_rt_sigprocmask, 2, &all, 0, sizeof(all));
			call.mask = &mask;
		}
		fj_gate = signal_in_parts;
		ck_assert_int_eq(copy_up("large"), 0);
		fj_gate = gate;
		ck_assert_int_eq(handled, 1);
		fj_sys1(__NR_exit_group, 0);
	}
	fj_sys4(__NR_wait4, pid, &status, 0, 0);
	ck_assert_int_eq(status, _i & 2 ? 0 : 15);
	ck_assert_int_eq(count(upper), _i & 2 ? 1 : 0);
	ck_assert_int_eq(count(work), 0);
	if (_i & 2)
		compare("large", &sx, &file);
}
END_TEST

/* -- full disks -- */

START_TEST(file_size_limit)
{
	const uint64_t limit[2] = {1 << 20, ~0UL};

	make_large();
	fj_sys4(__NR_prlimit64, 0, 1 /* RLIMIT_FSIZE */, limit, 0);
	unit_assert_result(copy_up("large"), -EFBIG);
	ck_assert_int_eq(count(upper), 0);
	ck_assert_int_eq(count(work), 0);
	unit_assert_result(fj_union_copy_up(&call, lower, "large", upper, "large", work, false), 0);
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
	r = fj_sys1(__NR_unshare, 0x00020000 /* CLONE_NEWNS */);
	if (!r)
		r = fj_sys5(__NR_mount, 0, "/", 0, 1 << 18 | 1 << 14 /* MS_PRIVATE, MS_REC */, 0);
	if (!r)
		r = fj_sys5(__NR_mount, "none", path, "tmpfs", 0, "size=8m");
	if (r) {
		printf("SKIP full_disk: no tmpfs to be had: %s\n", unit_result(r));
		return;
	}
	small = open_dir("jail/small");
	unit_assert_result(
		fj_union_copy_up(&call, lower, "large", small, "large", -1, true), -ENOSPC);
	ck_assert_int_eq(count(small), 0);
	unit_assert_result(fj_union_copy_up(&call, lower, "large", small, "large", -1, false), 0);
	fj_close(small);
	ck_assert_int_eq(fj_sys2(__NR_umount2, path, 2 /* MNT_DETACH */), 0);
}
END_TEST

#define OWNERS_MAX (4u << 20)
/* The bytes of a layer's own file of records. */
static long read_owners(int layer, char *bytes)
{
	const long fd = fj_sys4(__NR_openat, layer, ".fakejail/owners", O_RDONLY, 0);
	const long n = fj_sys3(__NR_read, fd, bytes, OWNERS_MAX);

	ck_assert_int_gt(n, 4096);
	fj_close((int)fd);
	return n;
}

/* Of the jail's own. */
static long read_own(char *bytes)
{
	const long fd = fj_open_anew(FJ_FD_OWNERS(fj_jail), O_RDONLY);
	const long n = fj_sys3(__NR_read, fd, bytes, OWNERS_MAX);

	ck_assert_int_gt(n, 4096);
	fj_close((int)fd);
	return n;
}

static void make_root(int layer, const char *name)
{
	char text[64];
	long fd = fj_sys6(
		__NR_mmap, 0, sizeof(struct fj_own_roots), 3, 0x21 /* shared, anonymous */, -1, 0);

	fj_roots_start((struct fj_own_roots *)fd);
	snprintf(text, sizeof(text), "jail/%s/.fakejail", name);
	tree_dir(text);
	fd = fj_sys4(__NR_openat, layer, ".fakejail/owners", O_CREAT | O_RDWR, 0600);
	unit_assert_result(fj_own_create((int)fd), 0);
	fj_close((int)fd);
	fj_roots_see_fd(unit_thread, layer, true);
	ck_assert_uint_eq(fj_own_roots_met(), 1);
}

/* An upper layer that is a root: what is made in the work directory is recorded there, and not in
 * the jail's own file, nor twice. */
START_TEST(records_of_the_upper_layer)
{
	static char owners[4][OWNERS_MAX];
	struct fj_file file;
	struct statx sx;
	char name[16];
	long size, own;

	make_root(upper, "upper");
	fj_roots_see_work(unit_thread, work, upper);
	unit_seed(22);
	for (int i = 0; i < 60; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		make_random(name);
		look(lower, name, &sx, &file);
		own = read_own(owners[0]);
		size = read_owners(upper, owners[1]);
		unit_assert_result(copy_up(name), 0);
		compare(name, &sx, &file);
		ck_assert(read_owners(upper, owners[2]) != size ||
			  memcmp(owners[1], owners[2], (size_t)size));
		unit_assert_result(unit_call3(__NR_lchown, jail_path(upper, name), 5, 6), 0);
		look(upper, name, &sx, &file);
		ck_assert_uint_eq(sx.stx_uid, 5);
		unit_assert_result(fj_union_whiteout(&call, upper, name, work), 0);
		ck_assert_int_eq(read_own(owners[3]), own);
		ck_assert(!memcmp(owners[0], owners[3], (size_t)own));
	}
}
END_TEST

/* A lower layer that is a root has records of its own: they are read, and nobody writes them from
 * then on, also not who changes a lower file itself. */
START_TEST(records_of_the_lower_layer)
{
	enum { FILES = 100 };
	static char owners[2][OWNERS_MAX];
	static struct statx sx[FILES];
	static struct fj_file file[FILES];
	struct stat st;
	char name[16];
	long size;

	make_root(lower, "lower");
	unit_seed(21);
	size = read_owners(lower, owners[0]);
	for (int i = 0; i < FILES; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		make_random(name);
		look(lower, name, &sx[i], &file[i]);
	}
	ck_assert(read_owners(lower, owners[1]) != size ||
		  memcmp(owners[0], owners[1], (size_t)size));
	ck_assert_int_eq(fj_roots_home(unit_thread, lower, "f0"), 1);
	fj_roots_see_lower(unit_thread, lower);
	ck_assert_uint_eq(fj_own_roots_met(), 1);
	ck_assert_int_eq(fj_roots_home(unit_thread, lower, "f0"), 0);
	size = read_owners(lower, owners[0]);
	for (int i = 0; i < FILES; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		unit_assert_result(copy_up(name), 0);
		compare(name, &sx[i], &file[i]);
	}
	for (int i = 0; i < FILES; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		unit_assert_result(unit_call3(__NR_lchown, jail_path(lower, name), 77, 78), 0);
		ck_assert_int_eq(unit_call4(__NR_newfstatat, AT_FDCWD, jail_path(lower, name), &st,
					 AT_SYMLINK_NOFOLLOW),
			0);
		ck_assert_uint_eq(st.st_uid, 77);
		unit_assert_result(
			unit_call3(__NR_unlinkat, AT_FDCWD, jail_path(lower, name),
				(st.st_mode & FJ_S_IFMT) == FJ_S_IFDIR ? AT_REMOVEDIR : 0),
			0);
	}
	ck_assert_int_eq(read_owners(lower, owners[1]), size);
	ck_assert(!memcmp(owners[0], owners[1], (size_t)size));
}
END_TEST

Suite *unit_suite_union(void)
{
	Suite *suite = suite_create("union");
	TCase *tc = tcase_create("union");

	tcase_set_timeout(tc, 0); /* a slow machine is no failure */

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, every_kind_of_file);
	tcase_add_test(tc, whiteouts);
	tcase_add_test(tc, pretended_whiteouts);
	tcase_add_test(tc, opaque_directories);
	tcase_add_loop_test(tc, poor_file_systems, NOTHING, REFUSALS);
	tcase_add_loop_test(tc, failures, 0, 6);
	tcase_add_test(tc, kills);
	tcase_add_test(tc, kill_storm);
	tcase_add_loop_test(tc, signals, 0, 4);
	tcase_add_test(tc, file_size_limit);
	tcase_add_test(tc, full_disk);
	tcase_add_test(tc, records_of_the_upper_layer);
	tcase_add_test(tc, records_of_the_lower_layer);
	suite_add_tcase(suite, tc);
	return suite;
}
