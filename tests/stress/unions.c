/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * unions.c - makes random layers, and random calls on the overlay of them. For unions.sh, which
 * compares the output with that on the kernel's overlayfs. unions_show.c prints a tree, and
 * unions_more.c has more calls.
 *
 *	unions grow SEED DIR...		make a tree in each directory, by one seed
 *	unions call SEED CALLS DIR UID	make calls in DIR as that user; at the end, print the tree
 *	unions show DIR			print the tree
 *
 * The output does not depend on times, inode numbers or sizes of the file system.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "unions.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static uint64_t state;

unsigned pick(unsigned n)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(state >> 33) % n;
}

const char *const words[4] = {"a", "b", "c", "d"};

const char *word(void)
{
	return words[pick(COUNT(words))];
}

/* A random path of one to three names below `top`. */
static char *path(const char *top)
{
	static char buf[4][200];
	static unsigned next;
	char *p = buf[next++ % 4];
	int n = snprintf(p, 200, "%s", top);

	for (unsigned depth = 1 + pick(3); depth; depth--)
		n += snprintf(p + n, 200 - (size_t)n, "/%s", word());
	return p;
}

static void put(const char *p, const char *text)
{
	const int fd = open(
		p, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK, 0600 + pick(2) * 044);

	if (fd < 0)
		return;
	if (write(fd, text, strlen(text)) < 0)
		perror(p);
	if (!pick(6) && ftruncate(fd, 20000))
		perror(p);
	close(fd);
}

static void grow(const char *top)
{
	static const int owners[] = {0, 0, 1000, 7};

	for (unsigned count = 20 + pick(30); count; count--) {
		const char *p = path(top);
		int r = 0;

		switch (pick(12)) {
		case 0:
		case 1:
		case 2:
		case 3:
		case 4:
			r = mkdir(p, 0700 + pick(3) * 033);
			break;
		case 5:
			r = symlink(word(), p);
			break;
		case 6:
			r = link(path(top), p);
			break;
		case 7:
			r = mkfifo(p, 0640);
			break;
		default:
			put(p, p + strlen(top));
			if (!pick(3))
				r = setxattr(p, "user.of", "lower", 5, 0);
		}
		if (!r && !pick(2))
			r = lchown(p, owners[pick(4)], owners[pick(4)]);
		if (!r && !pick(4))
			r = chmod(p, 0700 + pick(8) * 011 + pick(2) * 06000);
	}
}

void say(const char *what, long r)
{
	const int e = errno;

	printf(" %s %s", what, r < 0 ? strerrorname_np(e) : "ok");
}

/* -- calls -- */

/* (The answer of a device depends on the machine.) */
static void write_to(const char *p, int flags)
{
	struct stat st;
	int fd;

	if (!stat(p, &st) && S_ISCHR(st.st_mode)) {
		printf(" a device");
		return;
	}
	fd = open(p, flags | O_NONBLOCK, 0640);
	say("open", fd);
	if (fd < 0)
		return;
	if ((flags & O_ACCMODE) != O_RDONLY)
		say("write", write(fd, "new", 3));
	close(fd);
}

/* Makes a change of what stat(2) shows, except the inode number and the device. */
static void change(const char *p)
{
	struct stat before, after;
	const int had = lstat(p, &before);
	const struct timespec times[2] = {{1000 + pick(9), 1}, {2000, 2}};

	switch (pick(6)) {
	case 0:
		say("chmod", chmod(p, 0700 + pick(8) * 011));
		break;
	case 1:
		say("lchown", lchown(p, pick(3) * 500, pick(3) * 500));
		break;
	case 2:
		say("utimensat", utimensat(AT_FDCWD, p, times, AT_SYMLINK_NOFOLLOW));
		break;
	case 3:
		say("setxattr", lsetxattr(p, "user.of", "upper", 5, 0));
		break;
	case 4:
		say("removexattr", lremovexattr(p, "user.of"));
		break;
	default:
		say("truncate", truncate(p, pick(9)));
	}
	if (!had && !lstat(p, &after) && !S_ISLNK(before.st_mode))
		printf(" steady %d %d",
			S_ISDIR(before.st_mode) || before.st_nlink > 1 ||
				before.st_ino == after.st_ino,
			before.st_dev == after.st_dev);
}

/* Makes calls by a descriptor that was opened before the file is copied up. */
static void by_descriptor(const char *p)
{
	struct stat st;
	const int how = pick(2) ? O_RDONLY : O_PATH;
	int fd;

	if (!lstat(p, &st) && S_ISCHR(st.st_mode)) {
		printf(" a device");
		return;
	}
	fd = open(p, how | O_NONBLOCK | O_NOFOLLOW);
	say("descriptor", fd);
	if (fd < 0)
		return;
	if (!pick(2))
		say("unlink", unlink(path("w")));
	switch (pick(5)) {
	case 0:
		say("fchmod", fchmod(fd, 0711));
		break;
	case 1:
		say("fchown", fchown(fd, 1000, -1));
		break;
	case 2:
		say("linkat", linkat(fd, "", AT_FDCWD, path("w"), AT_EMPTY_PATH));
		break;
	case 3:
		say("mkdirat", mkdirat(fd, word(), 0700));
		say("unlinkat", unlinkat(fd, word(), pick(2) ? AT_REMOVEDIR : 0));
		say("symlinkat", symlinkat("x", fd, word()));
		break;
	default: /* (O_PATH only: other flock(2) calls copy up in the jail, not in the kernel.) */
		say("flock", how == O_PATH ? flock(fd, LOCK_EX | LOCK_NB) : 0);
	}
	if (!fstat(fd, &st))
		printf(" %o %u", st.st_mode, st.st_uid);
	close(fd);
}

static void stand_in(const char *p)
{
	char name[300];

	say("chdir", chdir(p));
	printf(" in %s", getcwd(name, sizeof(name)) ? name : strerrorname_np(errno));
	say("unlink", unlink(word()));
	write_to(word(), O_WRONLY | O_CREAT);
	say("rename", rename(word(), word()));
	if (chdir("/"))
		_exit(1);
}

static void make_socket(const char *p)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	const int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", p);
	say("bind", bind(fd, (struct sockaddr *)&sun, sizeof(sun)));
	close(fd);
}

static void nameless(const char *dir, const char *p)
{
	char link[40];
	const int fd = open(dir, O_TMPFILE | O_WRONLY, 0604);

	say("nameless", fd);
	if (fd < 0)
		return;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	say("write", write(fd, "x", 1));
	say("named", linkat(AT_FDCWD, link, AT_FDCWD, p, AT_SYMLINK_FOLLOW));
	close(fd);
}

static void one_call(void)
{
	static const unsigned flags[] = {0, 0, 0, 1, 2};
	const char *p = path("w"), *q = path("w");

	printf("%s %s", p, q);
	switch (pick(28)) {
	case 0:
	case 1:
		say("mkdir", mkdir(p, 0755));
		break;
	case 2:
		say("rmdir", rmdir(p));
		break;
	case 3:
	case 4:
		say("unlink", unlink(p));
		break;
	case 5:
		write_to(p, O_WRONLY | O_CREAT | O_EXCL);
		break;
	case 6:
		write_to(p, O_WRONLY | O_CREAT | O_TRUNC);
		break;
	case 7:
		write_to(p, O_RDWR | O_APPEND);
		break;
	case 8:
	case 9:
	case 10:
		say("rename", renameat2(AT_FDCWD, p, AT_FDCWD, q, flags[pick(COUNT(flags))]));
		break;
	case 11:
		say("link", link(p, q));
		break;
	case 12:
		say("symlink", symlink(word(), p));
		break;
	case 13:
		say("mknod", mknod(p, pick(2) ? S_IFIFO | 0640 : S_IFCHR | 0600, makedev(1, 3)));
		break;
	case 14:
		make_socket(p);
		break;
	case 15:
		nameless(p, q);
		break;
	case 16:
		stand_in(p);
		break;
	case 17:
		by_descriptor(p);
		break;
	case 18:
	case 19:
		change(p);
		break;
	default:
		more_calls(p, q);
	}
	printf("\n");
}

int main(int argc, char **argv)
{
	umask(022);
	if (argc > 3 && !strcmp(argv[1], "grow")) {
		state = (uint64_t)atoll(argv[2]);
		for (int i = 3; i < argc; i++)
			grow(argv[i]);
		return 0;
	}
	if (argc == 3 && !strcmp(argv[1], "show")) {
		show(argv[2], 1);
		return 0;
	}
	if (argc != 6 || strcmp(argv[1], "call") || chdir(argv[4]) || chdir(".."))
		return 2;
	const int uid = atoi(argv[5]);

	if (uid && (setgroups(0, NULL) || setresgid(uid, uid, uid) || setresuid(uid, uid, uid)))
		return 3;
	state = (uint64_t)atoll(argv[2]) * 77;
	for (int i = 0; i < atoi(argv[3]); i++)
		one_call();
	show("w", 1);
	printf("the end\n");
	return 0;
}
