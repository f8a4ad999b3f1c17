/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_dents.c - tests reading directories: the root, empty directories, many entries, small
 * buffers, changes meanwhile.
 */
#include "twin.h"

static void show_names(const char *path)
{
	char **list = names(path);

	if (!list) {
		say("%s: %e\n", path, errno);
		return;
	}
	for (char **n = list; *n; n++)
		say("%s: %q\n", path, *n);
}

CASE(dents_root)
{
	show_names("/");
	show_names("/..");
	show_names("/etc");
	show_names("/link-to-etc/");
	show_names("/t");
	show_names("/missing");
	show_names("/etc/passwd");
	chdir("/");
	show_names(".");
	show_names("..");
}

CASE(dents_dots)
{
	_Alignas(8) char buf[4096];
	struct stat st, root;
	int dots = 0;

	mkdir("d", 0755);
	stat("/t", &root);
	int fd = open("d", O_RDONLY | O_DIRECTORY);
	long n = sys_getdents64(fd, buf, sizeof(buf));
	fstat(fd, &st);
	for (long at = 0; at < n;) {
		struct twin_dirent64 *e = (struct twin_dirent64 *)(buf + at);
		if (strcmp(e->name, ".") == 0)
			say(". type %d own %d\n", e->type, e->ino == st.st_ino);
		if (strcmp(e->name, "..") == 0)
			say(".. type %d parent %d\n", e->type, e->ino == root.st_ino);
		dots++;
		at += e->reclen;
	}
	say("%d entries\n", dots);
	R(sys_getdents64(fd, buf, sizeof(buf)));
	fd = open("/", O_RDONLY | O_DIRECTORY);
	stat("/", &st);
	int up_is_root = -1;
	while ((n = sys_getdents64(fd, buf, sizeof(buf))) > 0) {
		for (long at = 0; at < n;) {
			struct twin_dirent64 *e = (struct twin_dirent64 *)(buf + at);
			if (strcmp(e->name, ".") == 0)
				up_is_root = e->ino == st.st_ino;
			at += e->reclen;
		}
	}
	say("/ has itself as . %d\n", up_is_root);
}

CASE(dents_buffers)
{
	_Alignas(8) char buf[4096];
	static const int sizes[] = {8, 16, 20, 23, 24, 32, 40, 64, 100, 1000};
	char name[8] = "f000";

	mkdir("d", 0755);
	chdir("d");
	for (int i = 0; i < 120; i++) {
		name[1] = (char)('0' + i / 100);
		name[2] = (char)('0' + i / 10 % 10);
		name[3] = (char)('0' + i % 10);
		close(open(name, O_CREAT | O_WRONLY, 0600));
	}
	for (size_t i = 0; i < COUNT(sizes); i++) {
		int fd = open(".", O_RDONLY | O_DIRECTORY), count = 0;
		long n, sum = 0;
		while ((n = sys_getdents64(fd, buf, sizes[i])) > 0) {
			for (long at = 0; at < n;) {
				struct twin_dirent64 *e = (struct twin_dirent64 *)(buf + at);
				count++;
				for (const char *p = e->name; *p; p++)
					sum += *p;
				at += e->reclen;
			}
		}
		say("size %d: %ld %e, %d entries, sum %ld\n", sizes[i], n, n < 0 ? errno : 0, count,
			sum);
		close(fd);
	}
	int fd = open(".", O_RDONLY | O_DIRECTORY);
	long n, total = 0;
	/* The old call: d_type stands in the last byte of the record. */
	while ((n = sys_getdents(fd, buf, sizeof(buf))) > 0) {
		for (long at = 0; at < n;) {
			unsigned short len = *(unsigned short *)(buf + at + 16);
			total++;
			at += len;
		}
	}
	say("getdents: %ld entries\n", total);
	R(lseek(fd, 0, SEEK_SET));
	R(sys_getdents64(fd, buf, sizeof(buf)) > 0);
	fd = open("f000", O_RDONLY);
	R(sys_getdents64(fd, buf, sizeof(buf)));
	fd = open(".", O_PATH);
	R(sys_getdents64(fd, buf, sizeof(buf)));
	R(sys_getdents64(99, buf, sizeof(buf)));
	fd = open("/t/d", O_RDONLY);
	rmdir("/t/d");
	R(sys_getdents64(fd, NULL, 4096));
}

CASE(dents_types)
{
	_Alignas(8) char buf[4096];

	put("reg", "");
	mkdir("dir", 0755);
	symlink("x", "lnk");
	mkfifo("fifo", 0600);
	int fd = open(".", O_RDONLY | O_DIRECTORY);
	long n = sys_getdents64(fd, buf, sizeof(buf));
	for (const char *const *want = (const char *const[]){"reg", "dir", "lnk", "fifo", NULL};
		*want; want++) {
		for (long at = 0; at < n;) {
			struct twin_dirent64 *e = (struct twin_dirent64 *)(buf + at);
			struct stat st;
			if (strcmp(e->name, *want) == 0) {
				lstat(e->name, &st);
				say("%s type %d same inode %d\n", e->name, e->type,
					st.st_ino == e->ino);
			}
			at += e->reclen;
		}
	}
}

CASE(dents_removed_meanwhile)
{
	_Alignas(8) char buf[4096];

	mkdir("d", 0755);
	int fd = open("d", O_RDONLY | O_DIRECTORY);
	put("d/a", "");
	unlink("d/a");
	rmdir("d");
	R(sys_getdents64(fd, buf, sizeof(buf)));
	show_names("d");
	R(openat(fd, ".", O_RDONLY) >= 0);
	R(openat(fd, "x", O_CREAT | O_WRONLY, 0600));
}
