/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_walk.c - tests lookups of names: absolute and relative symlinks at any depth, .. above
 * the root, loops, lengths.
 */
#include "twin.h"

CASE(walk_root_links)
{
	static const char *const names_in_root[] = {"/etc/passwd", "/etc/absolute", "/etc/relative",
		"/etc/above", "/etc/dangling", "/link-to-etc/passwd", "/link-to-etc/absolute",
		"/link-to-etc/above", "/link-to-lib/..", "/link-to-lib/../../etc/relative",
		"/../../etc/passwd", "/../link-to-etc/../etc/passwd", "//etc///passwd",
		"/./etc/./passwd", "/etc/passwd/", "/etc/passwd/.", "/etc/passwd/..",
		"/etc/absolute/", "/etc/", "/etc/.", "/link-to-etc", "/link-to-etc/",
		"/link-to-etc/."};
	struct stat st;

	for (size_t i = 0; i < COUNT(names_in_root); i++) {
		const char *p = names_in_root[i];
		if (stat(p, &st) < 0)
			say("stat %s: %e\n", p, errno);
		else
			say_stat(p, &st);
		if (lstat(p, &st) < 0)
			say("lstat %s: %e\n", p, errno);
		else
			say_stat(p, &st);
		say("%s: access %d\n", p, access(p, R_OK));
	}
	show("/etc/absolute");
	show("/link-to-etc/above");
}

CASE(walk_dotdot)
{
	struct stat root, st;

	stat("/", &root);
	static const char *const ups[] = {"/..", "/../", "/../..", "..", "../..", "../../..",
		"../../../..", "d/../..", "d/../../..", "to-root", "to-root/..", "to-root/../..",
		"up", "up/..", "up/../.."};
	mkdir("d", 0755);
	symlink("/", "to-root");
	symlink("../../../../../..", "up");
	for (size_t i = 0; i < COUNT(ups); i++) {
		if (stat(ups[i], &st) < 0)
			say("%s: %e\n", ups[i], errno);
		else
			say("%s is %s\n", ups[i],
				st.st_ino == root.st_ino && st.st_dev == root.st_dev ? "the root" :
										       "elsewhere");
	}
	int fd = open("/", O_RDONLY | O_DIRECTORY);
	R(fstatat(fd, "..", &st, 0));
	say("%d\n", st.st_ino == root.st_ino);
	R(fstatat(fd, "../../t", &st, 0));
	say_stat("../../t", &st);
	R(fstatat(fd, "../bin/../..", &st, 0));
	say("%d\n", st.st_ino == root.st_ino);
}

CASE(walk_link_dotdot)
{
	SPELLINGS() {
		x_mkdir("a", 0755);
		x_mkdir("a/b", 0755);
		x_put("a/found", "beside b");
		x_put("found", "beside a");
		x_symlink("a/b", "link");
		x_symlink("/etc", "etc");
		x_show("link/../found");
		x_show("a/b/../../found");
		x_show("etc/../etc/passwd");
		x_show("link/../../found");
		x_say_stat("link/..");
		x_say_stat("missing/..");
		x_say_stat("found/..");
		x_say_stat("link/../b/../../a/found");
	}
}

CASE(walk_link_chain)
{
	SPELLINGS() {
		x_mkdir("d1", 0755);
		x_mkdir("d1/d2", 0755);
		x_put("d1/d2/file", "deep");
		x_symlink("d1", "s1");
		x_symlink("s1/d2", "s2");
		x_symlink("s2/file", "s3");
		x_symlink("./s3", "s4");
		x_symlink("s1/../s4", "s5");
		x_symlink("../../t/link-here/s5", "s6");
		x_symlink("s2/", "s7");
		x_symlink("s3/", "s8");
		unlink("/t/link-here");
		symlink(twin_spell == SPELL_ABS ? "/t/abs" :
			twin_spell == SPELL_REL ? "rel" :
			twin_spell == SPELL_AT	? "/../../t/at" :
						  "./../t/sym",
			"/t/link-here");
		x_show("s3");
		x_show("s5");
		x_show("s6");
		x_show("s7/file");
		x_show("s8");
		x_say_lstat("s7");
		x_say_lstat("s7/");
		x_say_lstat("s2/file");
	}
}

/* When a walk must start again because something was mounted on this machine meanwhile, the kernel
 * goes on counting links where it was (set_nameidata() counts a call, not a walk; fs/namei.c), so
 * near the limit it may say ELOOP although one more try succeeds. A real ELOOP stays. */
static long settled;
#define R_LOOP(call)                                                                               \
	do {                                                                                       \
		for (int tries = 0; tries < 20; tries++) {                                         \
			errno = 0;                                                                 \
			settled = (call);                                                          \
			if (settled >= 0 || errno != ELOOP)                                        \
				break;                                                             \
		}                                                                                  \
		twin_ret(#call, settled);                                                          \
	} while (0)

static void link_ring(int count)
{
	char name[8] = "l00", to[8] = "l00";

	/* l01 -> l00, l02 -> l01, ...; l00 is a file. */
	x_put("l00", "end");
	for (int i = 1; i <= count; i++) {
		name[1] = (char)('0' + i / 10);
		name[2] = (char)('0' + i % 10);
		x_symlink(to, name);
		memcpy(to, name, sizeof(to));
	}
}

CASE(walk_eloop_40)
{
	struct stat st;

	SPELLINGS() {
		link_ring(42);
		R_LOOP(x_stat("l38", &st));
		R_LOOP(x_stat("l39", &st));
		R_LOOP(x_stat("l40", &st));
		R_LOOP(x_stat("l41", &st));
		x_say_lstat("l40");
		x_say_lstat("l41");
		x_say_lstat("l42");
		R(x_access("l41", F_OK));
		R(x_open("l41", O_RDONLY | O_NOFOLLOW, 0));
		R(x_open("l41", O_WRONLY | O_CREAT, 0644));
		R(x_open("l42", O_WRONLY | O_CREAT | O_TRUNC, 0644));
		R(x_chmod("l42", 0600));
	}
}

/* Links within one name count together: d -> ., so d/d/d/... is one link a component. */
CASE(walk_eloop_in_one_name)
{
	char name[128];
	struct stat st;

	SPELLINGS() {
		x_symlink(".", "d");
		x_put("f", "f");
		for (int n = 37; n <= 42; n++) {
			for (int i = 0; i < n; i++)
				memcpy(name + 2 * i, "d/", 2);
			memcpy(name + 2 * n, "f", 2);
			say("%d links\n", n);
			R_LOOP(x_access(name, F_OK));
			memcpy(name + 2 * n, "d", 2);
			R_LOOP(x_lstat(name, &st));
		}
	}
}

CASE(walk_eloop_self)
{
	SPELLINGS() {
		x_symlink("self", "self");
		x_symlink("pong", "ping");
		x_symlink("ping", "pong");
		x_symlink("tail/x", "tail");
		x_say_stat("self");
		x_say_lstat("self");
		x_say_lstat("self/");
		x_say_lstat("self/x");
		x_say_stat("ping");
		x_say_stat("tail");
		R(x_open("self", O_RDONLY, 0));
		R(x_open("self", O_RDONLY | O_NOFOLLOW, 0));
		R(x_open("self", O_WRONLY | O_CREAT, 0644));
		R(x_open("self", O_WRONLY | O_CREAT | O_EXCL, 0644));
		R(x_mkdir("self", 0755));
		R(x_mkdir("self/x", 0755));
		R(x_rename("self", "self2"));
		R(x_unlink("ping"));
		x_say_stat("pong");
	}
}

/* A name that some mount point has costs the walk a look into the table of mounts, each time. */
CASE(walk_eloop_mount_name)
{
	SPELLINGS() {
		x_symlink("proc", "proc");
		x_symlink("proc/x", "dev");
		x_say_stat("proc");
		x_say_stat("proc/");
		x_say_stat("proc/x");
		x_say_stat("dev");
		R(x_open("proc", O_RDONLY, 0));
		R(x_open("proc", O_WRONLY | O_CREAT, 0644));
		R(x_mkdir("proc/x", 0755));
	}
}

CASE(walk_name_lengths)
{
	static char name[5000];

	SPELLINGS() {
		R(x_mkdir(fill(name, 'n', 255), 0755));
		R(x_mkdir(fill(name, 'n', 256), 0755));
		fill(name, 'n', 255);
		x_say_stat(name);
		memcpy(name + 255, "/x", 3);
		R(x_mkdir(name, 0755));
		R(x_access(fill(name, 'n', 256), F_OK));
		R(x_unlink(fill(name, 'n', 256)));
		R(x_symlink("x", fill(name, 'n', 256)));
		R(x_open(fill(name, 'm', 255), O_WRONLY | O_CREAT, 0644));
		R(x_open(fill(name, 'm', 256), O_WRONLY | O_CREAT, 0644));
		R(x_open(fill(name, 'm', 256), O_RDONLY, 0));
		memset(name, 'n', 256);
		memcpy(name + 256, "/..", 4);
		x_say_stat(name);
	}
}

/* PATH_MAX counts the path as the program wrote it: 4095 bytes and the NUL. */
CASE(walk_path_max)
{
	static char path[5000];

	for (size_t n = 4093; n <= 4097; n++) {
		say("%ld bytes\n", (long)n);
		fill(path, '/', n);
		memcpy(path + n - 3, "etc", 3);
		R(access(path, F_OK));
		R(open(path, O_RDONLY | O_DIRECTORY));
		R(chdir(path));
		R(chdir("/t"));
		for (size_t i = 0; i + 1 < n; i += 2)
			memcpy(path + i, "./", 2);
		memcpy(path + n - 3, "/mk", 4);
		R(mkdir(path, 0755));
		R(rmdir(path));
	}
	tree("/t");
}

CASE(walk_enotdir)
{
	SPELLINGS() {
		x_put("file", "text");
		x_symlink("file", "link");
		x_say_stat("file/");
		x_say_stat("file/.");
		x_say_stat("file/..");
		x_say_stat("file/x");
		x_say_stat("link/");
		x_say_lstat("link/");
		x_say_lstat("link/x");
		R(x_open("file/", O_RDONLY, 0));
		R(x_open("file/x", O_WRONLY | O_CREAT, 0644));
		R(x_open("file", O_RDONLY | O_DIRECTORY, 0));
		R(x_open("link", O_RDONLY | O_DIRECTORY, 0));
		R(x_access("file/", F_OK));
		R(x_mkdir("link/x", 0755));
	}
	int f = open("/t/rel/file", O_RDONLY);
	struct stat st;
	R(fstatat(f, "x", &st, 0));
	R(fstatat(f, ".", &st, 0));
	R(openat(f, "..", O_RDONLY));
	R(fstatat(f, "/t", &st, 0));
	R(fstatat(99, "x", &st, 0));
	R(fstatat(-1, "x", &st, 0));
	R(fstatat(-1, "/t", &st, 0));
}

CASE(walk_empty_path)
{
	struct stat st;
	char buf[8];

	R(open("", O_RDONLY));
	R(open("", O_WRONLY | O_CREAT, 0644));
	R(open("", O_RDONLY | O_DIRECTORY));
	R(openat(AT_FDCWD, "", O_PATH));
	R(stat("", &st));
	R(lstat("", &st));
	R(fstatat(AT_FDCWD, "", &st, 0));
	R(access("", F_OK));
	R(mkdir("", 0755));
	R(rmdir(""));
	R(unlink(""));
	R(rename("", "x"));
	R(rename("/etc/passwd", ""));
	R(link("", "x"));
	R(link("/etc/passwd", ""));
	R(symlink("x", ""));
	R(symlink("", "x"));
	R(readlink("", buf, 8));
	R(chmod("", 0644));
	R(chdir(""));
	R(truncate("", 0));
	R(mknod("", S_IFIFO | 0644, 0));
	R(utimensat(AT_FDCWD, "", NULL, 0));
	struct statfs sfs;
	R(statfs("", &sfs));
	R(getxattr("", "user.x", buf, 8));
	R(execve("", ARGV("x"), environ));
	R(chroot(""));
	tree("/t");
}

CASE(walk_empty_link_component)
{
	SPELLINGS() {
		x_symlink("nowhere", "dangling");
		x_say_stat("dangling");
		x_say_lstat("dangling");
		x_say_lstat("dangling/");
		x_say_stat("dangling/x");
		x_say_stat("dangling/..");
		R(x_access("dangling", F_OK));
		R(x_open("dangling", O_RDONLY, 0));
		R(x_chmod("dangling", 0600));
		R(x_mknod("dangling", S_IFIFO | 0600, 0));
	}
}
