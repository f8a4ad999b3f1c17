/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_cwd.c - tests chdir, fchdir and getcwd: after directories are moved and removed, and
 * deeper than PATH_MAX.
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

/* What a path of several names leads to from here, and again when that is remembered. */
static void paths_from(const char *where_one_is)
{
	char buf[PATH_MAX];
	struct stat st;

	say("%s\n", where_one_is);
	for (int i = 0; i < 3; i++) {
		show("d/f");
		show("./d/f");
		show("d/l");
		R(access("d/passwd", R_OK));
		R(lstat("d/e", &st));
		const long n = readlink("d/l", buf, sizeof(buf) - 1);
		say("link %.*s\n", n > 0 ? (int)n : 0, buf);
	}
}

static char stack[65536];
static int told[2]; /* the parent has looked once more: move now */

TOOL(move)
{
	(void)argc;
	R(chdir(argv[2]));
}

/* Another program, which has other memory. */
static int exec_and_move(void *dir)
{
	execve(twin_self, ARGV("x", "@move", dir), environ);
	return 99;
}

static int move_to(void *dir)
{
	return chdir(dir) ? errno : 0;
}

static int move_when_told(void *dir)
{
	char byte;

	return read(told[0], &byte, 1) == 1 ? move_to(dir) : 99;
}

/* A path that begins where the process stands: it is moved itself, by itself and by others, and
 * what lies there becomes something else. */
CASE(cwd_kept)
{
	static const char *const dirs[] = {"a", "b", "c"};

	for (size_t i = 0; i < COUNT(dirs); i++) {
		char name[16];

		mkdir(dirs[i], 0755);
		snprintf(name, sizeof(name), "%s/d", dirs[i]);
		if (i == 2) {
			symlink("/link-to-etc", name); /* of the host there is none */
			continue;
		}
		mkdir(name, 0755);
		snprintf(name, sizeof(name), "%s/d/f", dirs[i]);
		put(name, dirs[i]);
		snprintf(name, sizeof(name), "%s/d/l", dirs[i]);
		symlink(i ? "f" : "../../b/d/f", name);
	}
	const int b = open("b", O_RDONLY), c = open("c", O_PATH);
	R(chdir("a"));
	paths_from("a");
	R(fchdir(b));
	paths_from("b");
	R(fchdir(c));
	paths_from("c");
	R(chdir("../a"));
	paths_from("a again");
	CHILD("moves a")
		R(rename("/t/a", "/t/moved"));
	CHILD("makes another a") {
		R(mkdir("/t/a", 0755));
		R(mkdir("/t/a/d", 0755));
		put("/t/a/d/f", "another a");
		R(symlink("/link-to-etc", "/t/a/d/l"));
	}
	paths_from("moved");
	where();
	CHILD("stands elsewhere") {
		R(chdir("/t/c"));
		paths_from("c, in a child");
	}
	paths_from("moved");
	CHILD("makes another directory of d") {
		R(rename("d", "old"));
		R(symlink("../b/d", "d"));
	}
	paths_from("d is b's");
	CHILD("makes another link of it") {
		R(unlink("d"));
		R(symlink("/link-to-etc", "d"));
	}
	paths_from("d is /etc");
	R(pipe(told));
	pid_t pid =
		clone(move_when_told, stack + sizeof(stack), CLONE_FS | SIGCHLD, (void *)"/t/b");
	paths_from("d is /etc still");
	R(write(told[1], "x", 1));
	reap("shares where it stands", pid);
	paths_from("b");
	pid = clone(
		move_to, stack + sizeof(stack), CLONE_VM | CLONE_VFORK | SIGCHLD, (void *)"/t/c");
	reap("shares its memory", pid);
	paths_from("b still");
	pid = clone(move_to, stack + sizeof(stack), CLONE_FS | CLONE_VM | CLONE_VFORK | SIGCHLD,
		(void *)"/t/c");
	reap("shares both", pid);
	paths_from("c");
	R(mkdir("/t/gone", 0755));
	R(chdir("/t/gone"));
	paths_from("nothing is there");
	CHILD("removes it")
		R(rmdir("/t/gone"));
	paths_from("gone");
}

/* The same, where nobody in the jail has shared his working directory before: with his memory, and
 * by the exec no longer with that. */
CASE(cwd_shared_over_exec)
{
	R(mkdir("a", 0755));
	R(mkdir("a/d", 0755));
	put("a/d/f", "a");
	R(mkdir("b", 0755));
	R(symlink("/link-to-etc", "b/d"));
	R(chdir("a"));
	paths_from("a");
	const pid_t pid = clone(exec_and_move, stack + sizeof(stack),
		CLONE_FS | CLONE_VM | CLONE_VFORK | SIGCHLD, (void *)"/t/b");
	reap("moves", pid);
	paths_from("b");
	R(chdir("/t"));
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
