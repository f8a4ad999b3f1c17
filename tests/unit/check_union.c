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
#include "union/union.h"

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
			      !memcmp(&sx.stx_atime, &was->stx_atime, 12),
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

Suite *unit_suite_union(void)
{
	Suite *suite = suite_create("union");
	TCase *tc = tcase_create("union");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, every_kind_of_file);
	tcase_add_test(tc, whiteouts);
	tcase_add_test(tc, pretended_whiteouts);
	tcase_add_test(tc, opaque_directories);
	suite_add_tcase(suite, tc);
	return suite;
}
