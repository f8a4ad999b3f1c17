/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_xattr.c - tests extended attributes of the user namespace, by path, by link, by
 * descriptor; and names that a link may not have.
 */
#include "twin.h"

static void list(const char *what, char *buf, long n)
{
	if (n < 0) {
		say("%s: %e\n", what, errno);
		return;
	}
	/* A security label of the host's may be among them; only ours are told. */
	for (long at = 0; at < n; at += (long)strlen(buf + at) + 1) {
		if (strncmp(buf + at, "user.", 5) == 0)
			say("%s: %s\n", what, buf + at);
	}
}

CASE(xattr)
{
	char buf[300];

	SPELLINGS() {
		x_put("f", "x");
		x_mkdir("d", 0755);
		x_symlink("f", "l");
		x_symlink("nowhere", "dangling");
		R(setxattr(x("f"), "user.a", "value", 5, 0));
		R(setxattr(x("l"), "user.b", "", 0, XATTR_CREATE));
		R(setxattr(x("f"), "user.b", "x", 1, XATTR_CREATE));
		R(setxattr(x("f"), "user.c", "x", 1, XATTR_REPLACE));
		R(setxattr(x("f"), "user.b", "xyz", 3, XATTR_REPLACE));
		R(setxattr(x("f"), "user.b", "xyz", 3, 4));
		R(setxattr(x("d"), "user.dir", "D", 1, 0));
		R(setxattr(x("missing"), "user.a", "x", 1, 0));
		R(setxattr(x("dangling"), "user.a", "x", 1, 0));
		R(setxattr(x("f"), "nonsense", "x", 1, 0));
		R(setxattr(x("f"), "", "x", 1, 0));
		R(lsetxattr(x("l"), "user.onlink", "x", 1, 0));
		R(lsetxattr(x("f"), "user.d", "direct", 6, 0));
		memset(buf, 0, sizeof(buf));
		R(getxattr(x("f"), "user.a", buf, 300));
		say("%q\n", buf);
		R(getxattr(x("l"), "user.b", buf, 300));
		R(getxattr(x("f"), "user.a", NULL, 0));
		R(getxattr(x("f"), "user.a", buf, 2));
		R(getxattr(x("f"), "user.none", buf, 300));
		R(lgetxattr(x("l"), "user.a", buf, 300));
		R(lgetxattr(x("f"), "user.d", buf, 300));
		list("f", buf, listxattr(x("f"), buf, sizeof(buf)));
		list("through l", buf, listxattr(x("l"), buf, sizeof(buf)));
		list("l itself", buf, llistxattr(x("l"), buf, sizeof(buf)));
		list("d", buf, listxattr(x("d/"), buf, sizeof(buf)));
		list("missing", buf, listxattr(x("missing"), buf, sizeof(buf)));
		R(removexattr(x("l"), "user.a"));
		R(removexattr(x("f"), "user.a"));
		R(lremovexattr(x("f"), "user.d"));
		R(lremovexattr(x("l"), "user.b"));
		list("f", buf, listxattr(x("f"), buf, sizeof(buf)));
	}
}

CASE(xattr_by_fd)
{
	char buf[64] = "";

	put("f", "x");
	int fd = open("f", O_RDWR), p = open("f", O_PATH);
	R(fsetxattr(fd, "user.a", "1", 1, 0));
	R(fgetxattr(fd, "user.a", buf, 64));
	say("%q\n", buf);
	list("fd", buf, flistxattr(fd, buf, sizeof(buf)));
	R(fremovexattr(fd, "user.a"));
	R(fremovexattr(fd, "user.a"));
	R(fsetxattr(p, "user.a", "1", 1, 0));
	R(fgetxattr(p, "user.a", buf, 64));
	R(fgetxattr(99, "user.a", buf, 64));
	unlink("f");
	R(fsetxattr(fd, "user.a", "1", 1, 0));
	R(fgetxattr(fd, "user.a", buf, 64));
}

CASE(xattr_user_trusted)
{
	char buf[64] = "";

	put("f", "x");
	R(setxattr("f", "trusted.a", "1", 1, 0));
	R(getxattr("f", "trusted.a", buf, 64));
	R(setxattr("f", "system.nonsense", "1", 1, 0));
}

CASE(xattr_root_trusted)
{
	char buf[64] = "";

	SPELLINGS() {
		x_put("f", "x");
		x_symlink("f", "l");
		R(setxattr(x("f"), "trusted.a", "secret", 6, 0));
		R(getxattr(x("f"), "trusted.a", buf, 64));
		say("%q\n", buf);
		R(lsetxattr(x("l"), "trusted.l", "onlink", 6, 0));
		R(lgetxattr(x("l"), "trusted.l", buf, 64));
		R(getxattr(x("l"), "trusted.l", buf, 64));
		R(removexattr(x("f"), "trusted.a"));
		R(getxattr(x("f"), "trusted.a", buf, 64));
	}
}

CASE(xattr_root_capability)
{
	/* cap_net_raw=ep, as setcap(8) writes it: struct vfs_cap_data, revision 2. */
	static const unsigned char cap[20] = {1, 0, 0, 2, 0, 0x20};
	char buf[64] = "";

	SPELLINGS() {
		x_put("f", "x");
		R(setxattr(x("f"), "security.capability", cap, sizeof(cap), 0));
		R(getxattr(x("f"), "security.capability", buf, 64));
		say("%d %d\n", buf[3], buf[5]);
		R(setxattr(x("f"), "security.capability", "junk", 4, 0));
		R(removexattr(x("f"), "security.capability"));
		R(getxattr(x("f"), "security.capability", buf, 64));
	}
}

/* user::rw- user:me:r-- group::r-- mask::r-- other::---, as setfacl(1) writes it. */
CASE(xattr_posix_acl)
{
	unsigned char acl[] = {2, 0, 0, 0, 1, 0, 6, 0, 255, 255, 255, 255, 2, 0, 4, 0, 0, 0, 0, 0,
		4, 0, 4, 0, 255, 255, 255, 255, 16, 0, 4, 0, 255, 255, 255, 255, 32, 0, 0, 0, 255,
		255, 255, 255};
	unsigned char buf[100] = {0};
	unsigned me = geteuid();

	memcpy(acl + 16, &me, sizeof(me));
	SPELLINGS() {
		x_put("f", "x");
		x_mkdir("d", 0755);
		R(setxattr(x("f"), "system.posix_acl_access", acl, sizeof(acl), 0));
		x_say_stat("f");
		R(getxattr(x("f"), "system.posix_acl_access", buf, sizeof(buf)));
		say("same %d\n", memcmp(buf, acl, sizeof(acl)) == 0);
		R(x_chmod("f", 0604));
		R(getxattr(x("f"), "system.posix_acl_access", buf, sizeof(buf)));
		say("mask %d other %d\n", buf[30], buf[38]);
		R(setxattr(x("d"), "system.posix_acl_default", acl, sizeof(acl), 0));
		x_put("d/f", "x");
		x_say_stat("d/f");
		R(setxattr(x("f"), "system.posix_acl_default", acl, sizeof(acl), 0));
		R(setxattr(x("f"), "system.posix_acl_access", acl, 7, 0));
		R(removexattr(x("f"), "system.posix_acl_access"));
		R(getxattr(x("f"), "system.posix_acl_access", buf, sizeof(buf)));
		x_say_stat("f");
	}
}

/* Linux 6.13: the same by dirfd. An older kernel says ENOSYS, and so must the jail there. */
CASE(xattr_at)
{
	struct {
		uint64_t value;
		uint32_t size, flags;
	} args;
	char buf[64];
	enum { SET = 463, GET, LIST, REMOVE };

	SPELLINGS() {
		x_put("f", "x");
		x_symlink("f", "l");
		args.value = (uint64_t)(uintptr_t) "value";
		args.size = 5;
		args.flags = 0;
		R(SYSCALL(SET, twin_dirfd, xat("f"), 0, "user.a", &args, sizeof(args)));
		R(SYSCALL(SET, twin_dirfd, xat("l"), AT_SYMLINK_NOFOLLOW, "user.b", &args,
			sizeof(args)));
		R(SYSCALL(SET, twin_dirfd, xat("missing"), 0, "user.a", &args, sizeof(args)));
		memset(buf, 0, sizeof(buf));
		args.value = (uint64_t)(uintptr_t)buf;
		args.size = sizeof(buf);
		R(SYSCALL(GET, twin_dirfd, xat("l"), 0, "user.a", &args, sizeof(args)));
		say("%q\n", buf);
		R(SYSCALL(GET, twin_dirfd, xat("l"), AT_SYMLINK_NOFOLLOW, "user.a", &args,
			sizeof(args)));
		R(SYSCALL(GET, twin_dirfd, xat("f"), 0x10000, "user.a", &args, sizeof(args)));
		list("f", buf, SYSCALL(LIST, twin_dirfd, xat("f"), 0, buf, sizeof(buf)));
		int fd = x_open("f", O_RDONLY, 0);
		list("fd", buf, SYSCALL(LIST, fd, "", AT_EMPTY_PATH, buf, sizeof(buf)));
		close(fd);
		R(SYSCALL(REMOVE, twin_dirfd, xat("l"), 0, "user.a"));
		R(SYSCALL(REMOVE, twin_dirfd, xat("f"), 0, "user.a"));
	}
}

/* user.* is for regular files and directories: xattr(7). A device in the jail is a file on disk. */
CASE(xattr_root_device)
{
	char value[8];

	R(mknod("d", S_IFCHR | 0666, 0x103 /* 1:3, null */));
	R(setxattr("d", "user.a", "1", 1, 0));
	R(getxattr("d", "user.a", value, sizeof(value)));
	R(getxattr("d", "user.", value, sizeof(value)));
	R(setxattr("d", "user.", "1", 1, 0));
	R(removexattr("d", "user."));
	R(removexattr("d", "user.a"));
	R(setxattr("d", "trusted.a", "1", 1, 0));
	R(removexattr("d", "trusted.a"));
}

/* An empty attribute of capabilities stays when the file's content or owner changes. */
CASE(xattr_root_capability_empty)
{
	char buf[64];
	int fd;

	put("f", "x");
	R(setxattr("f", "security.capability", "", 0, 0));
	R(getxattr("f", "security.capability", buf, 64));
	R(truncate("f", 2));
	R(setxattr("f", "security.capability", "", 0, XATTR_CREATE));
	R(chown("f", 1, 1));
	R(setxattr("f", "security.capability", "", 0, XATTR_CREATE));
	fd = open("f", O_WRONLY | O_TRUNC);
	R(write(fd, "y", 1));
	R(ftruncate(fd, 4));
	close(fd);
	R(getxattr("f", "security.capability", buf, 64));
	R(setxattr("f", "security.capability", "", 0, XATTR_CREATE));
	R(removexattr("f", "security.capability"));
	R(removexattr("f", "security.capability"));
}
