/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_chroot.c - tests chroot(2) inside: nested roots, leaving a root, descriptors of
 * directories outside of it, shared roots; pivot_root and mount are refused.
 */
#include "twin.h"

static void where(const char *what)
{
	char buf[PATH_MAX];
	long n = sys_getcwd(buf, sizeof(buf));

	/* What comes after "(unreachable)" is the name outside, which is another one for each root.
	 */
	if (n > 0 && buf[0] == '(')
		buf[strlen("(unreachable)")] = 0;
	say("%s: cwd %q\n", what, n < 0 ? errno_name(errno) : buf);
}

static void make(void)
{
	mkdir("sub", 0755);
	mkdir("sub/etc", 0755);
	mkdir("sub/inner", 0755);
	mkdir("sub/inner/etc", 0755);
	put("sub/etc/name", "sub");
	put("sub/inner/etc/name", "inner");
	put("/t/name", "outside");
	symlink("/etc/name", "sub/absolute");
	symlink("../../../etc/name", "sub/inner/above");
}

CASE(chroot_root)
{
	struct stat a, b;

	make();
	R(chroot("missing"));
	R(chroot("/etc/passwd"));
	R(chroot("sub"));
	where("before chdir");
	show("name");
	show("/etc/name");
	show("/absolute");
	show("/inner/above");
	show("/../../etc/name");
	R(chdir("/"));
	where("root");
	R(stat("/", &a));
	R(stat("/..", &b));
	say("top %d\n", a.st_ino == b.st_ino);
	R(access("/t/name", F_OK));
	R(access("/proc/self", F_OK));
	R(chdir("inner"));
	where("inner");
	R(chroot("."));
	where("inner is root");
	show("/etc/name");
	show("above");
	R(chdir(".."));
	where("up");
	R(mkdir("/made", 0755));
	R(chroot(".."));
	R(execve(twin_self, ARGV("x"), environ));
	tree("/");
}

/* The classic way out, which the kernel allows to root. */
CASE(chroot_root_left_again)
{
	make();
	int root = open("/", O_RDONLY | O_DIRECTORY);
	R(chroot("sub"));
	show("/etc/name");
	R(fchdir(root));
	where("outside the root");
	show("etc/passwd");
	R(chroot("."));
	where("back");
	show("/etc/passwd");
	show("/t/name");
	R(chdir("/t/sub"));
	where("sub");
	/* Without an fd: the working directory stays outside when the root goes deeper. */
	R(chroot("inner"));
	where("outside again");
	show("etc/name");
	R(chdir("../.."));
	where("higher");
	R(chroot("."));
	show("/etc/passwd");
	where("end");
}

/* Real root gets out of a real chroot(2) in the same way. */
CASE(chroot_root_escape)
{
	struct stat before, after;

	R(stat("/", &before));
	mkdir("sub", 0755);
	R(chroot("sub"));
	for (int i = 0; i < 40; i++)
		chdir("..");
	R(chroot("."));
	R(stat("/", &after));
	say("the same root %d\n", before.st_ino == after.st_ino && before.st_dev == after.st_dev);
}

CASE(chroot_root_dirfds)
{
	struct stat st;

	make();
	int outside = open("/t", O_RDONLY | O_DIRECTORY), path = open("/etc", O_PATH | O_DIRECTORY),
	    inside = open("sub/inner", O_RDONLY | O_DIRECTORY);
	R(chroot("sub"));
	R(chdir("/"));
	show_fd("outside name", openat(outside, "name", O_RDONLY));
	show_fd("outside ../etc/passwd", openat(outside, "../etc/passwd", O_RDONLY));
	show_fd("outside ../etc/absolute", openat(outside, "../etc/relative", O_RDONLY));
	R(openat(path, "absolute", O_RDONLY));
	show_fd("path relative", openat(path, "relative", O_RDONLY));
	show_fd("inside ../etc/name", openat(inside, "../etc/name", O_RDONLY));
	show_fd("inside ../../../etc/name", openat(inside, "../../../etc/name", O_RDONLY));
	show_fd("inside above", openat(inside, "above", O_RDONLY));
	R(fstatat(outside, "sub/etc/name", &st, 0));
	R(mkdirat(outside, "made-from-inside", 0755));
	R(fchdir(outside));
	where("outside");
	show("name");
	R(chdir(".."));
	where("above");
	show("etc/passwd");
	R(fchdir(inside));
	where("inside");
	R(chdir("../../.."));
	where("clamped");
	R(fchdir(outside));
	R(chroot("/"));
	where("still outside");
	R(chdir("/"));
	where("in");
}

CASE(chroot_root_spellings)
{
	SPELLINGS() {
		x_mkdir("new", 0755);
		x_mkdir("new/etc", 0755);
		x_put("new/etc/name", "spelt");
		x_symlink("new", "link");
		x_symlink("/new", "wrong");
		x_symlink("nowhere", "dangling");
		CHILD("plain") {
			R(chroot(x("new")));
			show("/etc/name");
		}
		CHILD("link") {
			R(chroot(x("link/")));
			show("/etc/name");
		}
		R(chroot(x("wrong")));
		R(chroot(x("dangling")));
		R(chroot(x("new/etc/name")));
	}
	where("none of them moved the parent");
}

CASE(chroot_root_exec)
{
	mkdir("sub", 0755);
	mkdir("sub/bin", 0755);
	/* A static program needs nothing else; for a dynamic one its interpreter is missing there.
	 */
	put_self("sub/bin/copy");
	int self = open(twin_self, O_RDONLY);
	CHILD("inside") {
		R(chroot("sub"));
		R(chdir("/"));
		R(execve("/bin/copy", ARGV("x", "@say", "inside"), environ));
	}
	CHILD("by fd") {
		R(chroot("sub"));
		R(chdir("/"));
		R(sys_execveat(
			self, "", ARGV("x", "@say", "from outside"), environ, AT_EMPTY_PATH));
	}
	CHILD("script") {
		put_mode("sub/script", "#!/bin/copy @say\n", 0755);
		R(chroot("sub"));
		R(chdir("/"));
		R(execve("script", ARGV("x"), environ));
	}
}

/* Where one is belongs to what CLONE_FS shares, and a fork copies. */
CASE(chroot_root_fork)
{
	make();
	CHILD("child") {
		R(chroot("sub"));
		R(chdir("/"));
		show("/etc/name");
		CHILD("grandchild") {
			show("/etc/name");
			R(chroot("/inner"));
			show("/etc/name");
		}
		show("/etc/name");
	}
	show("/etc/name");
	where("parent");
}

static char stack[65536] __attribute__((aligned(16)));

static int move(void *arg)
{
	(void)arg;
	if (chroot("sub") < 0 || chdir("/") < 0)
		return 1;
	return 0;
}

CASE(chroot_root_clone_fs)
{
	make();
	pid_t pid = clone(move, stack + sizeof(stack), CLONE_FS | SIGCHLD, NULL);
	reap("shared", pid);
	where("parent");
	show("/etc/name");
	show("/inner/etc/name");
}

CASE(misc_root_unshare_fs)
{
	make();
	pid_t pid = clone(move, stack + sizeof(stack), CLONE_FS | SIGCHLD, NULL);
	reap("shared", pid);
	R(unshare(CLONE_FS));
	pid = clone(move, stack + sizeof(stack), CLONE_FS | SIGCHLD, NULL);
	reap("again", pid);
	where("parent");
	show("/inner/etc/name");
}

/* As browsers' sandboxes do it: the helper shares the memory too, and is gone when its parent goes
 * on. */
CASE(chroot_root_clone_fs_vfork)
{
	make();
	CHILD("first child, of a parent that will move") {
		pid_t pid = clone(move, stack + sizeof(stack),
			CLONE_FS | CLONE_VM | CLONE_VFORK | SIGCHLD, NULL);
		reap("shared", pid);
		where("parent");
		show("/etc/name");
		CHILD("forked afterwards") {
			show("/etc/name");
			R(chroot("/inner"));
			show("/etc/name");
		}
		show("/etc/name");
		CHILD("run afterwards")
			R(execve(twin_self, ARGV("x"), environ));
		R(access("/inner", F_OK));
	}
	where("nobody shared with this one");
	show("/etc/name");
}

static int ready[2], moved[2];

static int look(void *arg)
{
	char c;

	(void)arg;
	write(ready[1], "r", 1);
	read(moved[0], &c, 1);
	where("child");
	show("/etc/name");
	R(chroot("inner"));
	return 0;
}

/* The parent moves, then the child, while both live. */
CASE(chroot_root_clone_fs_both)
{
	char c;

	make();
	pipe(ready);
	pipe(moved);
	pid_t pid = clone(look, stack + sizeof(stack), CLONE_FS | SIGCHLD, NULL);
	read(ready[0], &c, 1);
	R(chroot("sub"));
	R(chdir("/"));
	write(moved[1], "m", 1);
	reap("child", pid);
	where("parent");
	show("/etc/name");
	R(chdir("/"));
	where("parent");
}

CASE(chroot_user)
{
	make();
	R(chroot("sub"));
	R(chroot("/"));
	R(chroot("missing"));
	R(chroot("name"));
	R(sys_pivot_root("/t", "/t/sub"));
	R(sys_pivot_root("missing", "/t/sub"));
	R(mount("none", "/t/sub", "tmpfs", 0, NULL));
	R(umount2("/t/sub", 0));
	R(umount2("/missing", 0));
	R(unshare(CLONE_FS));
	R(unshare(CLONE_FILES));
	where("here");
	show("/etc/passwd");
}

CASE(chroot_root_pivot_errors)
{
	mkdir("new", 0755);
	mkdir("new/old", 0755);
	R(sys_pivot_root("missing", "new/old"));
	R(sys_pivot_root("new", "missing"));
	R(sys_pivot_root("/etc/passwd", "new/old"));
	R(sys_pivot_root("new", "new/old"));
	R(sys_pivot_root(".", "."));
	R(umount2("new", 0));
	R(umount2("missing", 0));
	R(mount("missing", "new", NULL, MS_BIND, NULL));
	R(mount("/t/new", "missing", NULL, MS_BIND, NULL));
	R(mount("none", "new", "no-such-type", 0, NULL));
	where("here");
	show("/etc/passwd");
}

/* In a chroot nobody gets a user namespace, root neither. */
CASE(chroot_user_namespace)
{
	static const unsigned long flags[] = {0, CLONE_NEWNS, CLONE_NEWPID, CLONE_FS, CLONE_FILES,
		CLONE_THREAD, CLONE_SIGHAND, 0x8000000000ul};

	for (size_t i = 0; i < COUNT(flags); i++) {
		CHILD("unshare") {
			say("with %lx: ", flags[i]);
			R(SYSCALL(SYS_unshare, CLONE_NEWUSER | flags[i]));
		}
		const long pid =
			SYSCALL(SYS_clone, CLONE_NEWUSER | flags[i] | SIGCHLD, 0, NULL, NULL, 0);
		if (!pid)
			twin_exit(7);
		say("clone with %lx: %s\n", flags[i], pid < 0 ? errno_name(errno) : "made");
		if (pid > 0)
			reap("made", (pid_t)pid);
	}
}
