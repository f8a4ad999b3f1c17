/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_symlink.c - tests symlink and readlink: each text is stored unchanged; buffer sizes;
 * empty texts and names.
 */
#include "twin.h"

CASE(symlink)
{
	SPELLINGS() {
		R(x_symlink("relative", "a"));
		R(x_symlink("/absolute/name", "b"));
		R(x_symlink("../../../../up", "c"));
		R(x_symlink("with space\nand newline", "d"));
		R(x_symlink("trailing/", "e"));
		R(x_symlink("//double//slash", "f"));
		R(x_symlink("", "empty"));
		R(x_symlink("x", "a"));
		R(x_symlink("x", "new/"));
		R(x_symlink("x", "missing/new"));
		x_mkdir("dir", 0755);
		R(x_symlink("x", "dir"));
		R(x_symlink("x", "dir/"));
		R(x_symlink("x", "."));
		R(x_symlink("/t/abs/dir", "a/b"));
		R(x_symlink("/etc/passwd", "dir/in"));
		x_tree();
	}
}

CASE(symlink_long_text)
{
	static char text[5000];

	SPELLINGS() {
		R(x_symlink(fill(text, 'x', 255), "a"));
		R(x_symlink(fill(text, 'x', 4000), "b"));
		R(x_symlink(fill(text, '/', 4095), "c"));
		R(x_symlink(fill(text, 'x', 4096), "d"));
		x_show_link("a");
		x_show_link("b");
		x_show_link("c");
		x_say_lstat("c");
		x_say_stat("a");
		x_say_stat("b");
		x_say_stat("c");
	}
}
