/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_chown.c - tests chown, lchown, fchown and fchownat, as root and as an ordinary user.
 */
#include "twin.h"

/* To oneself: nothing changes, and everybody may. */
CASE(chown)
{
	SPELLINGS() {
		x_put("f", "x");
		x_mkdir("d", 0755);
		x_symlink("f", "l");
		x_symlink("nowhere", "dangling");
		R(chown(x("f"), geteuid(), getegid()));
		R(chown(x("l"), geteuid(), -1));
		R(chown(x("dangling"), geteuid(), -1));
		R(lchown(x("dangling"), geteuid(), -1));
		R(lchown(x("missing"), -1, -1));
		R(chown(x("d/"), -1, getegid()));
		R(chown(x("f/"), -1, -1));
		R(fchownat(twin_dirfd, xat("f"), geteuid(), getegid(), 0));
		R(fchownat(twin_dirfd, xat("l"), geteuid(), getegid(), AT_SYMLINK_NOFOLLOW));
		R(fchownat(twin_dirfd, xat("dangling"), -1, -1, 0));
		R(fchownat(twin_dirfd, xat(""), -1, -1, 0));
		int fd = x_open("f", O_RDONLY, 0), path = x_open("f", O_PATH, 0);
		R(fchown(fd, geteuid(), getegid()));
		R(fchown(path, geteuid(), -1));
		R(fchown(99, -1, -1));
		R(fchownat(path, "", geteuid(), -1, AT_EMPTY_PATH));
		close(fd);
		close(path);
		x_tree();
	}
}

CASE(chown_root)
{
	SPELLINGS() {
		x_put("f", "x");
		x_mkdir("d", 0755);
		x_symlink("f", "l");
		R(chown(x("f"), 1000, 1001));
		x_say_stat("f");
		R(chown(x("l"), 1002, -1));
		x_say_stat("f");
		x_say_lstat("l");
		R(lchown(x("l"), 7, 8));
		x_say_stat("f");
		x_say_lstat("l");
		R(chown(x("d"), -1, 50));
		x_say_stat("d");
		R(fchownat(twin_dirfd, xat("d"), 99, -1, 0));
		R(fchownat(twin_dirfd, xat("l"), 98, 98, AT_SYMLINK_NOFOLLOW));
		R(fchownat(twin_dirfd, xat("f"), 97, 97, 0x10000));
		R(chown(x("f"), -1, -1));
		R(chown(x("missing"), 1, 1));
		R(chown(x("f/"), 1, 1));
		int fd = x_open("f", O_RDONLY, 0);
		R(fchown(fd, 4, 5));
		R(fchownat(fd, "", 6, -1, AT_EMPTY_PATH));
		close(fd);
		x_tree();
	}
}

/* chown takes the setuid bits from a file, and setgid where the group may execute. */
CASE(chown_root_setuid)
{
	static const mode_t modes[] = {04755, 02755, 06755, 02644, 06644, 01777};

	SPELLINGS() {
		x_put("f", "x");
		x_mkdir("d", 0755);
		for (size_t i = 0; i < COUNT(modes); i++) {
			R(x_chmod("f", modes[i]));
			R(chown(x("f"), 100, 100));
			x_say_stat("f");
			R(x_chmod("f", modes[i]));
			R(chown(x("f"), -1, -1));
			x_say_stat("f");
			R(x_chmod("d", modes[i]));
			R(chown(x("d"), 100, 100));
			x_say_stat("d");
		}
	}
}

CASE(chown_user)
{
	SPELLINGS() {
		x_put("f", "x");
		x_symlink("f", "l");
		R(chown(x("f"), geteuid(), getegid()));
		R(chown(x("f"), -1, -1));
		R(chown(x("f"), 0, -1));
		R(chown(x("f"), -1, 0));
		R(lchown(x("l"), 0, 0));
		R(lchown(x("l"), geteuid(), -1));
		x_tree();
	}
}

/* When it was changed, last. */
static struct timespec ctime_of(const char *path)
{
	struct stat st = {0};

	if (lstat(path, &st))
		say("%e\n", errno);
	return st.st_ctim;
}

static int is_later(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec > b->tv_sec || (a->tv_sec == b->tv_sec && a->tv_nsec > b->tv_nsec);
}

/* Ends when the clock of files' times has moved: a tick may be late on a machine that others keep
 * busy. */
static void step(const char *what, const char *path, long result)
{
	static struct timespec before;
	const struct timespec now = ctime_of(path), moment = {.tv_nsec = 10000000};
	struct timespec coarse;
	struct twin_statx sx = {0};

	sys_statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, TWIN_STATX_BASIC_STATS, &sx);
	say("%s: %d, %s%s\n", what, result,
		is_later(&now, &before)	      ? "later" :
		now.tv_nsec == before.tv_nsec ? "the same" :
						"earlier",
		sx.ctime.sec == now.tv_sec && sx.ctime.nsec == now.tv_nsec ? "" :
									     ", but not for statx");
	before = now;
	do {
		nanosleep(&moment, NULL);
		clock_gettime(CLOCK_REALTIME_COARSE, &coarse);
	} while (!is_later(&coarse, &now));
}

CASE(chown_root_ctime)
{
	x_put("f", "x");
	x_symlink("f", "l");
	int fd = x_open("f", O_WRONLY, 0);
	step("made", x("f"), 0);
	step("looked at", x("f"), 0);
	step("chown", x("f"), chown(x("f"), 5, 6));
	step("looked at", x("f"), 0);
	step("chown again", x("f"), chown(x("f"), 5, 6));
	step("chown of a link", x("f"), lchown(x("l"), 7, 7));
	step("write", x("f"), write(fd, "y", 1));
	step("fchown", x("f"), fchown(fd, 8, -1));
	step("chown of nothing", x("f"), chown(x("f"), -1, -1));
	step("setxattr", x("f"), setxattr(x("f"), "trusted.x", "1", 1, 0));
	step("chown", x("f"), chown(x("f"), 9, 9));
	step("removexattr", x("f"), removexattr(x("f"), "trusted.x"));
	step("chown", x("f"), chown(x("f"), 10, 10));
	step("chmod", x("f"), chmod(x("f"), 0600));
	step("rename", x("g"), rename(x("f"), x("g")));
	step("chown to root", x("g"), chown(x("g"), 0, 0));
	step("chown to root", x("g"), chown(x("g"), 0, 0));
	R(mknod(x("n"), S_IFBLK | 0600, 0x763));
	step("mknod", x("n"), 0);
	step("chown of a device", x("n"), chown(x("n"), 3, 3));
	step("chown of a device", x("n"), chown(x("n"), 4, 4));
	close(fd);
}
