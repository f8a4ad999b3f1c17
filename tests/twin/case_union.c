/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_union.c - tests lookups and changes of files in an overlay.
 */
#include "case_union.h"

static void where(const char *name)
{
	char buf[200];

	say("%s: %s\n", name, sys_getcwd(buf, sizeof(buf)) > 0 ? buf : errno_name(errno));
}

CASE(union_root_look)
{
	struct stat st;

	make_union();
	show("m/both");
	show("m/below");
	show("m/up");
	show("m/d/a");
	show("m/d/b");
	show("m/d/both");
	show("m/d/u");
	show("m/d/link");
	show("m/way/b");
	show("m/way/../only/f");
	show("m/only/deep/f");
	show("m/d/../d/./a");
	R(open("m/missing", O_RDONLY));
	R(open("m/d/missing/x", O_RDONLY));
	R(open("m/both/x", O_RDONLY));
	R(open("m/both/", O_RDONLY));
	R(open("m/file-and-dir/f", O_RDONLY));
	R(open("m/dir-and-file/f", O_RDONLY));
	R(stat("m/d", &st));
	say("mode %o\n", (int)st.st_mode);
	R(stat("m/only/", &st));
	for (int i = 0; i < 2; i++) { /* the second time it is known which layers have m/d */
		R(faccessat(AT_FDCWD, "/t/m/d/b", R_OK, AT_EACCESS));
		R(faccessat(AT_FDCWD, "/t/m/d/a", R_OK, AT_EACCESS | AT_SYMLINK_NOFOLLOW));
		R(faccessat(AT_FDCWD, "/t/m/d/none", R_OK, AT_EACCESS));
	}
	R(access("m/only/f", R_OK));
	R(access("m/only/f", W_OK));
	R(access("m/only/f", X_OK));
	show_link("m/d/link");
	R(chdir("m/d"));
	where("merged");
	show("a");
	show("b");
	show("../only/f");
	R(chdir("../only/deep"));
	where("deep");
	show("f");
	R(chdir("../.."));
	where("at its root");
	show("below");
	R(chdir(".."));
	where("above it");
	R(chdir("m/way"));
	where("by a link");
	take_away();
}

CASE(union_root_list)
{
	make_union();
	show_tree("m");
	R(unlink("m/d/a"));
	R(unlink("m/d/both"));
	put("m/d/new", "new");
	R(rename("m/d/u", "m/d/v"));
	show_tree("m/d");
	R(chdir("m/d"));
	for (char **n = names("."); n && *n; n++)
		say("%s\n", *n);
	take_away();
}

CASE(union_root_open)
{
	int fd;

	make_union();
	R(fd = open("m/both", O_RDONLY));
	show_fd("both", fd);
	R(fd = open("m/both", O_WRONLY));
	R(write(fd, "OF", 2));
	close(fd);
	show("m/both");
	R(fd = open("m/only/f", O_RDWR | O_APPEND));
	R(write(fd, "+", 1));
	close(fd);
	show("m/only/f");
	R(fd = open("m/d/b", O_WRONLY | O_TRUNC));
	close(fd);
	show("m/d/b");
	R(fd = open("m/d/both", O_RDONLY | O_TRUNC));
	close(fd);
	show("m/d/both");
	R(open("m/d/a", O_WRONLY | O_CREAT | O_EXCL, 0644));
	R(fd = open("m/d/a", O_RDONLY | O_CREAT, 0644));
	show_fd("a", fd);
	R(open("m/d", O_RDONLY | O_CREAT, 0644));
	R(open("m/d", O_WRONLY));
	R(open("m/missing/x", O_WRONLY | O_CREAT, 0644));
	R(open("m/both/x", O_WRONLY | O_CREAT, 0644));
	R(fd = open("m/only/deep/new", O_WRONLY | O_CREAT | O_EXCL, 0640));
	R(write(fd, "new", 3));
	close(fd);
	R(unlink("m/below"));
	R(open("m/below", O_WRONLY));
	R(open("m/below", O_RDONLY));
	R(fd = open("m/below", O_WRONLY | O_CREAT, 0600));
	R(write(fd, "back", 4));
	close(fd);
	R(unlink("m/below"));
	R(fd = open("m/below", O_RDWR | O_CREAT | O_EXCL, 0600));
	R(write(fd, "again", 5));
	R(lseek(fd, 0, SEEK_SET));
	show_fd("below", fd);
	R(open("m/below", O_RDWR | O_CREAT | O_EXCL, 0600));
	R(fd = open("m/only", O_RDWR | O_TMPFILE, 0600));
	R(write(fd, "nameless", 8));
	close(fd);
	R(fd = open("m/d/link", O_WRONLY | O_APPEND));
	R(write(fd, "!", 1));
	close(fd);
	R(open("m/d/link", O_WRONLY | O_NOFOLLOW));
	R(fd = open("m/way/new", O_WRONLY | O_CREAT, 0644));
	close(fd);
	show_tree("m");
	take_away();
	show_tree("u");
}

CASE(union_root_meta)
{
	static const struct timespec times[2] = {{1000, 1}, {2000, 2}};
	struct stat st;

	make_union();
	R(chmod("m/both", 0600));
	R(chmod("m/only", 0711));
	R(chmod("m/only/deep/f", 04755));
	R(chown("m/below", 7, 8));
	R(chown("m/d", 9, 9));
	R(lchown("m/d/link", 5, 6));
	R(chown("m/d/link", 3, 4));
	R(utimensat(AT_FDCWD, "m/d/b", times, 0));
	R(stat("m/d/b", &st));
	say("%ld.%ld %ld.%ld\n", (long)st.st_atim.tv_sec, (long)st.st_atim.tv_nsec,
		(long)st.st_mtim.tv_sec, (long)st.st_mtim.tv_nsec);
	R(utimensat(AT_FDCWD, "m/only/deep", times, 0));
	R(stat("m/only/deep", &st));
	say("%ld\n", (long)st.st_mtim.tv_sec);
	R(truncate("m/only/f", 4));
	R(truncate("m/d/both", 0));
	R(truncate("m/missing", 0));
	R(truncate("m/d", 0));
	R(setxattr("m/file-and-dir", "trusted.mine", "v", 1, 0));
	R(setxattr("m/dir-and-file", "user.mine", "value", 5, 0));
	char value[16] = "";
	R(getxattr("m/dir-and-file", "user.mine", value, sizeof(value)));
	R(removexattr("m/dir-and-file", "user.other"));
	show_tree("m");
	take_away();
	show_tree("u");
}

/* Copied up with all that it has. */
CASE(union_root_copied_whole)
{
	static const struct timespec times[2] = {{1000, 1}, {2000, 2}};
	char value[16] = "";
	struct stat st;

	make_layers();
	chown("l1/both", 11, 12);
	chmod("l1/both", 02750);
	setxattr("l1/both", "user.mine", "value", 5, 0);
	utimensat(AT_FDCWD, "l1/both", times, 0);
	mkdir("l2/only/s", 0755);
	chown("l2/only/s", 3, 3);
	chmod("l2/only/s", 03777);
	mknod("l2/only/s/dev", S_IFCHR | 0640, 0x103);
	mkfifo("l2/only/s/fifo", 0622);
	utimensat(AT_FDCWD, "l2/only/s", times, 0);
	R(mount("overlay", "/t/m", "overlay", 0, OVERLAY));
	R(chown("m/both", 11, 13));
	R(stat("m/both", &st));
	say("%o %u:%u %ld.%ld\n", (int)st.st_mode, (unsigned)st.st_uid, (unsigned)st.st_gid,
		(long)st.st_mtim.tv_sec, (long)st.st_mtim.tv_nsec);
	R(getxattr("m/both", "user.mine", value, sizeof(value)));
	say("%s\n", value);
	R(chmod("m/only/s/dev", 0600));
	R(chmod("m/only/s/fifo", 0600));
	R(stat("m/only/s", &st));
	say("%o %u:%u %ld\n", (int)st.st_mode, (unsigned)st.st_uid, (unsigned)st.st_gid,
		(long)st.st_mtim.tv_sec);
	show_tree("u");
	take_away();
}
