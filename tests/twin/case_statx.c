/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_statx.c - tests statx: symlinks followed or not, descriptors, refused flags.
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
		say("statx %s: mode %o size %ld links %u uid %s gid %s\n", name, sx.mode,
			(long)sx.size, sx.nlink, sx.uid == geteuid() ? "me" : "other",
			sx.gid == getegid() ? "me" : "other");
}

CASE(statx)
{
	SPELLINGS() {
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
		show_statx("bad flags, missing", twin_dirfd, xat("missing"), 0x10000);
		show_statx("sync flags, missing", twin_dirfd, xat("f/x"), 0x6000);
	}
	int f = open("/t/abs/f", O_RDONLY);
	show_statx("fd", f, "", AT_EMPTY_PATH);
	show_statx("fd", f, "", 0);
	show_statx("cwd", AT_FDCWD, "", AT_EMPTY_PATH);
	show_statx("bad fd", 99, "f", 0);
	struct twin_statx sx;
	R(sys_statx(AT_FDCWD, "/etc/passwd", 0, 0x80000000U, &sx));
	R(sys_statx(AT_FDCWD, "/t/no/file", 0, 0x80000000U, &sx));
	R(SYSCALL(SYS_newfstatat, AT_FDCWD, "/t/no/file", &sx, 0x10000));
	R(sys_statx(f, NULL, 0, 0x7ff, &sx));
}
