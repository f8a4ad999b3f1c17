/* SPDX-FileCopyrightText: The fakejail authors SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * union_tree.c - makes two layers in a jail's own tree, and random files: see union_tree.h.
 *
 * Here the lower layer is a part of the jail's own tree: so calls of the jail can set the owners
 * and modes of its files. The copy is compared by calls of the jail, too, as a program sees it.
 * Called by check_union*.c and check_cost_union.c. */
#include "syscall/dirent.h"
#include "syscall/fcntl.h"
#include "syscall/stat.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_io.h"
#include "union_tree.h"
#include "bytes/equal.h"
#include "sys/scratch_mark.h"

#include "mount-table/mount_flags.h"
#include "union/change.h"
#include "union/union.h"
#include "sys/abi.h"

#include <asm/unistd.h>
#include <stdio.h>
#include <string.h>

#include <linux/xattr.h>

int union_lower, union_upper, union_work;
struct fj_call union_call;

int union_open(const char *name)
{
	const long fd =
		fj_sys_openat(AT_FDCWD, tree_path(name), O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);

	ck_assert_msg(fd >= 0, "%s: %s", name, unit_result(fd));
	return (int)fd;
}

void union_setup(void)
{
	unit_jail_setup();
	tree_dir("jail/lower");
	tree_dir("jail/upper");
	tree_dir("jail/work");
	union_lower = union_open("jail/lower");
	union_upper = union_open("jail/upper");
	union_work = union_open("jail/work");
	union_call = (struct fj_call){.thread = unit_thread};
}

static void make_tree(const char *dir)
{
	char name[64];

	strcpy(name, dir);
	tree_dir(name);
	tree_dir(strcat(strcpy(name, dir), "/d"));
	tree_dir(strcat(strcpy(name, dir), "/d/in"));
	tree_file(strcat(strcpy(name, dir), "/d/file"), "text");
	tree_file(strcat(strcpy(name, dir), "/d/in/file"), "text");
}

void union_mounted_setup(void)
{
	unit_jail_setup();
	fj_union_start();
	make_tree("jail/plain");
	make_tree("jail/lower");
	tree_dir("jail/upper");
	tree_dir("jail/work");
	tree_dir("jail/m");
	unit_assert_result(unit_call5(__NR_mount, "overlay", "/m", "overlay", 0,
				   "lowerdir=/lower,upperdir=/upper,workdir=/work"),
		0);
	fj_mount_flags()->has_aliases = 0;
}

fj_gate_fn union_gate;

long union_no_devices(long nr, long a0, long a1, long a2, long a3, long a4, long a5)
{
	return nr == __NR_mknodat && ((uint32_t)a2 & FJ_S_IFMT) == FJ_S_IFCHR ?
		       -EPERM :
		       union_gate(nr, a0, a1, a2, a3, a4, a5);
}

void union_teardown(void)
{
	fj_sys_close(union_lower);
	fj_sys_close(union_upper);
	fj_sys_close(union_work);
	unit_jail_teardown();
}

long union_copy_up(const char *name)
{
	const uint32_t mark = fj_scratch_mark(unit_thread);
	const long r = fj_union_copy_up(
		&union_call, union_lower, name, union_upper, name, union_work, true);

	ck_assert_uint_eq(fj_scratch_mark(unit_thread), mark);
	return r;
}

void union_look(int dirfd, const char *name, struct statx *sx, struct fj_file *file)
{
	unit_assert_result(
		fj_file_statx(&union_call, dirfd, name, AT_SYMLINK_NOFOLLOW, 0, sx, file), 0);
}

int union_count(int dirfd)
{
	char list[4096];
	int names = 0;
	long n;

	fj_sys_lseek(dirfd, 0, 0);
	while ((n = fj_sys_getdents64(dirfd, list, sizeof(list))) > 0)
		for (long at = 0; at < n; at += *(uint16_t *)(list + at + 16))
			names++;
	return names - 2;
}

unsigned union_listed(long fd)
{
	static char list[32768];
	unsigned count = 0;
	long n;

	while ((n = unit_call3(__NR_getdents64, fd, list, sizeof(list))) > 0)
		for (long at = 0; at < n; at += *(uint16_t *)(list + at + 16))
			count++;
	unit_assert_result(n, 0);
	return count;
}

char *union_path(int dirfd, const char *name)
{
	static char path[4][TREE_PATH];
	static unsigned turn;
	char *p = path[turn++ % 4];

	snprintf(p, TREE_PATH, "/%s/%s",
		dirfd == union_lower ? "lower" :
		dirfd == union_upper ? "upper" :
				       "work",
		name);
	return p;
}

/* Writes all attributes that a program sees, except those of the room union, to `text`. Returns
 * their number. */
static int attributes(int dirfd, const char *name, char text[4096])
{
	char list[2048], value[1024];
	const long len = unit_call3(__NR_llistxattr, union_path(dirfd, name), list, sizeof(list));
	int n = 0;

	ck_assert_msg(len >= 0, "%s: %s", name, unit_result(len));
	text[0] = 0;
	for (const char *p = list; p < list + len; p += strlen(p) + 1) {
		long size;

		if (fj_begins(p, FJ_UNION_PREFIX))
			continue;
		size = unit_call4(__NR_lgetxattr, union_path(dirfd, name), p, value, sizeof(value));
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
	const long a = fj_sys_openat(union_lower, name, O_RDONLY | O_NOATIME, 0),
		   b = fj_sys_openat(union_upper, name, O_RDONLY | O_NOATIME, 0);
	static char x[65536], y[65536];
	long n = 0, m = 0;
	struct stat st, copy;

	fj_sys_fstat(a, &st);
	fj_sys_fstat(b, &copy);
	ck_assert_int_eq(st.st_size, copy.st_size);
	/* Holes were not filled with zeros. The copy may use a few blocks more. */
	ck_assert_int_le(copy.st_blocks, st.st_blocks + 64);
	do {
		n = fj_sys_read(a, x, sizeof(x));
		m = fj_sys_read(b, y, sizeof(y));
		ck_assert_int_eq(n, m);
		ck_assert(n <= 0 || !memcmp(x, y, (size_t)n));
	} while (n > 0);
	fj_sys_close((int)a);
	fj_sys_close((int)b);
}

void union_compare(const char *name, const struct statx *was, const struct fj_file *file)
{
	char text[4096], copy_text[4096];
	struct fj_union_origin origin = {0};
	struct statx sx;
	struct fj_file copy;

	union_look(union_lower, name, &sx, &copy);
	ck_assert_msg(!memcmp(&sx.stx_mtime, &was->stx_mtime, 12) &&
			      !memcmp(&sx.stx_ctime, &was->stx_ctime, 12) &&
			      ((was->stx_mode & FJ_S_IFMT) == FJ_S_IFLNK || /* readlink(2) */
				      !memcmp(&sx.stx_atime, &was->stx_atime, 12)),
		"%s: the lower file's times have changed", name);
	attributes(union_lower, name, text);
	union_look(union_upper, name, &sx, &copy);
	ck_assert_int_eq(sx.stx_mode, was->stx_mode);
	ck_assert_uint_eq(sx.stx_uid, was->stx_uid);
	ck_assert_uint_eq(sx.stx_gid, was->stx_gid);
	ck_assert_uint_eq(sx.stx_rdev_major, was->stx_rdev_major);
	ck_assert_uint_eq(sx.stx_rdev_minor, was->stx_rdev_minor);
	ck_assert_msg(!memcmp(&sx.stx_mtime, &was->stx_mtime, 12) &&
			      ((was->stx_mode & FJ_S_IFMT) == FJ_S_IFLNK ||
				      !memcmp(&sx.stx_atime, &was->stx_atime, 12)),
		"%s: the copy has other times", name);
	attributes(union_upper, name, copy_text);
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

/* Writes blocks of data at random places of a file of up to 4 MiB. */
static void fill(const char *name)
{
	const long fd = fj_sys_openat(union_lower, name, O_WRONLY, 0);
	char block[5000];

	memset(block, (int)unit_random(255) + 1, sizeof(block));
	for (unsigned i = unit_random(6); i; i--)
		fj_sys_pwrite64(fd, block, unit_random(sizeof(block)) + 1, unit_random(4 << 20));
	if (!unit_random(3))
		fj_sys_ftruncate(fd, unit_random(5 << 20));
	fj_sys_close((int)fd);
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

uint32_t union_make_random(const char *name)
{
	const uint32_t type = types[unit_random(sizeof(types) / sizeof(types[0]))];
	const char *path = union_path(union_lower, name);
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
