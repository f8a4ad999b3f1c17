/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_probe.c - tests questions about owners, one a line, whose answers differ between
 * fakeroot, pseudo and PRoot: each of these gives some wrong answers.
 */
#include "twin.h"

#define NONE ((unsigned)-1)

static void who(const char *what, const char *path)
{
	struct stat st;

	if (lstat(path, &st))
		say("%s: %e\n", what, errno);
	else
		say("%s: %u:%u %o links %u rdev %x\n", what, st.st_uid, st.st_gid, st.st_mode,
			(unsigned)st.st_nlink, (unsigned)st.st_rdev);
}

static void make(const char *path, unsigned mode, unsigned uid, unsigned gid)
{
	unlink(path);
	put(path, "x");
	chown(path, uid, gid);
	chmod(path, mode);
}

CASE(probe_root_modes)
{
	make("f", 04755, 0, 0);
	R(chown("f", 5, 6));
	who("chown on a set-uid file", "f");
	R(chown("f", 7, NONE));
	R(chown("f", NONE, 8));
	R(chown("f", NONE, NONE));
	who("chown of one id, of none", "f");
	R(mkdir("g", 0755));
	R(chown("g", 0, 50));
	R(chmod("g", 02755));
	put("g/f", "x");
	R(mkdir("g/d", 0755));
	who("a file in a set-gid directory", "g/f");
	who("a directory in it", "g/d");
	close(open("none", O_CREAT | O_WRONLY, 0));
	int fd = open("none", O_RDWR);
	say("a file made with mode 0 opens: %d\n", fd >= 0);
	close(fd);
	make("shut", 0, 9, 9);
	fd = open("shut", O_RDWR);
	say("one that was shut opens: %d\n", fd >= 0);
	close(fd);
	R(mkdir("shut.d", 0755));
	R(chmod("shut.d", 0));
	put("shut.d/f", "x");
	who("a file in a directory that was shut", "shut.d/f");
	make("setuid", 04755, 0, 0);
	fd = open("setuid", O_WRONLY);
	R(write(fd, "y", 1));
	close(fd);
	who("written by root", "setuid");
}

CASE(probe_root_names)
{
	make("e", 0644, 3, 4);
	R(mknod("e", S_IFREG | 0600, 0));
	R(mknod("e", S_IFCHR | 0600, 0x103));
	R(mkfifo("e", 0600));
	show("e");
	who("mknod over a file", "e");
	make("a", 0640, 11, 12);
	make("b", 0604, 21, 22);
	R(SYSCALL(SYS_renameat2, AT_FDCWD, "a", AT_FDCWD, "b", 2));
	who("exchanged a", "a");
	who("exchanged b", "b");
	R(rename("a", "moved"));
	who("renamed", "moved");
	R(link("moved", "hard"));
	R(chown("hard", 33, 34));
	who("a hard link", "moved");
	R(symlink("moved", "s"));
	R(lchown("s", 41, 42));
	who("lchown of a link", "s");
	who("and its target", "moved");
	/* The number of an inode that is removed comes back at once on ext4. */
	for (int i = 0; i < 50; i++) {
		struct stat st;

		make("again", 0644, 31, 31);
		unlink("again");
		put("again", "y");
		lstat("again", &st);
		if (st.st_uid || st.st_gid)
			say("round %d: %u:%u\n", i, st.st_uid, st.st_gid);
	}
	who("an inode's number again", "again");
}

CASE(probe_root_descriptors)
{
	struct stat st;
	struct twin_statx {
		char bytes[256];
	} sx;
	unsigned uid;

	make("u", 0644, 61, 61);
	int fd = open("u", O_RDONLY);
	R(unlink("u"));
	R(fstat(fd, &st));
	say("fstat after unlink: %u:%u\n", st.st_uid, st.st_gid);
	close(fd);
	make("p", 0644, 71, 72);
	fd = open("p", O_PATH);
	R(fstat(fd, &st));
	say("fstat of O_PATH: %u:%u\n", st.st_uid, st.st_gid);
	R(SYSCALL(SYS_fchownat, fd, "", 73, 74, AT_EMPTY_PATH));
	who("AT_EMPTY_PATH", "p");
	R(SYSCALL(SYS_newfstatat, fd, "", &st, AT_EMPTY_PATH));
	say("newfstatat: %u:%u\n", st.st_uid, st.st_gid);
	memset(&sx, 0, sizeof(sx));
	R(SYSCALL(SYS_statx, AT_FDCWD, "p", 0, 0x7ff, &sx));
	memcpy(&uid, sx.bytes + 20, sizeof(uid)); /* stx_uid, linux/stat.h */
	say("statx: %u\n", uid);
	close(fd);
	fd = open(".", O_TMPFILE | O_RDWR, 0600);
	R(fchown(fd, 81, 82));
	R(SYSCALL(SYS_linkat, fd, "", AT_FDCWD, "named", AT_EMPTY_PATH));
	who("a nameless file that gets a name", "named");
	close(fd);
}

CASE(probe_root_attributes)
{
	static char big[3000], back[3000];

	put("f", "x");
	memset(big, 'v', sizeof(big));
	R(setxattr("f", "trusted.big", big, 2000, 0));
	R(getxattr("f", "trusted.big", back, sizeof(back)));
	say("same %d\n", !memcmp(big, back, 2000));
	R(setxattr("f", "user.big", big, 1000, 0));
	R(setxattr("f", "bogus.name", "1", 1, 0));
	R(getxattr("f", "bogus.name", back, sizeof(back)));
	R(removexattr("f", "bogus.name"));
	R(setxattr("f", "trusted.once", "1", 1, XATTR_CREATE));
	R(setxattr("f", "trusted.once", "2", 1, XATTR_CREATE));
	R(setxattr("f", "trusted.never", "2", 1, XATTR_REPLACE));
	R(removexattr("f", "trusted.never"));
	R(removexattr("f", "trusted.once"));
	R(removexattr("f", "trusted.once"));
	R(removexattr("f", "user.never"));
	R(removexattr("f", "security.never"));
}

CASE(probe_root_identity)
{
	static const unsigned groups[] = {1, 2, 3};
	unsigned got[8] = {0};

	R(SYSCALL(SYS_setgroups, 3, groups));
	R(SYSCALL(SYS_getgroups, 8, got));
	say("%u %u %u\n", got[0], got[1], got[2]);
	make("secret", 0600, 0, 0);
	make("open", 0666, 0, 0);
	R(mkdir("his", 0777));
	R(chmod("his", 0777));
	CHILD("euid 101, ruid 0") {
		R(SYSCALL(SYS_setresuid, 0, 101, 0));
		R(open("secret", O_RDONLY));
		R(chown("open", 101, NONE));
		put("his/effective", "x");
		who("made by it", "his/effective");
	}
	CHILD("101 altogether") {
		R(SYSCALL(SYS_setuid, 101));
		R(SYSCALL(SYS_setuid, 0));
		R(SYSCALL(SYS_getuid));
		R(SYSCALL(SYS_setgroups, 3, groups));
		R(open("secret", O_RDONLY));
		R(chown("open", 101, NONE));
		R(chmod("open", 0600));
		R(mknod("his/device", S_IFCHR | 0600, 0x103));
		put("his/real", "x");
		who("made by it", "his/real");
		R(SYSCALL(SYS_setfsuid, -1));
	}
}
