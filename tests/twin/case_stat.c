/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_stat.c - tests stat, lstat, fstat, newfstatat, statx and statfs: what they follow and
 * what they tell.
 */
#include "twin.h"

CASE(stat)
{
	SPELLINGS() {
		x_put("file", "text");
		x_mkdir("dir", 01700);
		x_mknod("fifo", S_IFIFO | 0640, 0);
		x_symlink("file", "link");
		x_symlink("dir", "link-dir");
		x_symlink("/etc/absolute", "link-abs");
		static const char *const all[] = {"file", "dir", "fifo", "link", "link-dir",
			"link-abs", ".", "..", "dir/", "dir/.", "link-dir/", "link-dir/.", "file/",
			"missing", "missing/", "dir/missing"};
		for (size_t i = 0; i < COUNT(all); i++) {
			x_say_stat(all[i]);
			x_say_lstat(all[i]);
		}
	}
}

CASE(stat_times_and_blocks)
{
	struct stat st;
	struct timespec when[2] = {{1000000000, 123456789}, {1234567890, 987654321}};

	SPELLINGS() {
		x_put("f", "x");
		R(utimensat(twin_dirfd, xat("f"), when, 0));
		R(x_stat("f", &st));
		say("%ld.%ld %ld.%ld blocks %s blksize %s\n", (long)st.st_atim.tv_sec,
			st.st_atim.tv_nsec, (long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec,
			st.st_blocks ? "some" : "none", st.st_blksize ? "some" : "none");
	}
}

/* The same file by all ways has the same inode, and a different file another. */
CASE(stat_identity)
{
	struct stat a, b;

	SPELLINGS() {
		x_put("f", "x");
		x_put("g", "x");
		x_link("f", "h");
		x_symlink("f", "l");
		int fd = x_open("f", O_RDONLY, 0);
		R(fstat(fd, &a));
		R(x_stat("f", &b));
		say("f %d\n", a.st_ino == b.st_ino && a.st_dev == b.st_dev);
		R(x_stat("l", &b));
		say("l %d\n", a.st_ino == b.st_ino);
		R(x_stat("h", &b));
		say("h %d\n", a.st_ino == b.st_ino);
		R(x_stat("g", &b));
		say("g %d\n", a.st_ino == b.st_ino);
		R(x_lstat("l", &b));
		say("lstat l %d\n", a.st_ino == b.st_ino);
		R(fstatat(fd, "", &b, AT_EMPTY_PATH));
		say("empty %d\n", a.st_ino == b.st_ino);
		close(fd);
	}
}

CASE(stat_flags)
{
	struct stat st;

	put("f", "x");
	symlink("f", "l");
	int d = open("/t", O_RDONLY | O_DIRECTORY), f = open("f", O_RDONLY);
	R(fstatat(d, "", &st, AT_EMPTY_PATH));
	say_stat("d", &st);
	R(fstatat(f, "", &st, AT_EMPTY_PATH));
	say_stat("f", &st);
	R(fstatat(f, "", &st, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW));
	R(fstatat(AT_FDCWD, "", &st, AT_EMPTY_PATH));
	say_stat("cwd", &st);
	R(fstatat(d, "l", &st, AT_EMPTY_PATH));
	say_stat("l", &st);
	R(fstatat(d, "l", &st, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW));
	say_stat("l", &st);
	R(fstatat(d, "l", &st, AT_SYMLINK_FOLLOW));
	R(fstatat(d, "l", &st, 0x40000));
	R(fstatat(d, "l", &st, 0x800));
	say_stat("l", &st);
	R(fstatat(99, "", &st, AT_EMPTY_PATH));
	R(fstatat(f, "", &st, 0));
	R(fstat(99, &st));
	R(fstat(-1, &st));
}

/* Linux 6.17: what chattr(1) shows, by path. An older kernel says ENOSYS. */
CASE(stat_file_attributes)
{
	uint32_t attr[6];
	enum { GETATTR = 468, SETATTR };

	SPELLINGS() {
		x_put("f", "x");
		x_mkdir("d", 0755);
		x_symlink("f", "l");
		R(SYSCALL(GETATTR, twin_dirfd, xat("f"), attr, sizeof(attr), 0));
		R(SYSCALL(GETATTR, twin_dirfd, xat("d/"), attr, sizeof(attr), 0));
		R(SYSCALL(GETATTR, twin_dirfd, xat("l"), attr, sizeof(attr), AT_SYMLINK_NOFOLLOW));
		R(SYSCALL(GETATTR, twin_dirfd, xat("missing"), attr, sizeof(attr), 0));
		R(SYSCALL(GETATTR, twin_dirfd, xat("f"), attr, sizeof(attr), 0x10000));
		R(SYSCALL(SETATTR, twin_dirfd, xat("missing"), attr, sizeof(attr), 0));
		R(SYSCALL(SETATTR, twin_dirfd, xat("f"), attr, 3, 0));
	}
}
