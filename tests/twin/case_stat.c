/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_stat.c - stat, lstat, fstat, newfstatat, statx, statfs: what they follow and what they tell.
 */
#include "twin.h"

static void show_statx(const char *name, int dirfd, const char *path, int flags)
{
	struct twin_statx sx = {0};
	long r = sys_statx(dirfd, path, flags, TWIN_STATX_BASIC_STATS, &sx);

	if (r < 0)
		say("statx %s: %e\n", name, errno);
	else if ((sx.mode & S_IFMT) == S_IFDIR)
		say("statx %s: mode %o\n", name, sx.mode);
	else
		say("statx %s: mode %o size %ld links %u uid %s gid %s\n", name, sx.mode, (long)sx.size, sx.nlink,
			sx.uid == geteuid() ? "me" : "other", sx.gid == getegid() ? "me" : "other");
}

CASE(stat)
{
	SPELLINGS {
		x_put("file", "text");
		x_mkdir("dir", 01700);
		x_mknod("fifo", S_IFIFO | 0640, 0);
		x_symlink("file", "link");
		x_symlink("dir", "link-dir");
		x_symlink("/etc/absolute", "link-abs");
		static const char *const all[] = {"file", "dir", "fifo", "link", "link-dir", "link-abs", ".", "..",
			"dir/", "dir/.", "link-dir/", "link-dir/.", "file/", "missing", "missing/", "dir/missing"};
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

	SPELLINGS {
		x_put("f", "x");
		R(utimensat(twin_dirfd, xat("f"), when, 0));
		R(x_stat("f", &st));
		say("%ld.%ld %ld.%ld blocks %s blksize %s\n", (long)st.st_atim.tv_sec, st.st_atim.tv_nsec,
			(long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec, st.st_blocks ? "some" : "none",
			st.st_blksize ? "some" : "none");
	}
}

/* The same file by all ways has the same inode, and a different file another. */
CASE(stat_identity)
{
	struct stat a, b;

	SPELLINGS {
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

CASE(fstatat_flags)
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

CASE(statx)
{
	SPELLINGS {
		x_put("f", "x");
		x_mkdir("d", 0700);
		x_symlink("f", "l");
		show_statx("f", twin_dirfd, xat("f"), 0);
		show_statx("d", twin_dirfd, xat("d"), 0);
		show_statx("l", twin_dirfd, xat("l"), 0);
		show_statx("l nofollow", twin_dirfd, xat("l"), AT_SYMLINK_NOFOLLOW);
		show_statx("f/", twin_dirfd, xat("f/"), 0);
		show_statx("missing", twin_dirfd, xat("missing"), 0);
		show_statx("..", twin_dirfd, xat(".."), 0x2000);
		show_statx("sync flags", twin_dirfd, xat("f"), 0x6000);
		show_statx("bad flags", twin_dirfd, xat("f"), 0x10000);
	}
	int f = open("/t/abs/f", O_RDONLY);
	show_statx("fd", f, "", AT_EMPTY_PATH);
	show_statx("fd", f, "", 0);
	show_statx("cwd", AT_FDCWD, "", AT_EMPTY_PATH);
	show_statx("bad fd", 99, "f", 0);
	struct twin_statx sx;
	R(sys_statx(AT_FDCWD, "/etc/passwd", 0, 0x80000000U, &sx));
	R(sys_statx(f, NULL, 0, 0x7ff, &sx));
}

CASE(statfs)
{
	struct statfs a, b;

	SPELLINGS {
		x_put("f", "x");
		x_symlink("/proc", "to-proc");
		R(statfs(x("f"), &a));
		R(statfs(x("."), &b));
		say("same type %d, blocks %d\n", a.f_type == b.f_type, a.f_bsize == b.f_bsize);
		R(statfs(x("missing"), &b));
		R(statfs(x("f/"), &b));
		R(statfs(x("to-proc"), &b));
		say("type %lx\n", (unsigned long)b.f_type);
		int fd = x_open("f", O_RDONLY, 0);
		R(fstatfs(fd, &b));
		say("same type %d\n", a.f_type == b.f_type);
		close(fd);
	}
	R(fstatfs(99, &b));
	R(statfs("/proc/self", &b));
	say("type %lx\n", (unsigned long)b.f_type);
}
