/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_unlink.c - tests unlink and unlinkat: files, directories, symlinks, trailing slashes,
 * invalid flags.
 */
#include "twin.h"

CASE(unlink)
{
	SPELLINGS() {
		x_mkdir("dir", 0755);
		x_put("file", "text");
		x_put("other", "text");
		x_put("dir/inner", "text");
		x_symlink("file", "link");
		x_symlink("dir", "link-dir");
		x_symlink("nowhere", "dangling");
		R(x_unlink("missing"));
		R(x_unlink("dir"));
		R(x_unlink("dir/"));
		R(x_unlink("file/"));
		R(x_unlink("link/"));
		R(x_unlink("link-dir/"));
		R(x_unlink("file/x"));
		R(x_unlink("dangling/x"));
		R(x_unlink("."));
		R(x_unlink(".."));
		R(x_unlink("link"));
		R(x_unlink("dangling"));
		R(x_unlink("link-dir/inner"));
		R(x_unlink("link-dir"));
		R(x_unlink("dir/../other"));
		x_tree();
	}
}

CASE(unlink_while_open)
{
	struct stat st;
	char buf[8] = "";

	put("f", "content");
	int fd = open("f", O_RDWR);
	R(unlink("f"));
	R(access("f", F_OK));
	R(fstat(fd, &st));
	say_stat("unlinked", &st);
	R(read(fd, buf, 7));
	say("%q\n", buf);
	put("f", "new");
	R(fstat(fd, &st));
	say_stat("unlinked", &st);
	tree("/t");
}

CASE(unlink_flags)
{
	int d = open("/t", O_RDONLY | O_DIRECTORY);

	put("f", "");
	mkdir("d", 0755);
	R(unlinkat(d, "f", AT_REMOVEDIR));
	R(unlinkat(d, "d", 0));
	R(unlinkat(d, "f", 0x100));
	R(unlinkat(d, "f", AT_EMPTY_PATH));
	R(unlinkat(d, "", 0));
	R(unlinkat(99, "f", 0));
	R(unlinkat(99, "/t/f", 0));
	R(unlinkat(d, "d", AT_REMOVEDIR));
	int f = open("/etc/passwd", O_RDONLY);
	R(unlinkat(f, "d", 0));
	tree("/t");
}
