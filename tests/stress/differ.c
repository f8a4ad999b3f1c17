/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * differ.c - random calls with random identities, modes, access control lists, attributes, flags,
 * roots and names. For differ.sh, which runs it in a real chroot and in the jail, and compares the
 * output.
 *
 * Usage: differ SEED STEPS DIRECTORY [WORD...]      as root; DIRECTORY is empty, or from an earlier
 * run
 *
 * In each step, a child takes an identity, perhaps goes to another directory or root, and makes one
 * call. Then root prints what the names of that call show. "sticky": some directories are writable
 * for others and have the sticky bit. "overlay": what differs in every overlay of the
 * jail and of the kernel (docs/LIMITS.md) is left out. The output is the same in each run. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "differ_random.h"

static int is_overlay;

static const char *const lists[] = {"system.posix_acl_access", "system.posix_acl_default"};

static const char *const attributes[] = {
	"user.a", "trusted.a", "security.a", "user.b", "other.a", "security.capability", "user."};

static size_t hash_of(size_t sum, const char *text)
{
	for (; *text; text++)
		sum = sum * 31 + (unsigned char)*text;
	return sum;
}

/* Prints the number of names in the directory, and a sum of them that does not depend on their
 * order. */
static long list_names(const char *name, char *text, size_t size)
{
	size_t sum = 0;
	int n = 0;
	DIR *dir = opendir(name);

	for (const struct dirent *e; dir && (e = readdir(dir)); n++)
		sum += hash_of(0, e->d_name);
	snprintf(text, size, "list(%s): %d %zx", name, n, sum);
	return dir ? closedir(dir) : -1;
}

/* The kernel accepts an empty security.capability, and can never read it: setxattr() of fs/xattr.c,
 * cap_inode_getsecurity() of security/commoncap.c. */
static size_t length_for(const char *attribute, size_t length)
{
	return is_overlay && !strcmp(attribute, "security.capability") && !length ? 1 : length;
}

static long change_attribute(const char *a, unsigned n, char *text, size_t size)
{
	const char *which = attributes[n % 7];
	const int flags = n / 7 % 4 < 3 ? (int)(n / 7 % 4) : 0; /* XATTR_CREATE, XATTR_REPLACE */
	char value[40] = "";
	long r;

	switch (n / 28 % 6) {
	case 0:
		snprintf(text, size, "removexattr(%s, %s)", a, which);
		return removexattr(a, which);
	case 1:
		r = getxattr(a, which, value, n % 3 ? sizeof(value) : 1);
		snprintf(text, size, "getxattr(%s, %s) %ld %s", a, which, r, value);
		return r < 0 ? r : 0;
	case 2:
		snprintf(text, size, "lsetxattr(%s, %s, %d)", a, which, flags);
		return lsetxattr(a, which, "long", length_for(which, n % 5), flags);
	default:
		snprintf(text, size, "setxattr(%s, %s, %d)", a, which, flags);
		return setxattr(a, which, "value", length_for(which, n % 6), flags);
	}
}

/* Changes a file by a descriptor, which was opened with random flags. */
static long change_open(
	const char *a, unsigned n, mode_t mode, unsigned uid, unsigned gid, char *text, size_t size)
{
	static const int flags[] = {O_RDONLY, O_WRONLY, O_PATH, O_RDWR, O_PATH | O_NOFOLLOW};
	const int fd = open(a, flags[n % 5] | O_NONBLOCK);
	struct stat st;

	snprintf(text, size, "by %x of %s: %u, %#o %d %d %s", flags[n % 5], a, n / 5 % 8, mode,
		(int)uid, (int)gid, attributes[n % 4]);
	if (fd < 0)
		return fd;
	switch (n / 5 % 8) {
	case 0:
		return fchmod(fd, mode);
	case 1:
		return fchown(fd, uid, gid);
	case 2:
		return ftruncate(fd, n % 3);
	case 3:
		return fsetxattr(fd, attributes[n % 4], "open", 4, 0);
	case 4:
		return fchownat(fd, "", uid, gid, AT_EMPTY_PATH);
	case 5:
		return fchdir(fd);
	case 6:
		return write(fd, "x", 1) < 0 ? -1 : 0;
	default:
		return fstat(fd, &st);
	}
}

/* More kinds of calls, for `what` >= 20. */
static long step_more(unsigned what, const char *a, const char *b, unsigned n, mode_t mode,
	unsigned uid, unsigned gid, char *text, size_t size)
{
	static const int flags[] = {O_RDONLY | O_DIRECTORY | O_CREAT, O_RDWR | O_TMPFILE,
		O_PATH | O_NOFOLLOW, O_RDONLY | O_NOATIME, O_WRONLY | O_APPEND | O_CREAT,
		O_RDONLY | O_TRUNC, O_WRONLY | O_EXCL, O_RDWR | O_CREAT | O_NOFOLLOW,
		O_RDONLY | O_DIRECTORY | O_NOFOLLOW, O_WRONLY | O_TMPFILE | O_EXCL,
		O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 3};
	static const unsigned renames[] = {0, 1, 2, 4, 3, 5, 6, 8};
	char value[200] = "";
	ssize_t got;
	int fd;

	switch (what) {
	case 20:
	case 21:
	case 22:
		return change_attribute(a, n, text, size);
	case 23:
	case 24:
		snprintf(text, size, "open(%s, %#o, %#o)", a, flags[n % 12], mode);
		fd = open(a, flags[n % 12] | O_NONBLOCK, mode);
		return fd < 0 ? -1 : 0;
	case 25:
		snprintf(text, size, "renameat2(%s, %s, %u)", a, b, renames[n % 8]);
		return syscall(SYS_renameat2, AT_FDCWD, a, AT_FDCWD, b, renames[n % 8]);
	case 26:
		snprintf(text, size, "linkat(%s, %s, %x)", a, b, n & 1 ? AT_SYMLINK_FOLLOW : 0);
		return linkat(AT_FDCWD, a, AT_FDCWD, b, n & 1 ? AT_SYMLINK_FOLLOW : 0);
	case 27:
		return list_names(a, text, size);
	case 28:
		got = readlink(a, value, sizeof(value) - 1);
		snprintf(text, size, "readlink(%s): %s", a, value);
		return got < 0 ? -1 : 0;
	case 29:
		snprintf(text, size, "chdir(%s)", a);
		if (chdir(a))
			return -1;
		return access("..", (int)(n % 8));
	case 30:
		snprintf(text, size, "utimensat(%s) of the link", a);
		return utimensat(AT_FDCWD, a, NULL, AT_SYMLINK_NOFOLLOW);
	default:
		return change_open(a, n, mode, uid, gid, text, size);
	}
}

/* Makes the call of a step. The parent draws the same random numbers as the child, and so knows its
 * names. */
static long step(const char *a, const char *b, char *text, size_t size)
{
	static const int flags[] = {O_RDONLY, O_WRONLY, O_RDWR, O_RDONLY | O_DIRECTORY,
		O_WRONLY | O_CREAT, O_RDONLY | O_CREAT, O_WRONLY | O_CREAT | O_TRUNC,
		O_WRONLY | O_CREAT | O_EXCL, O_WRONLY | O_TRUNC, O_PATH, O_RDONLY | O_NOFOLLOW,
		O_RDWR | O_CREAT | O_TRUNC};
	static const mode_t kinds[] = {S_IFREG, S_IFIFO, S_IFCHR, S_IFBLK, S_IFSOCK, S_IFDIR};
	static const struct timespec times[][2] = {{{0, UTIME_NOW}, {0, UTIME_NOW}},
		{{0, UTIME_OMIT}, {0, UTIME_OMIT}}, {{5, 0}, {6, 0}}, {{0, UTIME_NOW}, {6, 0}}};
	const unsigned what = chance(34), n = chance(4096), uid = any_id(), gid = any_id();
	const mode_t mode = any_mode();
	unsigned char list[100];
	const size_t list_size = make_list(list);
	struct stat st;
	int fd;

	if (what > 19)
		return step_more(what, a, b, n, mode, uid, gid, text, size);
	switch (what) {
	case 0:
	case 1:
	case 2:
		snprintf(text, size, "open(%s, %#o, %#o)", a, flags[n % 12], mode);
		fd = open(a, flags[n % 12] | O_NONBLOCK, mode);
		return fd < 0 ? -1 : 0;
	case 3:
	case 4:
		snprintf(text, size, "mkdir(%s, %#o)", a, mode);
		return mkdir(a, mode);
	case 5:
		snprintf(text, size, "rmdir(%s)", a);
		return rmdir(a);
	case 6:
		snprintf(text, size, "unlink(%s)", a);
		return unlink(a);
	case 7:
		snprintf(text, size, "renameat2(%s, %s, %u)", a, b, n % 4 ? 0 : n / 4 % 4);
		return syscall(SYS_renameat2, AT_FDCWD, a, AT_FDCWD, b, n % 4 ? 0 : n / 4 % 4);
	case 8:
		snprintf(text, size, "link(%s, %s)", a, b);
		return link(a, b);
	case 9:
		snprintf(text, size, "symlink(%s, %s)", a, b);
		return symlink(a, b);
	case 10:
	case 11:
		snprintf(text, size, "chmod(%s, %#o)", a, mode);
		return chmod(a, mode);
	case 12:
	case 13:
		snprintf(text, size, "fchownat(%s, %d, %d, %x)", a, (int)uid, (int)gid,
			n & 1 ? AT_SYMLINK_NOFOLLOW : 0);
		return fchownat(AT_FDCWD, a, uid, gid, n & 1 ? AT_SYMLINK_NOFOLLOW : 0);
	case 14:
		snprintf(text, size, "truncate(%s, %u)", a, n % 3);
		return truncate(a, n % 3);
	case 15:
		snprintf(text, size, "mknod(%s, %#o)", a, kinds[n % 6] | mode);
		return mknod(a, kinds[n % 6] | mode, n % 6 == 2 || n % 6 == 3 ? 0x7f03 : 0);
	case 16:
		snprintf(text, size, "access(%s, %u)", a, n % 8);
		return faccessat(AT_FDCWD, a, (int)(n % 8), 0);
	case 17:
		snprintf(text, size, "utimensat(%s, %u)", a, n % 4);
		return utimensat(AT_FDCWD, a, times[n % 4], 0);
	case 18:
		snprintf(text, size, "setxattr(%s, %s, %zu)", a, lists[n & 1], list_size);
		/* ovl_set_acl() of fs/overlayfs/inode.c takes the set-group-ID bit also when a list
		 * is removed. */
		return n % 5 || (is_overlay && !(n & 1)) ?
			       setxattr(a, lists[n & 1], list, list_size, 0) :
			       removexattr(a, lists[n & 1]);
	default:
		snprintf(text, size, "stat(%s)", a);
		return stat(a, &st);
	}
}

static void look(const char *name)
{
	unsigned char list[200];
	struct stat st;

	if (lstat(name, &st)) {
		printf("  %s: %d\n", name, errno);
		return;
	}
	/* The jail copies a device up when it is opened for writing, the kernel does not. */
	printf("  %s: %o %d:%d links %d", name, st.st_mode, (int)st.st_uid, (int)st.st_gid,
		S_ISDIR(st.st_mode) ||
				(is_overlay && (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode))) ?
			0 :
			(int)st.st_nlink);
	for (int i = 0; i < 2 && !S_ISLNK(st.st_mode); i++) {
		const ssize_t n = lgetxattr(name, lists[i], list, sizeof(list));

		printf(" %d", (int)n);
		for (ssize_t k = 4; k + 4 <= n; k += 8)
			printf("%c%d", k == 4 ? ' ' : ',', list[k + 2]);
	}
	for (int i = 0; i < 4; i++) {
		const ssize_t n = lgetxattr(name, attributes[i], list, sizeof(list));

		if (n >= 0)
			printf(" %s=%.*s", attributes[i], (int)n, list);
	}
	printf("\n");
}

/* Goes to another directory or root, as root, before the process takes an identity. */
static void go_elsewhere(const char *where, unsigned how, char *text, size_t size)
{
	int r = 0, e;

	if (how > 3)
		return;
	errno = 0;
	r = how < 2 ? chdir(where) : chroot(where);
	e = r ? errno : 0;
	if (!r && how == 3)
		r = chdir("/");
	snprintf(text, size, "%s(%s) %d, ", how < 2 ? "chdir" : "chroot", where, e);
}

int main(int argc, char **argv)
{
	const unsigned long steps = argc > 2 ? strtoul(argv[2], NULL, 0) : 0;

	state = argc > 1 ? strtoull(argv[1], NULL, 0) : 0;
	for (int i = 4; i < argc; i++) {
		has_sticky = has_sticky || !strcmp(argv[i], "sticky");
		is_overlay = is_overlay || !strcmp(argv[i], "overlay");
	}
	if (argc < 4 || chdir(argv[3]))
		return 2;
	for (int i = 0; i < 4; i++) /* names with ".." stay in the directory */
		if ((mkdir("x", 0755) && errno != EEXIST) || chdir("x"))
			return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (unsigned long i = 0; i < steps; i++) {
		const unsigned uid = chance(3), gid = chance(3), group = chance(3);
		const mode_t mask = chance(2) ? 022 : chance(2) ? 0 : chance(01000);
		const unsigned how = chance(24);
		char a[40], b[40], where[40], text[400] = "", went[100] = "";
		uint64_t before;
		int status;

		make_name(a);
		make_name(b);
		make_name(where);
		before = state;
		const pid_t pid = fork();

		if (!pid) {
			const gid_t list[] = {group};

			umask(mask);
			go_elsewhere(where, how, went, sizeof(went));
			if (setgroups(uid || group ? 1 : 0, list) ||
				setresgid(uid ? gid : 0, uid ? gid : 0, uid ? gid : 0) ||
				setresuid(uid, uid, uid))
				_exit(9);
			errno = 0;
			const long r = step(a, b, text, sizeof(text));
			const int e = r ? errno : 0;

			printf("%lu: %u:%u+%u umask %03o %s%s = %ld %s\n", i, uid, gid, group, mask,
				went, text, r, e ? strerror(e) : "");
			_exit(0);
		}
		/* The next step begins with another state, in parent and child. */
		state = before ^ (i * 0x2545f4914f6cdd1dUL);
		if (waitpid(pid, &status, 0) != pid || status) {
			printf("%lu: the child ended with %d\n", i, status);
			return 1;
		}
		look(a);
		look(b);
	}
	return 0;
}
