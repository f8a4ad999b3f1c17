/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_union_names.c - tests making, renaming and removing names in an overlay.
 */
#include "case_union.h"

static void is_opaque(const char *path)
{
	char value[4] = "";
	const long n = lgetxattr(path, "trusted.overlay.opaque", value, sizeof(value));

	say("%s: %s\n", path, n > 0 ? value : errno_name(errno));
}

CASE(union_root_unlink)
{
	make_union();
	R(unlink("m/missing"));
	R(unlink("m/up"));
	R(unlink("m/both"));
	R(unlink("m/both"));
	R(unlink("m/d/u"));
	R(unlink("m/d/b"));
	R(unlink("m/d"));
	R(unlink("m/d/"));
	R(unlink("m/d/a/"));
	R(unlink("m/d/link"));
	R(rmdir("m/d/a"));
	R(rmdir("m/d"));
	R(rmdir("m/only"));
	R(unlink("m/only/deep/f"));
	R(rmdir("m/only/deep"));
	R(rmdir("m/only/deep"));
	R(unlink("m/only/f"));
	R(rmdir("m/only"));
	R(unlink("m/updir/f"));
	R(rmdir("m/updir"));
	R(unlink("m/d/a"));
	R(unlink("m/d/both"));
	R(rmdir("m/d"));
	R(unlink("m/dir-and-file"));
	R(unlink("m/file-and-dir/f"));
	R(rmdir("m/file-and-dir"));
	R(access("m/file-and-dir", F_OK));
	R(access("m/d/b", F_OK));
	show_tree("m");
	take_away();
	show_tree("u");
}

CASE(union_root_make)
{
	make_union();
	R(mkdir("m/d", 0755));
	R(mkdir("m/both", 0755));
	R(mkdir("m/new", 0700));
	R(mkdir("m/only/new", 02770));
	R(mkdir("m/missing/new", 0700));
	R(mknod("m/only/fifo", S_IFIFO | 0600, 0));
	R(mknod("m/only/dev", S_IFCHR | 0600, 0x105));
	R(mknod("m/only/f", S_IFREG | 0600, 0));
	R(symlink("../d/a", "m/only/link"));
	R(symlink("x", "m/d/a"));
	R(link("m/d/a", "m/only/a"));
	R(link("m/d/a", "m/only/f"));
	R(link("m/d/missing", "m/only/g"));
	R(link("m/d", "m/only/g"));
	R(link("l1/both", "m/only/g"));
	R(link("m/d/link", "m/d/link2"));
	show_tree("m");
	/* Where whiteouts are. */
	R(unlink("m/both"));
	R(mkdir("m/both", 0755));
	R(unlink("m/d/b"));
	R(symlink("over a whiteout", "m/d/b"));
	R(unlink("m/below"));
	R(link("m/up", "m/below"));
	R(unlink("m/d/both"));
	R(mknod("m/d/both", S_IFIFO | 0644, 0));
	R(unlink("m/dir-and-file"));
	R(mkdir("m/dir-and-file", 0755));
	R(unlink("m/only/deep/f"));
	R(rmdir("m/only/deep"));
	R(mkdir("m/only/deep", 0755));
	R(access("m/only/deep/f", F_OK));
	put("m/only/deep/g", "fresh");
	show_tree("m");
	take_away();
	is_opaque("u/dir-and-file");
	is_opaque("u/only/deep");
	show_tree("u");
}

CASE(union_root_rename)
{
	make_union();
	R(rename("m/missing", "m/x"));
	R(rename("m/both", "m/moved"));
	show("m/moved");
	R(access("m/both", F_OK));
	R(rename("m/moved", "m/both"));
	show("m/both");
	R(rename("m/d/b", "m/only/f"));
	show("m/only/f");
	R(rename("m/d", "m/e"));
	R(rename("m/only", "m/e"));
	R(rename("m/updir", "m/e"));
	R(rename("m/e", "m/only/deep"));
	R(rename("m/e", "m/both"));
	R(rename("m/both", "m/e"));
	R(rename("m/only/deep/f", "m/f"));
	R(rename("m/e", "m/only/deep"));
	show("m/only/deep/f");
	R(rename("m/d/a", "m/d/link"));
	R(rename("m/d/both", "m/d/both"));
	R(rename("m/below", "l1/x"));
	R(rename("l1/both", "m/x"));
	R(mkdir("m/new", 0755));
	R(rename("m/new", "m/new/in"));
	R(rename("m/d", "m/d/in"));
	R(rename("m/new", "m/file-and-dir"));
	R(unlink("m/file-and-dir/f"));
	R(rename("m/new", "m/file-and-dir"));
	show_tree("m");
	take_away();
	show_tree("u");
}

#define NOREPLACE 1u
#define EXCHANGE 2u
#define WHITEOUT 4u
#define MOVE(from, to, flags) R(syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, flags))

CASE(union_root_rename_flags)
{
	make_union();
	MOVE("m/both", "m/below", NOREPLACE);
	MOVE("m/both", "m/free", NOREPLACE);
	MOVE("m/free", "m/both", NOREPLACE);
	MOVE("m/both", "m/below", EXCHANGE);
	show("m/both");
	show("m/below");
	MOVE("m/d/a", "m/up", EXCHANGE);
	show("m/d/a");
	show("m/up");
	MOVE("m/d/a", "m/missing", EXCHANGE);
	MOVE("m/d", "m/up", EXCHANGE);
	MOVE("m/updir", "m/up", EXCHANGE);
	show("m/up/f");
	MOVE("m/d/b", "m/d/c", WHITEOUT);
	MOVE("m/d/b", "m/d/c", NOREPLACE | EXCHANGE);
	show_tree("m");
	take_away();
	show_tree("u");
}
