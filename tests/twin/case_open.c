/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_open.c - tests open, openat and creat: creation, truncation, symlinks, directories,
 * O_PATH, and what a descriptor may be used for.
 */
#include "twin.h"

CASE(open)
{
	SPELLINGS() {
		x_put("file", "text");
		x_mkdir("dir", 0755);
		R(x_open("file", O_RDONLY, 0));
		R(x_open("missing", O_RDONLY, 0));
		R(x_open("missing/x", O_RDONLY, 0));
		R(x_open("dir", O_RDONLY, 0));
		R(x_open("dir", O_WRONLY, 0));
		R(x_open("dir", O_RDWR | O_CREAT, 0644));
		R(x_open("dir/", O_WRONLY | O_CREAT, 0644));
		R(x_open("dir", O_RDONLY | O_DIRECTORY, 0));
		R(x_open("dir/.", O_RDONLY, 0));
		R(x_open("dir/..", O_RDONLY, 0));
		R(x_open("new/", O_WRONLY | O_CREAT, 0644));
		R(x_open("new", O_RDONLY | O_CREAT | O_DIRECTORY, 0644));
		R(x_open("file", O_RDONLY | O_CREAT | O_EXCL, 0644));
		R(x_open("new2", O_WRONLY | O_CREAT | O_EXCL, 0604));
		R(x_open("new3", O_RDONLY | O_CREAT, 0));
		R(x_creat("new4", 0640));
		R(x_creat("file", 0640));
		for (int fd = 4; fd < 30; fd++)
			close(fd);
		x_tree();
	}
}

CASE(open_write_and_truncate)
{
	SPELLINGS() {
		char buf[16] = "";

		x_put("f", "0123456789");
		int fd = (int)R(x_open("f", O_RDWR, 0));
		R(write(fd, "ab", 2));
		close(fd);
		fd = x_open("f", O_WRONLY | O_APPEND, 0);
		R(write(fd, "XY", 2));
		close(fd);
		x_show("f");
		fd = x_open("f", O_RDONLY | O_TRUNC, 0);
		R(read(fd, buf, 8));
		close(fd);
		x_say_stat("f");
		fd = x_open("f", O_WRONLY, 0);
		R(read(fd, buf, 1));
		close(fd);
	}
}

/* O_CREAT through a dangling symlink makes the target, inside the root. */
CASE(open_creat_dangling)
{
	SPELLINGS() {
		x_mkdir("sub", 0755);
		x_symlink("made", "l1");
		x_symlink("sub/made", "l2");
		x_symlink("missing/made", "l3");
		x_symlink("l1b", "l4");
		x_symlink("sub/../made-too", "l1b");
		x_symlink("made/", "l5");
		R(x_open("l1", O_WRONLY | O_CREAT | O_EXCL, 0644));
		R(x_open("l1", O_WRONLY | O_CREAT | O_NOFOLLOW, 0644));
		R(x_open("l1", O_WRONLY | O_CREAT, 0644));
		R(x_open("l2", O_WRONLY | O_CREAT, 0600));
		R(x_open("l3", O_WRONLY | O_CREAT, 0644));
		R(x_open("l4", O_WRONLY | O_CREAT, 0644));
		R(x_open("l5", O_WRONLY | O_CREAT, 0644));
		for (int fd = 4; fd < 30; fd++)
			close(fd);
		x_tree();
	}
	symlink("/t/absolute-made", "abs1");
	symlink("../../../../t/up-made", "abs2");
	symlink("/link-to-etc/../t/odd-made", "abs3");
	R(open("abs1", O_WRONLY | O_CREAT, 0644));
	R(open("/t/abs2", O_WRONLY | O_CREAT, 0644));
	R(open("/../t/abs3", O_WRONLY | O_CREAT, 0644));
	tree("/t");
}

CASE(open_nofollow)
{
	SPELLINGS() {
		x_put("file", "text");
		x_mkdir("dir", 0755);
		x_put("dir/f", "in dir");
		x_symlink("file", "link");
		x_symlink("dir", "link-dir");
		R(x_open("file", O_RDONLY | O_NOFOLLOW, 0));
		R(x_open("link", O_RDONLY | O_NOFOLLOW, 0));
		R(x_open("link", O_RDWR | O_NOFOLLOW | O_TRUNC, 0));
		R(x_open("link-dir", O_RDONLY | O_NOFOLLOW, 0));
		R(x_open("link-dir", O_RDONLY | O_NOFOLLOW | O_DIRECTORY, 0));
		R(x_open("link-dir/", O_RDONLY | O_NOFOLLOW, 0));
		R(x_open("link-dir/.", O_RDONLY | O_NOFOLLOW, 0));
		R(x_open("link-dir/f", O_RDONLY | O_NOFOLLOW, 0));
		R(x_open("link", O_PATH | O_NOFOLLOW, 0));
		R(x_open("link-dir", O_PATH | O_NOFOLLOW | O_DIRECTORY, 0));
		x_show("file");
		for (int fd = 4; fd < 30; fd++)
			close(fd);
	}
}

CASE(open_o_path)
{
	struct stat st;
	char buf[32] = "";

	SPELLINGS() {
		x_put("file", "text");
		x_symlink("file", "link");
		x_mkdir("dir", 0755);
		x_put("dir/f", "in dir");
		int fd = (int)R(x_open("file", O_PATH, 0));
		R(read(fd, buf, 1));
		R(write(fd, buf, 1));
		R(fchmod(fd, 0600));
		R(fstat(fd, &st));
		say_stat("file", &st);
		R(fcntl(fd, F_GETFL));
		close(fd);
		fd = (int)R(x_open("link", O_PATH | O_NOFOLLOW, 0));
		R(fstat(fd, &st));
		say_stat("link", &st);
		R(fstatat(fd, "", &st, AT_EMPTY_PATH));
		say_stat("link", &st);
		R(fstatat(fd, "x", &st, 0));
		R(openat(fd, "", O_RDONLY));
		close(fd);
		fd = (int)R(x_open("dir", O_PATH, 0));
		R(openat(fd, "f", O_RDONLY));
		R(openat(fd, "../file", O_RDONLY));
		R(openat(fd, ".", O_RDONLY | O_DIRECTORY));
		R(fchdir(fd));
		R(open("f", O_RDONLY));
		R(x_open("missing", O_PATH, 0));
		R(x_open("missing", O_PATH | O_CREAT, 0644));
		for (fd = 4; fd < 30; fd++)
			close(fd);
		chdir(twin_spell == SPELL_REL ? "/t/rel" : "/");
	}
}

/* O_PATH leaves nothing of the flags that make or follow: build_open_flags() of fs/open.c. Twice,
 * so that the second is asked of what the first has left behind. */
CASE(open_o_path_makes_nothing)
{
	static const int flags[] = {O_CREAT, O_CREAT | O_EXCL, O_EXCL, O_TRUNC | O_WRONLY,
		O_TMPFILE, O_CREAT | O_NOFOLLOW, O_CREAT | O_DIRECTORY};

	SPELLINGS() {
		x_put("file", "text");
		x_mkdir("dir", 0755);
		x_symlink("file", "link");
		x_symlink("dir", "link-dir");
		x_symlink("missing", "dangling");
		for (size_t i = 0; i < 2 * COUNT(flags); i++) {
			const int f = O_PATH | flags[i / 2];

			R(x_open("file", f, 0644));
			R(x_open("link", f, 0644));
			R(x_open("dangling", f, 0644));
			R(x_open("dir", f, 0644));
			R(x_open("dir/", f, 0644));
			R(x_open("link-dir/", f, 0644));
			R(x_open("file/", f, 0644));
			R(x_open("missing/", f, 0644));
			for (int fd = 4; fd < 30; fd++)
				close(fd);
		}
		x_show("file");
		x_tree();
	}
}

/* The description shows the program's flags, whatever it was opened by. */
CASE(open_flags_seen)
{
	static const int flags[] = {O_RDONLY, O_RDONLY | O_NOFOLLOW, O_RDWR | O_APPEND,
		O_WRONLY | O_NONBLOCK, O_RDONLY | O_CREAT, O_RDWR | O_CREAT | O_TRUNC};

	SPELLINGS() {
		x_put("file", "text");
		x_symlink("file", "link");
		for (size_t i = 0; i < 2 * COUNT(flags); i++)
			for (int linked = 0; linked < 2; linked++) {
				int fd = x_open(linked ? "link" : "file", flags[i / 2], 0644);

				R(fcntl(fd, F_GETFL));
				close(fd);
			}
	}
}

/* What a name led to a moment ago may be something else now. */
CASE(open_replaced)
{
	SPELLINGS() {
		x_mkdir("a", 0755);
		x_mkdir("b", 0755);
		x_put("a/f", "in a");
		x_put("b/f", "in b");
		x_show("a/f");
		x_show("a/f");
		R(x_rename("a", "c"));
		R(x_symlink("b", "a"));
		x_show("a/f");
		R(x_open("a/f", O_RDONLY | O_NOFOLLOW, 0));
		R(x_unlink("a"));
		R(x_symlink("/etc", "a"));
		R(x_open("a/f", O_RDONLY, 0));
		R(x_open("a/f", O_WRONLY | O_TRUNC, 0));
		R(x_open("a/passwd", O_RDONLY | O_CREAT | O_EXCL, 0644));
		R(x_unlink("a"));
		R(x_rename("c", "a"));
		x_show("a/f");
		R(x_unlink("a/f"));
		R(x_open("a/f", O_RDONLY, 0));
		R(x_mknod("a/f", S_IFIFO | 0644, 0));
		R(x_open("a/f", O_RDONLY | O_NONBLOCK, 0));
		R(x_open("a/f", O_RDONLY | O_NONBLOCK | O_DIRECTORY, 0));
		R(x_unlink("a/f"));
		R(x_rmdir("a"));
		R(x_open("a/f", O_RDONLY, 0));
		R(x_open("a/f", O_WRONLY | O_CREAT, 0644));
		for (int fd = 4; fd < 30; fd++)
			close(fd);
		x_tree();
	}
}

CASE(open_modes)
{
	static const mode_t modes[] = {0, 0200, 0400, 0444, 0644, 0666, 0777, 01777, 04755, 07777};
	static const mode_t masks[] = {0, 027, 0777};

	SPELLINGS() {
		for (size_t m = 0; m < COUNT(masks); m++) {
			umask(masks[m]);
			for (size_t i = 0; i < COUNT(modes); i++) {
				say("open mode %o umask %o\n", modes[i], masks[m]);
				int fd = (int)R(x_open("f", O_RDWR | O_CREAT | O_EXCL, modes[i]));
				R(write(fd, "x", 1));
				close(fd);
				x_say_stat("f");
				R(x_unlink("f"));
			}
		}
		umask(022);
	}
}

CASE(open_bad_flags)
{
	R(open("f", O_RDONLY | O_TMPFILE, 0644));
	R(open("/t", O_TMPFILE & ~O_DIRECTORY, 0644));
	R(open("/t", 3 | O_DIRECTORY));
	R(open("new", 3 | O_CREAT, 0600));
	R(open("new", O_RDONLY | 0x40000000));
	R(SYSCALL(SYS_openat, AT_FDCWD, "new", 0x80000000L | O_RDONLY));
	R(open("/t", O_WRONLY | O_DIRECTORY));
	R(open("/t", O_RDWR | O_TRUNC));
	R(open("/", O_WRONLY | O_CREAT, 0644));
	R(open("/", O_RDONLY | O_CREAT, 0644));
	R(open(".", O_RDONLY | O_CREAT | O_EXCL, 0644));
	R(open("..", O_WRONLY | O_CREAT, 0644));
	tree("/t");
}

/* The lowest free number, always: nothing of the jail's may sit among them. */
CASE(open_numbers_in_order)
{
	int p[2];

	R(open("/etc/passwd", O_RDONLY));
	R(open("/etc", O_RDONLY | O_DIRECTORY));
	R(open("/etc/absolute", O_RDONLY));
	R(close(4));
	R(open("/etc/relative", O_RDONLY));
	R(pipe(p));
	say("%d %d\n", p[0], p[1]);
	R(close(0));
	R(open("/link-to-etc/above", O_RDONLY));
	R(dup(3));
	R(socket(AF_UNIX, SOCK_STREAM, 0));
	R(dup2(3, 20));
	R(fcntl(3, F_DUPFD, 15));
	R(fcntl(3, F_DUPFD, 20));
	R(open("missing", O_RDONLY));
	R(open(".", O_PATH));
	R(close(99));
	R(dup2(99, 30));
}

CASE(open_cloexec)
{
	int fd = (int)R(open("/etc/passwd", O_RDONLY | O_CLOEXEC));
	R(fcntl(fd, F_GETFD));
	fd = (int)R(open("/etc/passwd", O_RDONLY));
	R(fcntl(fd, F_GETFD));
	R(fcntl(fd, F_GETFL));
	fd = (int)R(open("/t", O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_CLOEXEC));
	R(fcntl(fd, F_GETFD));
	R(fcntl(fd, F_GETFL));
	R(fcntl(fd, F_SETFD, 0));
	fd = (int)R(open("f", O_CREAT | O_RDWR | O_APPEND | O_SYNC, 0600));
	R(fcntl(fd, F_GETFL));
	R(lseek(fd, 5, SEEK_SET));
	R(write(fd, "x", 1));
	R(lseek(fd, 0, SEEK_CUR));
}

/* The offset is the open file's: shared by dup and fork, not by a second open. */
CASE(open_offsets)
{
	char buf[8] = "";

	put("f", "abcdefghij");
	int fd = open("f", O_RDONLY), other = open("f", O_RDONLY), copy = dup(fd);
	R(read(fd, buf, 3));
	say("%q\n", buf);
	R(read(copy, buf, 3));
	say("%q\n", buf);
	R(read(other, buf, 3));
	say("%q\n", buf);
	CHILD("child")
		R(read(fd, buf, 2));
	R(read(fd, buf, 5));
	say("%q\n", buf);
}

CASE(open_dev_null)
{
	char buf[4] = "abc";
	int fd = (int)R(open("/dev/null", O_RDWR));

	R(write(fd, "x", 1));
	R(read(fd, buf, 3));
	fd = (int)R(open("/dev/zero", O_RDONLY));
	R(read(fd, buf, 3));
	say("%d %d %d\n", buf[0], buf[1], buf[2]);
	fd = (int)R(open("/dev/full", O_WRONLY));
	R(write(fd, "x", 1));
	symlink("/dev/null", "l");
	R(open("l", O_WRONLY | O_TRUNC));
	R(access("/dev/null", R_OK | W_OK));
	R(open("/dev/../dev/./null", O_RDONLY));
	R(open("/dev/null/", O_RDONLY));
	R(open("/dev/missing", O_RDONLY));
}
