/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_access.c - tests access, faccessat and faccessat2: modes, invalid arguments, flags,
 * symlinks.
 */
#include "twin.h"

/* What root may do is another matter (case access_root): here only the owner is asked, about what
 * modes grant. */
CASE(access)
{
	SPELLINGS() {
		x_put("file", "x");
		x_mkdir("dir", 0755);
		x_symlink("file", "link");
		x_symlink("nowhere", "dangling");
		R(x_access("file", F_OK));
		R(x_access("file", R_OK));
		R(x_access("file", R_OK | W_OK));
		R(x_access("file", X_OK));
		R(x_access("dir", R_OK | W_OK | X_OK));
		R(x_access("link", W_OK));
		R(x_access("dangling", F_OK));
		R(x_access("missing", F_OK));
		R(x_access("missing", X_OK));
		R(x_access("file", 8));
		R(x_access("file", -1));
		R(x_access("missing", 16));
		R(x_access("file/", F_OK));
		R(x_access("dir/", X_OK));
		R(x_access("dir/..", X_OK));
		x_chmod("file", 0755);
		R(x_access("file", X_OK));
		R(x_access("link", X_OK | R_OK));
	}
}

CASE(access_user)
{
	static const mode_t modes[] = {0, 0100, 0200, 0400, 0500, 0600, 0700, 077, 07070};

	SPELLINGS() {
		x_put("f", "x");
		x_mkdir("d", 0755);
		x_put("d/f", "x");
		for (size_t i = 0; i < COUNT(modes); i++) {
			R(x_chmod("f", modes[i]));
			say("mode %o: r %d w %d x %d\n", modes[i], x_access("f", R_OK),
				x_access("f", W_OK), x_access("f", X_OK));
			R(x_open("f", O_RDONLY, 0) < 0);
			close(4);
			R(x_chmod("d", modes[i]));
			say("dir %o: r %d w %d x %d\n", modes[i], x_access("d", R_OK),
				x_access("d", W_OK), x_access("d", X_OK));
			R(x_access("d/f", F_OK));
			R(x_access("d/missing", F_OK));
			R(x_mkdir("d/new", 0755));
			R(x_rmdir("d/new"));
			R(x_unlink("d/missing"));
			R(x_rename("d/f", "d/f"));
		}
		R(x_chmod("d", 0755));
	}
}

CASE(access_root)
{
	static const mode_t modes[] = {0, 0001, 0010, 0100, 0200, 0400, 0666};

	SPELLINGS() {
		x_put("f", "x");
		x_mkdir("d", 0);
		for (size_t i = 0; i < COUNT(modes); i++) {
			R(x_chmod("f", modes[i]));
			say("mode %o: r %d w %d x %d\n", modes[i], x_access("f", R_OK),
				x_access("f", W_OK), x_access("f", X_OK));
			int fd = (int)R(x_open("f", O_RDWR, 0));
			close(fd);
		}
		R(x_access("d", R_OK | W_OK | X_OK));
		R(x_mkdir("d/in", 0));
		R(x_mkdir("d/in/in", 0));
		R(x_access("d/in/in", X_OK));
		R(x_access("f", 8));
		R(x_access("d/missing", F_OK));
		x_tree();
	}
}

CASE(access_faccessat2)
{
	SPELLINGS() {
		x_put("f", "x");
		x_symlink("f", "l");
		x_symlink("nowhere", "dangling");
		R(sys_faccessat2(twin_dirfd, xat("f"), R_OK, 0));
		R(sys_faccessat2(twin_dirfd, xat("f"), X_OK, AT_EACCESS));
		R(sys_faccessat2(twin_dirfd, xat("dangling"), F_OK, 0));
		R(sys_faccessat2(twin_dirfd, xat("dangling"), F_OK, AT_SYMLINK_NOFOLLOW));
		R(sys_faccessat2(twin_dirfd, xat("l"), W_OK, AT_SYMLINK_NOFOLLOW | AT_EACCESS));
		R(sys_faccessat2(twin_dirfd, xat("f"), R_OK, 0x10));
		R(sys_faccessat2(twin_dirfd, xat("f"), 8, 0));
		R(sys_faccessat2(twin_dirfd, xat("missing"), R_OK, 0x10));
		R(sys_faccessat2(twin_dirfd, xat("f/x"), F_OK, 0x400));
	}
	int f = open("/t/abs/f", O_RDONLY);
	R(sys_faccessat2(f, "", R_OK, AT_EMPTY_PATH));
	R(sys_faccessat2(f, "", X_OK, AT_EMPTY_PATH));
	R(sys_faccessat2(f, "", R_OK, 0));
	R(sys_faccessat2(AT_FDCWD, "", X_OK, AT_EMPTY_PATH));
	R(sys_faccessat2(99, "", F_OK, AT_EMPTY_PATH));
	R(sys_faccessat2(99, "x", F_OK, 0));
	R(sys_faccessat2(f, "x", F_OK, 0));
}

/* The old call has three arguments; whatever is in the fourth register is nobody's business. */
CASE(access_three_arguments)
{
	symlink("nowhere", "dangling");
	put("f", "x");
	R(SYSCALL(SYS_faccessat, AT_FDCWD, "f", R_OK, 0xdeadbeefL));
	R(SYSCALL(SYS_faccessat, AT_FDCWD, "dangling", F_OK, AT_SYMLINK_NOFOLLOW));
	R(SYSCALL(SYS_fchmodat, AT_FDCWD, "f", 0600, AT_SYMLINK_NOFOLLOW));
	R(SYSCALL(SYS_fchmodat, AT_FDCWD, "f", 0640, 0xdeadbeefL));
	tree("/t");
}
