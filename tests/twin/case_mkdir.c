/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_mkdir.c - tests mkdir and mkdirat: where directories may be made, trailing slashes, modes
 * and umask.
 */
#include "twin.h"

CASE(mkdir)
{
	SPELLINGS() {
		R(x_mkdir("a", 0755));
		R(x_mkdir("a", 0755));
		R(x_mkdir("a/b", 0700));
		R(x_mkdir("missing/b", 0700));
		x_put("file", "text");
		R(x_mkdir("file", 0755));
		R(x_mkdir("file/b", 0755));
		R(x_mkdir(".", 0755));
		R(x_mkdir("..", 0755));
		R(x_mkdir("a/.", 0755));
		R(x_mkdir("a/..", 0755));
		R(x_mkdir("a/../c", 0755));
		x_tree();
	}
}

CASE(mkdir_slash)
{
	SPELLINGS() {
		R(x_mkdir("a/", 0755));
		R(x_mkdir("a///", 0755));
		R(x_mkdir("b//c", 0755));
		R(x_mkdir("b///", 0755));
		R(x_mkdir("new/.", 0755));
		R(x_mkdir("new/..", 0755));
		x_put("file", "");
		R(x_mkdir("file/", 0755));
		x_tree();
	}
}

CASE(mkdir_over_symlink)
{
	SPELLINGS() {
		x_symlink("nowhere", "dangling");
		x_symlink("target", "to-target");
		R(x_mkdir("dangling", 0755));
		R(x_mkdir("dangling/", 0755));
		R(x_mkdir("dangling/sub", 0755));
		R(x_mkdir("target", 0755));
		R(x_mkdir("to-target", 0755));
		R(x_mkdir("to-target/", 0755));
		R(x_mkdir("to-target/sub", 0755));
		x_tree();
	}
}

CASE(mkdir_modes)
{
	static const mode_t modes[] = {0, 0111, 0400, 0700, 0777, 01777, 02755, 04755, 07777};
	static const mode_t masks[] = {0, 022, 0777};

	SPELLINGS() {
		for (size_t m = 0; m < COUNT(masks); m++) {
			umask(masks[m]);
			for (size_t i = 0; i < COUNT(modes); i++) {
				say("mkdir mode %o umask %o\n", modes[i], masks[m]);
				R(x_mkdir("d", modes[i]));
				x_say_stat("d");
				R(x_rmdir("d"));
			}
		}
		R(umask(022));
	}
}

CASE(mkdir_absolute_places)
{
	R(mkdir("/", 0755));
	R(mkdir("//", 0755));
	R(mkdir("/.", 0755));
	R(mkdir("/..", 0755));
	R(mkdir("/../..", 0755));
	R(mkdir("/t", 0755));
	R(mkdir("/../t/up", 0755));
	R(mkdir("../../../t/up2", 0755));
	R(mkdir("/etc", 0755));
	R(mkdir("/etc/passwd/x", 0755));
	tree("/t");
}
