/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_perm.c - tests what other users may do with root's files: mode bits, groups, sticky
 * directories, ownership.
 */
#include "case_perm.h"

static void say_open(const char *path, int flags)
{
	const int e = opens(path, flags);

	say(" %s", e ? errno_name(e) : "ok");
}

/* Files of 1000:1000 with each mode, asked by the owner, a member of the group by gid and by list,
 * and another. */
CASE(perm_root_modes)
{
	static const mode_t modes[] = {0, 0400, 0200, 0100, 0040, 0020, 0010, 0004, 0002, 0001,
		0755, 0644, 0077, 0707, 0770};
	static const unsigned who[][2] = {{1000, 1000}, {7, 1000}, {7, 8}, {7, 7}};
	static const unsigned list[] = {1000};

	for (size_t i = 0; i < COUNT(modes); i++) {
		put("f", "x");
		mkdir("d", 0755);
		put("d/in", "x");
		chown("d/in", 1000, 1000);
		chown("f", 1000, 1000);
		chown("d", 1000, 1000);
		chmod("f", modes[i]);
		chmod("d", modes[i]);
		for (size_t w = 0; w < COUNT(who); w++)
			CHILD("asked") {
				become(who[w][0], who[w][1]);
				say("%o by %d:%d:", modes[i], who[w][0], who[w][1]);
				say_open("f", O_RDONLY);
				say_open("f", O_WRONLY);
				say_open("f", O_RDWR);
				say_open("f", O_RDONLY | O_TRUNC);
				say_open("f", O_PATH);
				say_open("f", O_RDONLY | O_NOATIME);
				say_open("f", O_WRONLY | O_CREAT);
				say_open("f", O_WRONLY | O_CREAT | O_EXCL);
				say(" access %d%d%d dir:", access("f", R_OK) == 0,
					access("f", W_OK) == 0, access("f", X_OK) == 0);
				say_open("d", O_RDONLY);
				say_open("d/in", O_RDONLY);
				say_open("d/none", O_RDONLY);
				say_open("d/new", O_WRONLY | O_CREAT);
				say_open("d", O_WRONLY);
				say_open("d", O_TMPFILE | O_WRONLY);
				say("\n");
				R(chdir("d"));
				R(unlink("d/new"));
				R(execve("f", ARGV("x"), environ) == -1 && errno == EACCES);
			}
		CHILD("by the list") {
			SYSCALL(SYS_setgroups, 1, list);
			SYSCALL(SYS_setresgid, 8, 8, 8);
			SYSCALL(SYS_setresuid, 7, 7, 7);
			say_open("f", O_RDONLY);
			say_open("f", O_WRONLY);
			say_open("d", O_RDONLY);
			say("\n");
		}
		chmod("d", 0755);
		unlink("d/in");
		unlink("d/new");
		rmdir("d");
		unlink("f");
	}
}

/* What the kernel itself refuses, where the mode bits inside might allow it: of procfs, by opens
 * and makings that would need a record; also by two processes at the same time. */
CASE(perm_root_refused_making)
{
	static const char *const file[] = {"/proc/sys/vm/drop_caches", "/proc/1/oom_score_adj",
		"/proc/sys/kernel/ns_last_pid", "/proc/sys/none"};
	pid_t pid[2];

	CHILD("one") {
		become(1000, 1000);
		for (size_t i = 0; i < COUNT(file); i++) {
			say("%s:", file[i]);
			say_open(file[i], O_WRONLY | O_CREAT);
			say_open(file[i], O_WRONLY | O_CREAT | O_TRUNC);
			say_open(file[i], O_WRONLY);
			say("\n");
		}
		R(mkdir("/proc/none", 0755));
		R(mkdir("/proc/sys/none", 0755));
		R(symlink("x", "/proc/none"));
		R(mknod("/proc/none", S_IFIFO | 0644, 0));
	}
	for (int i = 0; i < 2; i++) {
		pid[i] = twin_fork();
		if (!pid[i]) {
			int refused = 0;

			become(1000, 1000);
			for (int n = 0; n < 200; n++) {
				refused += opens(file[n & 1], O_WRONLY | O_CREAT) == EACCES;
				refused += mkdir("/proc/none", 0755) < 0;
			}
			twin_exit(refused == 400 ? 0 : 1);
		}
	}
	for (int i = 0; i < 2; i++)
		reap("one of two", pid[i]);
}

CASE(perm_root_search)
{
	struct stat st;

	mkdir("a", 0755);
	mkdir("a/b", 0755);
	mkdir("a/b/c", 0755);
	put("a/b/c/f", "x");
	symlink("/t/a/b/c/f", "into");
	symlink("a/b", "dir");
	chmod("a/b", 0700);
	const int d = open("a/b/c", O_RDONLY), b = open("a/b", O_PATH);
	chdir("a/b/c");
	CHILD("user") {
		become(7, 7);
		R(stat("f", &st));
		R(stat("../c/f", &st));
		R(stat("..", &st));
		R(stat("../..", &st));
		R(stat("/t/a/b", &st));
		R(stat("/t/a/b/", &st));
		R(stat("/t/a/b/.", &st));
		R(stat("/t/a/b/..", &st));
		R(stat("/t/a/b/c", &st));
		R(stat("/t/a/b/missing", &st));
		R(stat("/t/missing/b", &st));
		R(lstat("/t/into", &st));
		R(stat("/t/into", &st));
		R(stat("/t/dir/c", &st));
		R(fstatat(d, "f", &st, 0));
		R(fstatat(b, "c", &st, 0));
		R(readlink("/t/dir/x", (char *)&st, 10));
		R(fchmodat(d, "f", 0777, 0));
		R(openat(d, "f", O_RDONLY) < 0);
		R(openat(d, "f", O_WRONLY) < 0);
		R(openat(b, "c/f", O_RDONLY) < 0);
		R(faccessat(d, "f", R_OK, 0));
		R(chdir("/t/a/b/c"));
		R(chdir(".."));
	}
}

/* Spellings that lead round about, through directories that everybody may search. */
CASE(perm_root_spellings)
{
	R(mkdir("open", 0755));
	R(mkdir("open/in", 0755));
	put("open/in/f", "x");
	chmod("open/in/f", 0644);
	CHILD("user") {
		become(1000, 1000);
		say_open("open/./in/f", O_RDONLY);
		say_open("open/in/./f", O_RDONLY);
		say_open("./open/.//in/../in/f", O_RDONLY);
		say_open("open/in/.", O_RDONLY);
		say_open("open/./", O_RDONLY);
		say("\n");
	}
}

/* A directory is closed, replaced or given away while a user goes on using it. */
CASE(perm_root_search_changes)
{
	int go[2], done[2];
	struct stat st;
	char byte;

	pipe(go);
	pipe(done);
	mkdir("a", 0755);
	mkdir("a/b", 0755);
	mkdir("a/c", 0700);
	mkdir("a/b/d", 0755);
	put("a/b/d/f", "x");
	mkdir("a/c/d", 0755);
	put("a/c/d/f", "x");
	symlink("b", "a/l");
	const pid_t user = fork();
	if (!user) {
		become(7, 7);
		chdir("a/b");
		close(go[1]);
		while (read(go[0], &byte, 1) == 1) {
			for (int i = 0; i < 2; i++) {
				R(stat("/t/a/b/d/f", &st));
				R(stat("d/f", &st));
				R(stat("../b/d/f", &st));
				R(stat("/t/a/l/d/f", &st));
				R(open("/t/a/b/d/f", O_RDONLY | O_CLOEXEC) < 0);
				R(access("d/f", R_OK));
			}
			write(done[1], "x", 1);
		}
		twin_exit(0);
	}
#define STEP(...)                                                                                  \
	do {                                                                                       \
		say("%s\n", #__VA_ARGS__);                                                         \
		__VA_ARGS__;                                                                       \
		write(go[1], "x", 1);                                                              \
		read(done[0], &byte, 1);                                                           \
	} while (0)
	STEP();
	STEP(chmod("a/b/d", 0700));
	STEP(chmod("a/b/d", 0711));
	STEP(chmod("a/b", 0700));
	STEP(chown("a/b", 7, 7));
	STEP(chown("a/b", 0, 7));
	STEP(chmod("a/b", 0755));
	STEP(chmod("a", 0));
	STEP(chmod("a", 0755));
	STEP(rename("a/b", "a/gone"), rename("a/c", "a/b"));
	STEP(unlink("a/l"), symlink("gone", "a/l"));
	STEP(rename("a/b", "a/c"), rename("a/gone", "a/b"));
	STEP(rename("a/b/d", "a/old"), mkdir("a/b/d", 0700), put("a/b/d/f", "new"));
	STEP(fchmod(open("a/b/d", O_RDONLY), 0755));
	STEP(fchmod(open("a/b/d", O_RDONLY), 0750));
	close(go[1]);
	reap("user", user);
}

CASE(perm_root_sticky)
{
	mkdir("s", 0777);
	chmod("s", 01777);
	mkdir("o", 0777);
	chmod("o", 0777);
	mkdir("own", 0755);
	chown("own", 1000, 1000);
	chmod("own", 01777);
	for (int i = 0; i < 2; i++) {
		static const char *const dirs[] = {"s", "o", "own"};
		static const unsigned ids[] = {0, 1000, 2000};
		char path[64], to[64];

		for (size_t d = 0; d < COUNT(dirs); d++)
			for (size_t f = 0; f < COUNT(ids); f++) {
				sprintf(path, "%s/f%u", dirs[d], ids[f]);
				put_mode(path, "x", 0666);
				chown(path, ids[f], ids[f]);
				sprintf(path, "%s/d%u", dirs[d], ids[f]);
				mkdir(path, 0755);
				chown(path, ids[f], ids[f]);
			}
		CHILD("user 1000") {
			become(1000, 1000);
			for (size_t d = 0; d < COUNT(dirs); d++)
				for (size_t f = 0; f < COUNT(ids); f++) {
					say("%s %u\n", dirs[d], ids[f]);
					sprintf(path, "%s/f%u", dirs[d], ids[f]);
					sprintf(to, "%s/x%u", dirs[d], ids[f]);
					R(i ? unlink(path) : rename(path, to));
					if (!i) {
						R(rename("o/f2000", path));
						R(link(path, "o/linked"));
						R(unlink("o/linked"));
						R(sys_renameat2(
							AT_FDCWD, path, AT_FDCWD, "o/d0", 2));
					}
					sprintf(path, "%s/d%u", dirs[d], ids[f]);
					sprintf(to, "%s/moved%u", "o", ids[f]);
					R(i ? rmdir(path) : rename(path, to));
				}
		}
		tree("/t");
	}
}

CASE(perm_root_owner)
{
	static const unsigned list[] = {5, 6};
	struct timespec now[2] = {{0, UTIME_NOW}, {0, UTIME_NOW}},
			one[2] = {{0, UTIME_NOW}, {0, UTIME_OMIT}},
			omit[2] = {{0, UTIME_OMIT}, {0, UTIME_OMIT}}, old[2] = {{1, 0}, {1, 0}};
	static const char *const files[] = {"mine", "theirs", "writable"};

	for (size_t i = 0; i < COUNT(files); i++)
		put_mode(files[i], "x", 0644);
	chown("mine", 1000, 5);
	chmod("writable", 0666);
	CHILD("user") {
		SYSCALL(SYS_setgroups, 2, list);
		SYSCALL(SYS_setresgid, 7, 7, 7);
		SYSCALL(SYS_setresuid, 1000, 1000, 1000);
		for (size_t i = 0; i < COUNT(files); i++) {
			const char *f = files[i];
			const int fd = open(f, O_RDONLY);

			say("%s\n", f);
			R(chmod(f, 0666));
			R(fchmod(fd, 0644));
			R(chmod(f, i == 2 ? 0666 : 0644));
			R(chown(f, NONE, NONE));
			R(chown(f, 1000, NONE));
			R(chown(f, 1001, NONE));
			R(chown(f, NONE, 6));
			R(chown(f, NONE, 7));
			R(chown(f, NONE, 8));
			R(fchown(fd, NONE, 5));
			R(fchown(fd, 0, 5));
			R(utimensat(AT_FDCWD, f, NULL, 0));
			R(utimensat(AT_FDCWD, f, now, 0));
			R(utimensat(AT_FDCWD, f, one, 0));
			R(utimensat(AT_FDCWD, f, omit, 0));
			R(utimensat(AT_FDCWD, f, old, 0));
			R(utimensat(fd, NULL, old, 0));
			R(truncate(f, 1));
			R(setxattr(f, "user.a", "1", 1, 0));
			R(setxattr(f, "trusted.a", "1", 1, 0));
			R(setxattr(f, "security.capability",
				"\0\0\0\2\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20, 0));
			R(getxattr(f, "trusted.a", NULL, 0));
			R(getxattr(f, "user.a", NULL, 0) < 0);
			R(removexattr(f, "user.a"));
			R(link(f, "x") < 0);
		}
		R(mkdir("new", 0755));
		R(symlink("x", "new"));
		R(mknod("new", S_IFIFO | 0600, 0));
	}
	tree("/t");
}

/* A name that ends in a slash is refused before permissions are asked, except for a directory. */
CASE(perm_root_making_slash)
{
	mkdir("dir", 0755);
	put("dir/file", "x");
	mkdir("dir/dir", 0755);
	CHILD("user") {
		become(1000, 1000);
		R(mknod("dir/new/", S_IFIFO | 0600, 0));
		R(mknod("dir/new/", S_IFREG | 0600, 0));
		R(mknod("dir/new/", S_IFCHR | 0600, 0x103));
		R(mknod("dir/dir/", S_IFIFO | 0600, 0));
		R(mknod("dir/file/", S_IFIFO | 0600, 0));
		R(symlink("x", "dir/new/"));
		R(link("dir/file", "dir/new/"));
		R(link("dir/file", "dir/new//"));
		R(link("dir/file", "dir/new/."));
		R(mkdir("dir/new/", 0755));
		R(mkdir("dir/file/", 0755));
		R(rename("dir/dir", "dir/new/"));
		R(rename("dir/file", "dir/new/"));
		R(open("dir/new/", O_CREAT | O_WRONLY, 0600));
		R(mknod("dir/new", S_IFIFO | 0600, 0));
	}
}
