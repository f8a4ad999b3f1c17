/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_fold.c - tests absolute paths with `..` after names that were looked up before: what was learned of the directory before
 * the `..` must not outlive the directory.
 */
#include "twin.h"

static void look(const char *path)
{
	struct stat st;
	char text[64];
	int fd;

	say("%s\n", path);
	if (!R(stat(path, &st)))
		say("%o %ld\n", st.st_mode, S_ISDIR(st.st_mode) ? 0 : (long)st.st_size);
	R(access(path, R_OK));
	R(readlink(path, text, sizeof(text)));
	fd = (int)R(open(path, O_RDONLY));
	if (fd >= 0)
		close(fd);
}

static void look_at_all(const char *what)
{
	static const char *const paths[] = {"/t/a/b/c/x", "/t/a/b/c/../x", "/t/a/b/c/../../x",
		"/t/a/b/c/../../../x", "/t/a/b/c/../../../../t/x", "/t/a/b/c/../../../../../t/x",
		"/t/a/b/c/../../b/c/../x", "/t/a/b/c/./../x", "/t//a/b/c//..//x",
		"/t/a/b/c/../none/x", "/t/a/b/c/../..", "/t/a/b/c/../../", "/t/a/b/c/../../b/",
		"/t/l/c/../x", "/t/l/../x", "/t/a/b/x/../x", "/t/none/../x", "/../t/x",
		"/t/a/b/c/../../../../.fakejail", "/t/a/b/c/../l", "/t/m/../x", "/t/a/../m/../x"};

	say("== %s\n", what);
	for (int round = 0; round < 2; round++)
		for (size_t i = 0; i < COUNT(paths); i++)
			look(paths[i]);
}

static void put_text(const char *path)
{
	const int fd = (int)R(open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644));

	if (fd >= 0) {
		R(write(fd, path, strlen(path)));
		close(fd);
	}
}

static void make_tree(void)
{
	R(mkdir("/t", 0755));
	R(mkdir("/t/a", 0755));
	R(mkdir("/t/a/b", 0755));
	R(mkdir("/t/a/b/c", 0755));
	R(mkdir("/t/far", 0755));
	R(mkdir("/t/far/deep", 0755));
	R(symlink("a/b", "/t/l"));
	R(symlink("x", "/t/a/b/l"));
	put_text("/t/x");
	put_text("/t/a/x");
	put_text("/t/a/b/x");
	put_text("/t/a/b/c/x");
	put_text("/t/far/x");
	put_text("/t/far/deep/x");
}

CASE(fold_removed)
{
	make_tree();
	look_at_all("at first");
	R(unlink("/t/a/b/c/x"));
	R(rmdir("/t/a/b/c"));
	look_at_all("removed");
	put_text("/t/a/b/c");
	look_at_all("a file");
	R(unlink("/t/a/b/c"));
	R(symlink("/t/far/deep", "/t/a/b/c"));
	look_at_all("a symlink");
	R(unlink("/t/a/b/c"));
	R(mkdir("/t/a/b/c", 0755));
	look_at_all("a directory");
}

CASE(fold_moved)
{
	make_tree();
	look_at_all("at first");
	R(rename("/t/a/b/c", "/t/c"));
	look_at_all("moved");
	R(rename("/t/c", "/t/a/b/c"));
	look_at_all("moved back");
	R(rename("/t/a/b", "/t/far/b"));
	look_at_all("the one above moved");
	R(symlink("../far/b", "/t/a/b"));
	look_at_all("a symlink to it");
}

CASE(fold_root_closed)
{
	make_tree();
	R(chmod("/t/a/b/c", 0700));
	R(setgid(1000));
	R(setuid(1000));
	look_at_all("a user");
}

CASE(fold_root_nested)
{
	make_tree();
	look_at_all("at first");
	R(chroot("/t"));
	look("/a/b/c/../../x");
	look("/a/b/c/../../../x");
	look("/a/b/c/../../../../x");
	look("/a/b/c/../../../../a/x");
	look("/l/../x");
}

CASE(fold_root_mounted)
{
	make_tree();
	look_at_all("at first");
	R(mount("/t/far/deep", "/t/a/b/c", NULL, MS_BIND, NULL));
	look_at_all("mounted");
	R(umount("/t/a/b/c"));
	R(mount("/t/far", "/t/a/b", NULL, MS_BIND, NULL));
	look("/t/a/b/deep/x");
	look("/t/a/b/deep/../x");
	look("/t/a/b/deep/../../x");
	look("/t/a/b/deep/../../../x");
	look_at_all("the one above mounted");
	R(umount("/t/a/b"));
	look_at_all("unmounted");
}

CASE(fold_changes)
{
	struct stat st;

	make_tree();
	look_at_all("at first");
	R(mkdir("/t/a/b/c/../new", 0755));
	R(rename("/t/a/b/c/../new", "/t/a/b/c/../../new"));
	R(rmdir("/t/a/b/c/../../new/"));
	R(rmdir("/t/a/b/c/../"));
	R(rmdir("/t/a/b/c/.."));
	R(rmdir("/t/a/b/c/../../b/"));
	R(mkdir("/t/a/b/c/../", 0755));
	R(unlink("/t/a/b/c/../x"));
	R(link("/t/a/b/c/../../x", "/t/a/b/c/../x"));
	R(symlink("y", "/t/a/b/c/../y"));
	R(chmod("/t/a/b/c/../x", 0600));
	if (!R(stat("/t/a/x", &st)))
		say("%o %d\n", st.st_mode, (int)st.st_nlink);
	R(chdir("/t/a/b/c/../.."));
	R(access("b/c", F_OK));
	tree("/t");
}
