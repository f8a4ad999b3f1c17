/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_cwd.c - chdir, fchdir, getcwd: where one is after moves, removals, and below PATH_MAX.
 */
#include "twin.h"

static void where(void)
{
	char buf[PATH_MAX];
	char *cwd = getcwd(buf, sizeof(buf));

	say("cwd %q\n", cwd ? cwd : errno_name(errno));
}

CASE(cwd)
{
	SPELLINGS() {
		x_mkdir("d", 0755);
		x_mkdir("d/e", 0755);
		x_put("f", "x");
		x_symlink("d/e", "l");
		x_symlink("/etc", "abs");
		x_symlink("nowhere", "dangling");
		R(chdir(x("f")));
		R(chdir(x("missing")));
		R(chdir(x("dangling")));
		R(chdir(x("f/")));
		where();
		R(chdir(x("d/e/")));
		where();
		R(chdir(".."));
		where();
		R(chdir("../l/.."));
		where();
		R(chdir("../abs"));
		where();
		show("passwd");
		R(chdir("../../../.."));
		where();
		R(chdir("link-to-lib"));
		where();
		R(chdir("/link-to-etc/../t"));
		where();
		chdir(twin_spell == SPELL_REL ? "/t/rel" : "/");
	}
}

CASE(cwd_fchdir)
{
	mkdir("d", 0755);
	put("f", "x");
	int d = open("d", O_RDONLY), p = open("/link-to-etc", O_PATH), f = open("f", O_RDONLY),
	    r = open("/", O_PATH);
	R(fchdir(d));
	where();
	R(fchdir(p));
	where();
	show("passwd");
	R(fchdir(f));
	R(fchdir(99));
	R(fchdir(r));
	where();
	R(chdir(".."));
	where();
	rename("/t/d", "/t/moved");
	R(fchdir(d));
	where();
	R(chdir(".."));
	where();
}

CASE(cwd_getcwd_sizes)
{
	char buf[64];

	mkdir("0123456789", 0755);
	chdir("0123456789"); /* "/t/0123456789": 13 bytes and NUL */
	static const long sizes[] = {0, 1, 2, 12, 13, 14, 15, 64};
	for (size_t i = 0; i < COUNT(sizes); i++) {
		memset(buf, '#', sizeof(buf));
		say("size %ld\n", sizes[i]);
		R(sys_getcwd(buf, sizes[i]));
		buf[20] = 0;
		say("%q\n", buf);
	}
	chdir("/");
	R(sys_getcwd(buf, 1));
	R(sys_getcwd(buf, 2));
	say("%q\n", buf);
	R(sys_getcwd(NULL, 64));
	R(sys_getcwd(buf, -1));
}

CASE(cwd_libc_getcwd)
{
	mkdir("d", 0755);
	chdir("d");
	char *cwd = getcwd(NULL, 0);
	say("%q\n", cwd ? cwd : errno_name(errno));
	char small[3];
	RP(getcwd(small, sizeof(small)));
	RP(getcwd(small, 0));
	RP(realpath("../d/./../d", NULL));
	char *real = realpath("/link-to-etc/above", NULL);
	say("%q\n", real ? real : errno_name(errno));
	real = realpath("missing", NULL);
	say("%q\n", real ? real : errno_name(errno));
	real = realpath(".", NULL);
	say("%q\n", real ? real : errno_name(errno));
	real = realpath("/../../..", NULL);
	say("%q\n", real ? real : errno_name(errno));
}

CASE(cwd_removed)
{
	struct stat st;
	char buf[64];

	mkdir("gone", 0755);
	chdir("gone");
	R(rmdir("../gone"));
	where();
	R(sys_getcwd(buf, sizeof(buf)));
	R(stat(".", &st));
	say_stat(".", &st);
	R(stat("..", &st));
	R(access("x", F_OK));
	R(open("x", O_WRONLY | O_CREAT, 0644));
	R(mkdir("x", 0755));
	R(symlink("a", "x"));
	R(open(".", O_RDONLY | O_DIRECTORY));
	R(open("..", O_RDONLY | O_DIRECTORY));
	R(access("../d", F_OK));
	R(access("/etc/passwd", F_OK));
	R(rename("x", "y"));
	R(execve("x", ARGV("x"), environ));
	CHILD("exec from there")
		R(execve(twin_self, ARGV("x", "@where"), environ));
	R(mkdir("/t/gone", 0755));
	where();
	R(access(".", F_OK));
	R(chdir(".."));
	where();
	R(chdir("/t/gone"));
	where();
}

CASE(cwd_moved)
{
	mkdir("a", 0755);
	mkdir("a/b", 0755);
	mkdir("c", 0755);
	put("c/beside", "in c");
	chdir("a/b");
	where();
	R(rename("/t/a/b", "/t/c/moved"));
	where();
	show("../beside");
	R(open("new", O_CREAT | O_WRONLY, 0644));
	R(rename("../../c", "/t/d"));
	where();
	R(mkdir("sub", 0755));
	R(chdir("sub/../.."));
	where();
	tree("/t");
}

/* Deeper than PATH_MAX, reached by relative steps. */
CASE(cwd_deep)
{
	static char name[256];
	char buf[64];
	int depth = 0, up = 0;
	struct stat st;

	fill(name, 'd', 200);
	while (depth < 25 && mkdir(name, 0755) == 0 && chdir(name) == 0)
		depth++;
	say("depth %d\n", depth);
	char *cwd = malloc(3 * PATH_MAX);
	R(sys_getcwd(cwd, 3 * PATH_MAX));
	R(sys_getcwd(buf, sizeof(buf)));
	put("f", "deep");
	show("f");
	R(stat("../f", &st));
	R(stat(".", &st));
	R(symlink("f", "l"));
	show("l");
	R(rename("l", "m"));
	R(mkdir("sub", 0755));
	R(chdir("sub"));
	R(open("../f", O_RDONLY));
	R(open("x", O_CREAT | O_EXCL | O_WRONLY, 0600));
	R(unlink("x"));
	R(chdir(".."));
	int fd = open(".", O_RDONLY | O_DIRECTORY);
	R(fd >= 0);
	CHILD("exec there")
		R(execve(twin_self, ARGV("x", "@argv"), environ));
	R(chdir("/"));
	R(fchdir(fd));
	show("f");
	R(fstatat(fd, "sub/../m", &st, AT_SYMLINK_NOFOLLOW));
	while (up < 25 && chdir("..") == 0)
		up++;
	where();
}

CASE(cwd_deep_at)
{
	static char name[256];
	int fd = open(".", O_RDONLY | O_DIRECTORY), depth = 0;
	struct stat st;

	fill(name, 'e', 250);
	while (depth < 25) {
		if (mkdirat(fd, name, 0755) < 0)
			break;
		int next = openat(fd, name, O_RDONLY | O_DIRECTORY);
		if (next < 0)
			break;
		close(fd);
		fd = next;
		depth++;
	}
	say("depth %d\n", depth);
	R(openat(fd, "f", O_WRONLY | O_CREAT, 0600));
	R(fstatat(fd, "f", &st, 0));
	say_stat("f", &st);
	R(symlinkat("f", fd, "l"));
	R(renameat(fd, "l", fd, "m"));
	R(linkat(fd, "f", fd, "g", 0));
	R(faccessat(fd, "m", R_OK, 0));
	R(unlinkat(fd, "m", 0));
	R(symlinkat("/etc/passwd", fd, "out"));
	show_fd("out", openat(fd, "out", O_RDONLY));
	R(fchdir(fd));
	R(access("g", F_OK));
	R(access("../", F_OK));
	while (depth > 0 && chdir("..") == 0)
		depth--;
	where();
}
