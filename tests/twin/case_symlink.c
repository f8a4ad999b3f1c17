/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_symlink.c - tests symlink and readlink: each text is stored unchanged; buffer sizes; symlinks that are changed;
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

/* Looks so often that a symlink's file may be remembered, then says what is shown. */
static void look_again(const char *name)
{
	struct stat st;

	for (int i = 0; i < 6; i++)
		x_stat(name, &st);
	x_say_stat(name);
	R(x_access(name, R_OK));
	R(x_access(name, X_OK));
}

/* What a followed symlink leads to changes again and again: the symlink, one behind it, the file. */
CASE(symlink_turned)
{
	SPELLINGS() {
		x_mkdir("d", 0755);
		x_put("d/one", "1");
		x_put("d/two", "22");
		x_put("d/three", "333");
		x_symlink("mid", "d/link");
		x_symlink("one", "d/mid");
		look_again("d/link");
		look_again("d/mid");
		R(x_chmod("d/one", 0751));
		look_again("d/link");
		R(x_symlink("two", "d/new"));
		R(x_rename("d/new", "d/mid"));
		look_again("d/link");
		R(x_rename("d/three", "d/two"));
		look_again("d/link");
		R(x_chmod("d/link", 0640));
		look_again("d/link");
		R(x_rename("d/two", "d/other"));
		look_again("d/link");
		R(x_symlink("other", "d/two"));
		look_again("d/link");
		R(x_unlink("d/link"));
		look_again("d/link");
		R(x_symlink("../d/one", "d/link"));
		look_again("d/link");
		R(x_rename("d", "e"));
		look_again("e/link");
		R(x_symlink("e", "d"));
		look_again("d/link");
	}
}
