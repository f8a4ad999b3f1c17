/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * copyup.c - makes lower files of many kinds, and changes each of them. For copyup.sh, which
 * compares the result with that of the kernel's overlayfs.
 *
 *	copyup grow DIR COUNT	make files in DIR: combinations of holes, times, attributes, lists,
 *				modes and names
 *	copyup change DIR COUNT	change one thing of each; print the results and what all files show
 *	copyup one FILE LIMIT	open FILE to write, with that limit of file sizes (0: none);
 *				print the result
 *
 * The output does not depend on inode numbers or on the time.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

/* An access control list: version 2, and entries of tag, permission and id
 * (linux/posix_acl_xattr.h). */
struct list {
	uint32_t version;
	struct {
		uint16_t tag, perm;
		uint32_t id;
	} entry[5];
};
static const struct list list = {
	2, {{1, 6, ~0U}, {2, 4, 1000}, {4, 4, ~0U}, {0x10, 6, ~0U}, {0x20, 4, ~0U}}};
/* VFS_CAP_REVISION_2 with cap_net_raw (linux/capability.h) */
static const uint32_t capability[5] = {0x02000001, 1 << 13, 0, 0, 0};

static unsigned bits;

static unsigned take(unsigned count)
{
	const unsigned n = bits % count;

	bits /= count;
	return n;
}

static void check(const char *what, long r)
{
	if (r < 0)
		printf("%s: %s\n", what, strerrorname_np(errno));
}

static void write_at(int fd, long at, long size)
{
	static char data[70000];

	memset(data, 'a' + (int)(at / 4096 % 26), sizeof(data));
	check("write", pwrite(fd, data, (size_t)size, at));
}

static void make(const char *p)
{
	static const unsigned modes[] = {0644, 0600, 04755, 02711, 01444, 0000};
	const unsigned holes = take(5), mode = take(6), names = take(2);
	const struct timespec times[2] = {
		{1000000000 + (long)mode, 123456789}, {900000000, (long)holes * 111111111 + 1}};
	char second[400];
	int fd;

	if (holes == 4) {
		check("mkdir", mkdir(p, 0755));
		check("default", setxattr(p, "system.posix_acl_default", &list, sizeof(list), 0));
		fd = open(p, O_RDONLY | O_DIRECTORY);
	} else {
		fd = open(p, O_RDWR | O_CREAT | O_EXCL, 0600);
		if (holes == 1)
			write_at(fd, 0, 5);
		if (holes >= 2)
			write_at(fd, 1 << 20, 70000);
		if (holes == 3) {
			write_at(fd, 5 << 20, 4096);
			check("size", ftruncate(fd, 8 << 20));
		}
	}
	if (take(2))
		check("attribute", fsetxattr(fd, "user.of", "lower", 5, 0));
	if (take(2))
		check("chown", fchown(fd, 1000, 7));
	check("chmod", fchmod(fd, modes[mode]));
	if (take(2))
		check("list", fsetxattr(fd, "system.posix_acl_access", &list, sizeof(list), 0));
	if (take(2) && holes != 4)
		check("capability", fsetxattr(fd, "security.capability", capability, 20, 0));
	if (names && holes != 4) {
		snprintf(second, sizeof(second), "%s.second", p);
		check("link", link(p, second));
	}
	check("times", futimens(fd, times));
	close(fd);
}

static void show_attributes(const char *p)
{
	static const char *const names[] = {"user.of", "user.new", "system.posix_acl_access",
		"system.posix_acl_default", "security.capability"};
	char value[300];

	for (unsigned i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const long n = lgetxattr(p, names[i], value, sizeof(value));
		unsigned sum = 0;

		for (long b = 0; b < n; b++)
			sum = sum * 31 + (unsigned char)value[b];
		if (n >= 0)
			printf(" %s %ld %x", names[i], n, sum);
	}
}

static void show(const char *p, int by_times)
{
	static char data[65536];
	struct stat st;
	unsigned sum = 0;
	int fd;

	if (lstat(p, &st)) {
		printf("%s: %s\n", p, strerrorname_np(errno));
		return;
	}
	printf("%s: %o %u:%u links %u", p, st.st_mode, st.st_uid, st.st_gid,
		S_ISDIR(st.st_mode) ? 0 : (unsigned)st.st_nlink);
	if (by_times)
		printf(" %ld.%09ld %ld.%09ld", (long)st.st_atim.tv_sec, st.st_atim.tv_nsec,
			(long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
	show_attributes(p);
	fd = S_ISDIR(st.st_mode) ? -1 : open(p, O_RDONLY | O_NOATIME);
	if (fd >= 0) {
		printf(" size %ld", (long)st.st_size);
		/* (The kernel copies a megabyte at once, and fills the holes in it.) */
		for (long at = 0, end; (at = lseek(fd, at, SEEK_DATA)) >= 0; at = end) {
			end = lseek(fd, at, SEEK_HOLE);
			printf(" data %ld to %ld", at >> 20, (end + 0xfffff) >> 20);
		}
		lseek(fd, 0, SEEK_SET);
		for (long n; (n = read(fd, data, sizeof(data))) > 0;)
			for (long b = 0; b < n; b++)
				sum = sum * 31 + (unsigned char)data[b];
		printf(" sum %x", sum);
		close(fd);
	}
	printf("\n");
}

/* Makes change `what`. Returns whether it changes the times. */
static int change(const char *p, unsigned what)
{
	static const struct timespec times[2] = {{5, 6}, {0, UTIME_OMIT}};
	int fd;

	switch (what) {
	case 0:
		check("chmod", chmod(p, 0711));
		return 1;
	case 1:
		check("chown", chown(p, 7, 1000));
		return 1;
	case 2:
		check("utimensat", utimensat(AT_FDCWD, p, times, 0));
		return 1;
	case 3:
		check("setxattr", setxattr(p, "user.new", "upper", 5, 0));
		return 1;
	case 4:
		fd = open(p, O_WRONLY);
		check("open", fd);
		close(fd);
		return 1;
	case 5:
		fd = open(p, O_WRONLY | O_APPEND);
		check("write", fd < 0 ? -1 : write(fd, "x", 1));
		close(fd);
		return 0;
	default:
		check("truncate", truncate(p, 1 << 19));
		return 0;
	}
}

int main(int argc, char **argv)
{
	char p[300];

	umask(0);
	if (argc != 4)
		return 2;
	if (!strcmp(argv[1], "one")) {
		const struct rlimit limit = {(rlim_t)atol(argv[3]), (rlim_t)atol(argv[3])};
		int fd;

		signal(SIGXFSZ, SIG_IGN);
		if (limit.rlim_cur)
			check("setrlimit", setrlimit(RLIMIT_FSIZE, &limit));
		fd = open(argv[2], O_WRONLY);
		printf("%s\n", fd < 0 ? strerrorname_np(errno) : "ok");
		return fd < 0;
	}
	for (int i = 0; i < atoi(argv[3]); i++) {
		int keeps = 1;

		snprintf(p, sizeof(p), "%s/%d", argv[2], i);
		bits = (unsigned)i * 2654435761U >> 7;
		if (!strcmp(argv[1], "grow")) {
			make(p);
			continue;
		}
		keeps = change(p, (unsigned)i % 7);
		show(p, keeps);
		snprintf(p + strlen(p), 20, ".second");
		if (!access(p, F_OK))
			show(p, 1);
	}
	printf("the end\n");
	return 0;
}
