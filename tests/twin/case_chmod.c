/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_chmod.c - tests chmod, fchmod, fchmodat, fchmodat2, and chown as root.
 */
#include "twin.h"

CASE(chmod)
{
	static const mode_t modes[] = {
		0, 0400, 0644, 0755, 0777, 01755, 02755, 04755, 06711, 07777, 0107777};

	SPELLINGS() {
		x_put("file", "x");
		x_mkdir("dir", 0755);
		x_symlink("file", "link");
		x_symlink("nowhere", "dangling");
		for (size_t i = 0; i < COUNT(modes); i++) {
			say("mode %o\n", modes[i]);
			R(x_chmod("file", modes[i]));
			x_say_stat("file");
			R(x_chmod("dir", modes[i]));
			x_say_stat("dir");
		}
		R(x_chmod("dir", 0755));
		R(x_chmod("link", 0604));
		x_say_stat("file");
		x_say_lstat("link");
		R(x_chmod("dangling", 0600));
		R(x_chmod("missing", 0600));
		R(x_chmod("file/", 0600));
		R(x_chmod("dir/", 0700));
		R(x_chmod("dir/.", 0710));
		x_say_stat("dir");
	}
}

CASE(chmod_fchmod)
{
	struct stat st;

	put("f", "x");
	mkdir("d", 0755);
	int f = open("f", O_RDONLY), d = open("d", O_RDONLY), p = open("f", O_PATH);
	R(fchmod(f, 04711));
	R(fstat(f, &st));
	say_stat("f", &st);
	R(fchmod(d, 01770));
	R(fstat(d, &st));
	say_stat("d", &st);
	R(fchmod(p, 0600));
	R(fchmod(99, 0600));
	unlink("f");
	R(fchmod(f, 0200));
	R(fstat(f, &st));
	say_stat("f", &st);
	R(chmod("/proc/self/fd/3", 0400));
	R(fstat(f, &st));
	say_stat("f", &st);
}

CASE(chmod_fchmodat2)
{
	SPELLINGS() {
		x_put("f", "x");
		x_symlink("f", "l");
		R(sys_fchmodat2(twin_dirfd, xat("f"), 0600, 0));
		R(sys_fchmodat2(twin_dirfd, xat("l"), 0640, 0));
		R(sys_fchmodat2(twin_dirfd, xat("f"), 0604, AT_SYMLINK_NOFOLLOW));
		R(sys_fchmodat2(twin_dirfd, xat("l"), 0600, AT_SYMLINK_NOFOLLOW));
		R(sys_fchmodat2(twin_dirfd, xat("f"), 0600, 0x40000));
		R(sys_fchmodat2(twin_dirfd, xat("missing"), 0600, 0));
		x_tree();
	}
	int f = open("/t/abs/f", O_RDONLY), p = open("/t/abs/f", O_PATH);
	R(sys_fchmodat2(f, "", 0610, AT_EMPTY_PATH));
	R(sys_fchmodat2(f, "", 0611, 0));
	R(sys_fchmodat2(p, "", 0612, AT_EMPTY_PATH));
	R(sys_fchmodat2(99, "", 0600, AT_EMPTY_PATH));
	R(sys_fchmodat2(99, "x", 0600, 0));
	tree("/t/abs");
}

CASE(chmod_then_write)
{
	SPELLINGS() {
		x_put("f", "x");
		x_chmod("f", 04777);
		int fd = x_open("f", O_WRONLY | O_APPEND, 0);
		x_say_stat("f");
		close(fd);
		R(truncate(x("f"), 0));
		x_say_stat("f");
	}
}
