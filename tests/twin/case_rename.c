/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_rename.c - tests rename, renameat and renameat2: files, directories, symlinks, slashes,
 * loops, flags.
 */
#include "twin.h"

CASE(rename)
{
	SPELLINGS() {
		x_put("a", "was a");
		x_put("b", "was b");
		x_mkdir("dir", 0755);
		x_mkdir("full", 0755);
		x_put("full/x", "x");
		x_mkdir("empty", 0755);
		R(x_rename("missing", "new"));
		R(x_rename("a", "b"));
		R(x_rename("b", "dir"));
		R(x_rename("dir", "b"));
		R(x_rename("dir", "full"));
		R(x_rename("full", "empty"));
		R(x_rename("dir", "dir/sub"));
		R(x_rename("dir", "dir"));
		R(x_rename("b", "b"));
		R(x_rename("b", "missing/b"));
		R(x_rename("b", "b/c"));
		R(x_rename("empty/x", "empty"));
		R(x_rename("empty/x", "x"));
		R(x_rename("empty", "empty/../moved"));
		R(x_rename(".", "dot"));
		R(x_rename("dir/.", "dot"));
		R(x_rename("dir/..", "dot"));
		R(x_rename("b", "."));
		R(x_rename("b", ".."));
		x_tree();
	}
}

CASE(rename_slash)
{
	SPELLINGS() {
		x_put("file", "text");
		x_mkdir("dir", 0755);
		R(x_rename("file", "new/"));
		R(x_rename("file/", "new"));
		R(x_rename("dir/", "new"));
		R(x_rename("new", "dir/"));
		R(x_rename("dir///", "new//"));
		x_symlink("new", "link");
		x_symlink("nowhere", "dangling");
		R(x_rename("link/", "moved"));
		R(x_rename("new", "link/"));
		R(x_rename("new", "dangling/"));
		x_tree();
	}
}

CASE(rename_symlink)
{
	SPELLINGS() {
		x_put("file", "text");
		x_symlink("file", "link");
		x_symlink("nowhere", "dangling");
		x_symlink("/t/nowhere", "absolute");
		R(x_rename("link", "link2"));
		x_show_link("link2");
		R(x_rename("dangling", "dangling2"));
		R(x_rename("absolute", "absolute2"));
		x_put("c", "c");
		R(x_rename("c", "link2"));
		x_show("link2");
		x_tree();
	}
}

/* Both names in one directory, by texts of all kinds. */
CASE(rename_beside)
{
	static const char *const dirs[] = {"", "sub/", "sub//", "sub/./", "sub/../sub/", "link/",
		"absolute/", "file/", "missing/", "dangling/"};
	static const char *const names[][2] = {{"a", "b"}, {"b", "a"}, {"a", "a"}, {"a", "c/"},
		{"a/", "c"}, {"d", "e/"}, {"e/", "d"}, {"a", "d"}, {"d", "a"}, {"a", "."},
		{".", "a"}, {"a", ".."}, {"..", "a"}, {"a", ""}, {"", "a"}, {"none", "a"},
		{"a", "maps"}, {"maps", "a"}, {"a", "1"}, {"1", "a"}};

	SPELLINGS() {
		x_mkdir("sub", 0755);
		x_symlink("sub", "link");
		x_symlink("/t/abs/sub", "absolute");
		x_symlink("none", "dangling");
		x_put("file", "x");
		x_put("a", "a above");
		x_mkdir("d", 0755);
		x_put("sub/a", "a below");
		x_mkdir("sub/d", 0755);
		for (size_t d = 0; d < COUNT(dirs); d++)
			for (size_t n = 0; n < COUNT(names); n++) {
				char from[64], to[64];

				snprintf(from, sizeof(from), "%s%s", dirs[d], names[n][0]);
				snprintf(to, sizeof(to), "%s%s", dirs[d], names[n][1]);
				say("%s -> %s: ", from, to);
				R(x_rename(from, to));
			}
		x_tree();
	}
}

CASE(rename_across_directories)
{
	SPELLINGS() {
		x_mkdir("a", 0755);
		x_mkdir("a/deep", 0755);
		x_mkdir("b", 0755);
		x_put("a/deep/f", "f");
		x_symlink("b", "to-b");
		R(x_rename("a/deep", "b/deep"));
		R(x_rename("b/deep/f", "to-b/g"));
		R(x_rename("b", "b/deep/loop"));
		R(x_rename("b/deep", "b"));
		R(x_rename("b/deep/../g", "a/../h"));
		x_tree();
	}
	R(rename("/t/abs/h", "/etc/passwd/x"));
	R(rename("/", "/t/x"));
	R(rename("/t/abs", "/"));
}

CASE(rename_flags)
{
	SPELLINGS() {
		x_put("a", "was a");
		x_put("b", "was b");
		x_mkdir("d", 0755);
		x_symlink("nowhere", "l");
		R(sys_renameat2(twin_dirfd, xat("a"), twin_dirfd, xat("b"), TWIN_RENAME_NOREPLACE));
		R(sys_renameat2(twin_dirfd, xat("a"), twin_dirfd, xat("c"), TWIN_RENAME_NOREPLACE));
		R(sys_renameat2(twin_dirfd, xat("c"), twin_dirfd, xat("l"), TWIN_RENAME_NOREPLACE));
		R(sys_renameat2(twin_dirfd, xat("c"), twin_dirfd, xat("b"), TWIN_RENAME_EXCHANGE));
		x_show("b");
		x_show("c");
		R(sys_renameat2(twin_dirfd, xat("c"), twin_dirfd, xat("d"), TWIN_RENAME_EXCHANGE));
		R(sys_renameat2(twin_dirfd, xat("d"), twin_dirfd, xat("l"), TWIN_RENAME_EXCHANGE));
		R(sys_renameat2(
			twin_dirfd, xat("d"), twin_dirfd, xat("none"), TWIN_RENAME_EXCHANGE));
		R(sys_renameat2(twin_dirfd, xat("d"), twin_dirfd, xat("e"), 3));
		R(sys_renameat2(twin_dirfd, xat("d"), twin_dirfd, xat("e"), 0x40));
		R(sys_renameat2(twin_dirfd, xat(""), twin_dirfd, xat("e"), 0));
		x_tree();
	}
}

CASE(rename_two_dirfds)
{
	mkdir("a", 0755);
	mkdir("b", 0755);
	put("a/f", "f");
	int a = open("a", O_RDONLY | O_DIRECTORY), b = open("/t/b", O_PATH | O_DIRECTORY);
	R(renameat(a, "f", b, "g"));
	R(renameat(b, "g", AT_FDCWD, "h"));
	R(renameat(AT_FDCWD, "h", a, "../i"));
	R(renameat(99, "h", a, "i"));
	R(renameat(a, "x", 99, "i"));
	R(renameat(a, "../i", 99, "/t/j"));
	R(renameat(99, "/t/j", b, "../../t/a/k"));
	tree("/t");
}

/* The number of a closed descriptor is free for what the lookup of the other name opens. */
CASE(rename_closed)
{
	x_mkdir("d", 0755);
	x_mkdir("d/e", 0755);
	x_put("d/a", "text");

	const int d = open("d", O_RDONLY | O_DIRECTORY), file = open("d/a", O_RDONLY);
	const int closed = dup(d);

	close(closed);
	R(renameat(closed, "a", AT_FDCWD, "d/b"));
	R(renameat(closed, "a", AT_FDCWD, "/t/d/b"));
	R(renameat(closed, "a", AT_FDCWD, "d/e/b"));
	R(renameat(closed, "a", d, "e/b"));
	R(renameat(closed, "a", d, "missing/b"));
	R(renameat(closed, "a", -1, ""));
	R(renameat(closed, "a", AT_FDCWD, "/"));
	R(renameat(AT_FDCWD, "d/a", closed, "b"));
	R(renameat(AT_FDCWD, "d/a", closed, "e/b"));
	R(renameat(AT_FDCWD, "d/a", closed, ""));
	R(renameat(AT_FDCWD, "/t/d/a", closed, "b"));
	R(renameat(AT_FDCWD, "missing/a", closed, "b"));
	R(renameat(file, "a", AT_FDCWD, "d/b"));
	R(renameat(file, "a", AT_FDCWD, "missing/b"));
	R(renameat(AT_FDCWD, "d/a", file, "b"));
	R(linkat(closed, "a", AT_FDCWD, "d/c", 0));
	R(linkat(closed, "a", AT_FDCWD, "/t/d/c", AT_SYMLINK_FOLLOW));
	R(linkat(AT_FDCWD, "d/a", closed, "c", 0));
	R(linkat(AT_FDCWD, "/t/d/a", closed, "c", AT_SYMLINK_FOLLOW));
	R(linkat(file, "a", AT_FDCWD, "d/c", 0));
	R(linkat(file, "a", AT_FDCWD, "missing/c", 0));
	x_tree();
}
