/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_link.c - tests link and linkat: hard links, symlinks followed or not, AT_EMPTY_PATH,
 * O_TMPFILE.
 */
#include "twin.h"
#include "case_perm.h"

CASE(link)
{
	SPELLINGS() {
		x_put("file", "text");
		x_mkdir("dir", 0755);
		x_symlink("file", "sym");
		x_symlink("nowhere", "dangling");
		R(x_link("file", "hard"));
		R(x_link("file", "hard"));
		R(x_link("missing", "new"));
		R(x_link("dir", "new"));
		R(x_link("file", "dir"));
		R(x_link("file", "dir/"));
		R(x_link("file/", "new"));
		R(x_link("file", "new/"));
		R(x_link("file", "missing/new"));
		R(x_link("file", "dangling"));
		R(x_link("sym", "hard-of-sym"));
		R(x_link("dangling", "hard-of-dangling"));
		x_show_link("hard-of-sym");
		x_say_lstat("hard-of-sym");
		x_say_lstat("file");
		x_tree();
	}
}

CASE(link_follow)
{
	SPELLINGS() {
		x_put("file", "text");
		x_symlink("file", "sym");
		x_symlink("sym", "sym2");
		x_symlink("nowhere", "dangling");
		R(linkat(twin_dirfd, xat("sym"), twin_dirfd, xat("plain"), 0));
		R(linkat(twin_dirfd, xat("sym2"), twin_dirfd, xat("followed"), AT_SYMLINK_FOLLOW));
		R(linkat(twin_dirfd, xat("dangling"), twin_dirfd, xat("d"), AT_SYMLINK_FOLLOW));
		R(linkat(twin_dirfd, xat("file"), twin_dirfd, xat("x"), AT_SYMLINK_NOFOLLOW));
		R(linkat(twin_dirfd, xat("file"), twin_dirfd, xat("x"), 0x4000));
		x_tree();
	}
}

CASE(link_tmpfile)
{
	struct stat st;

	mkdir("d", 0755);
	int fd = (int)R(open("d", O_TMPFILE | O_RDWR, 0640));
	R(write(fd, "anonymous", 9));
	R(fstat(fd, &st));
	say_stat("tmpfile", &st);
	R(linkat(AT_FDCWD, "/proc/self/fd/3", AT_FDCWD, "d/named", AT_SYMLINK_FOLLOW));
	R(fstat(fd, &st));
	say_stat("tmpfile", &st);
	R(linkat(fd, "", AT_FDCWD, "d/again", 0));
	close(fd);
	fd = (int)R(open("/t/d", O_TMPFILE | O_WRONLY | O_EXCL, 0600));
	R(linkat(AT_FDCWD, "/proc/self/fd/3", AT_FDCWD, "d/excl", AT_SYMLINK_FOLLOW));
	R(open("d", O_TMPFILE | O_RDONLY, 0600));
	R(open("d/named", O_TMPFILE | O_RDWR, 0600));
	R(open("missing", O_TMPFILE | O_RDWR, 0600));
	umask(0);
	fd = (int)R(open("d", O_TMPFILE | O_RDWR, 04777));
	R(fstat(fd, &st));
	say_stat("tmpfile", &st);
	tree("/t");
}

/* AT_EMPTY_PATH asks for CAP_DAC_READ_SEARCH (or, since 6.10, for being the opener). */
CASE(link_empty_path)
{
	put("f", "f");
	int fd = open("f", O_RDONLY);
	R(linkat(fd, "", AT_FDCWD, "g", AT_EMPTY_PATH));
	tree("/t");
}

/* protected_hardlinks of proc(5) holds for a descriptor as for a name. */
CASE(link_root_protected)
{
	umask(0);
	R(chmod(".", 0777));
	put("f", "f");
	R(chmod("f", 0700));
	put("g", "g");
	R(chmod("g", 0666));
	become(1000, 1000);
	int fd = (int)R(open("f", O_PATH));
	R(linkat(fd, "", AT_FDCWD, "a", AT_EMPTY_PATH));
	R(linkat(AT_FDCWD, "f", AT_FDCWD, "b", 0));
	R(linkat(fd, "", AT_FDCWD, "g", AT_EMPTY_PATH));
	R(linkat(fd, "", AT_FDCWD, "missing/a", AT_EMPTY_PATH));
	close(fd);
	fd = (int)R(open("g", O_RDONLY));
	R(linkat(fd, "", AT_FDCWD, "c", AT_EMPTY_PATH));
	R(linkat(AT_FDCWD, "g", AT_FDCWD, "d", 0));
	tree("/t");
}

/* Files without a name follow each other, often with one inode number and one time of birth. */
CASE(link_tmpfile_again)
{
	static const unsigned modes[] = {0, 0640, 04755, 0600};
	int wrong = 0;

	x_mkdir("d", 0755);
	umask(0);
	for (int i = 0; i < 400; i++) {
		const unsigned mode = modes[i % 4];
		const int fd = open("d", O_TMPFILE | O_RDWR, mode);
		struct stat st = {0};

		fstat(fd, &st);
		wrong += (st.st_mode & 07777) != mode;
		close(fd);
	}
	say("%d modes are wrong\n", wrong);
}
