/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_rmdir.c - tests rmdir and unlinkat(AT_REMOVEDIR): refusals, trailing slashes, dots,
 * symlinks.
 */
#include "twin.h"

CASE(rmdir)
{
	SPELLINGS() {
		x_mkdir("empty", 0755);
		x_mkdir("full", 0755);
		x_mkdir("full/sub", 0755);
		x_put("file", "text");
		x_symlink("empty", "link");
		R(x_rmdir("missing"));
		R(x_rmdir("file"));
		R(x_rmdir("file/"));
		R(x_rmdir("file/x"));
		R(x_rmdir("full"));
		R(x_rmdir("link"));
		R(x_rmdir("link/"));
		R(x_rmdir("empty/."));
		R(x_rmdir("empty/.."));
		R(x_rmdir("full/sub/.."));
		R(x_rmdir("empty"));
		R(x_rmdir("full/sub//"));
		R(x_rmdir("full/"));
		x_tree();
	}
}

CASE(rmdir_places)
{
	R(rmdir("/"));
	R(rmdir("//"));
	R(rmdir("/."));
	R(rmdir("/.."));
	R(rmdir("."));
	R(rmdir(".."));
	R(rmdir("../t"));
	R(chdir("/t"));
	R(mkdir("/t", 0755));
	tree("/t");
}
