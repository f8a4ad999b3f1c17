/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_own.c - tests owners in cases that fakeroot, pseudo or PRoot get wrong: at least one of
 * them fails each line.
 */
#include "twin.h"

CASE(own_root_chown_clears_set_id)
{
	put("f", "x");
	R(chmod("f", 06755));
	R(chown("f", 12, 34));
	tree("/t");
	R(chmod("f", 02644));
	R(chown("f", 13, -1));
	tree("/t");
	R(mkdir("d", 0755));
	R(chmod("d", 06755));
	R(chown("d", 12, 34));
	tree("/t");
}

CASE(own_root_setgid_directory)
{
	R(mkdir("d", 0755));
	R(chown("d", 0, 50));
	R(chmod("d", 02775));
	put("d/f", "x");
	R(mkdir("d/sub", 0755));
	R(mkdir("d/sub/deeper", 0700));
	R(symlink("f", "d/l"));
	R(mkfifo("d/p", 0640));
	R(mknod("d/n", S_IFCHR | 0600, 0x103));
	const int fd = open("d", O_TMPFILE | O_WRONLY, 0600);
	struct stat st;

	R(fstat(fd, &st));
	say("nameless: group %ld\n", (long)st.st_gid);
	tree("/t");
}

CASE(own_root_modes_stop_nobody)
{
	int fd = open("zero", O_CREAT | O_RDWR, 0);

	R(write(fd, "x", 1));
	close(fd);
	fd = open("zero", O_RDWR);
	R(fd >= 0);
	close(fd);
	R(mkdir("closed", 0));
	put("closed/f", "y");
	R(mkdir("closed/d", 0555));
	put("closed/d/f", "z");
	R(chmod("closed/f", 0));
	R(access("closed/f", R_OK | W_OK));
	R(access("closed/f", X_OK));
	R(truncate("closed/f", 0));
	R(rename("closed/f", "closed/d/g"));
	R(unlink("closed/d/f"));
	R(chmod("closed", 0111));
	tree("/t");
}

CASE(own_root_mknod)
{
	put("there", "kept");
	R(mknod("there", S_IFCHR | 0666, 0x103));
	R(mknod("b", S_IFBLK | 0660, 0x801));
	R(mknod("c", S_IFCHR | 04755, 0x103));
	R(mknod("plain", 0640, 0));
	R(mknod("s", S_IFSOCK | 0600, 0));
	R(mknod("dir", S_IFDIR | 0755, 0));
	R(mknod("missing/c", S_IFCHR | 0600, 0x103));
	R(rename("b", "b2"));
	R(link("c", "c2"));
	R(chown("c2", 3, 4));
	R(chmod("c", 0600));
	R(unlink("c"));
	tree("/t");
}

CASE(own_root_renames)
{
	put("a", "a");
	put("b", "b");
	R(chown("a", 1, 2));
	R(chown("b", 3, 4));
	R(chmod("b", 04700));
	R(sys_renameat2(AT_FDCWD, "a", AT_FDCWD, "b", 2 /* RENAME_EXCHANGE */));
	tree("/t");
	R(sys_renameat2(AT_FDCWD, "a", AT_FDCWD, "b", 1 /* RENAME_NOREPLACE */));
	R(rename("a", "b"));
	put("a", "new");
	tree("/t");
	R(sys_renameat2(AT_FDCWD, "a", AT_FDCWD, "c", 4 /* RENAME_WHITEOUT */));
	tree("/t");
}

/* A number that comes back belongs to another file. */
CASE(own_root_inode_again)
{
	for (int i = 0; i < 20; i++) {
		put("f", "x");
		if (chown("f", 31, 31) || chmod("f", 04711) || unlink("f"))
			say("failed\n");
	}
	put("g", "x");
	tree("/t");
}

CASE(own_root_removed_while_open)
{
	put("f", "x");
	const int fd = open("f", O_RDWR);
	struct stat st;

	R(chown("f", 61, 62));
	R(unlink("f"));
	R(fstat(fd, &st));
	say("%ld:%ld %ld names\n", (long)st.st_uid, (long)st.st_gid, (long)st.st_nlink);
	R(fchown(fd, 63, -1));
	R(fchmod(fd, 04600));
	R(fstat(fd, &st));
	say("%ld:%ld %lo\n", (long)st.st_uid, (long)st.st_gid, (long)st.st_mode & 07777);
}

/* What is made next has the same number, and mostly the same birth (of a clock that ticks). */
CASE(own_root_nameless_number_again)
{
	int stale = 0;

	for (int i = 0; i < 100; i++) {
		const int fd = open(".", O_TMPFILE | O_RDWR, 0640);
		struct stat st;

		if (fd < 0 || fchown(fd, 55, 56) || close(fd))
			say("failed\n");
		put("g", "x");
		stat("g", &st);
		stale += st.st_uid || st.st_gid || (st.st_mode & 07777) != 0644;
		if (chown("g", 7, -1) || stat("g", &st) || st.st_uid != 7 || st.st_gid)
			say("%d:%d\n", st.st_uid, st.st_gid);
		unlink("g");
	}
	say("stale %d\n", stale);
}

CASE(own_root_nameless_gets_a_name)
{
	const int fd = open(".", O_TMPFILE | O_RDWR, 0640);

	R(fchown(fd, 55, 56));
	R(fchmod(fd, 04711));
	R(linkat(fd, "", AT_FDCWD, "f", AT_EMPTY_PATH));
	tree("/t");
}

/* As another user: what is made is his, and what is root's is not. */
CASE(own_root_made_by_another)
{
	put("secret", "s");
	R(chmod("secret", 0600));
	R(mkdir("open", 0777));
	R(chmod("open", 01777));
	R(SYSCALL(SYS_setresgid, 102, 102, 0));
	R(SYSCALL(SYS_setresuid, 101, 101, 0));
	put("open/f", "x");
	R(mkdir("open/d", 0700));
	R(symlink("f", "open/l"));
	R(mkfifo("open/p", 0600));
	R(open("secret", O_RDONLY));
	R(chown("open/f", 0, -1));
	R(chown("open/f", -1, 102));
	R(chmod("open/f", 02755));
	R(unlink("secret"));
	R(SYSCALL(SYS_setresuid, 0, 0, 0));
	R(SYSCALL(SYS_setresgid, 0, 0, 0));
	tree("/t");
}
