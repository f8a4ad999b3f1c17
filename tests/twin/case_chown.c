/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_chown.c - chown, lchown, fchown, fchownat: as root, and what an ordinary user may.
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
