/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * unions_show.c - prints everything that can be seen in a tree: types, modes, owners, links, sizes,
 * attributes and contents, sorted by name. Called by unions.c. unions.sh compares the output. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "unions.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void show_content(const char *p)
{
	char buf[60];
	const int fd = open(p, O_RDONLY);
	const ssize_t n = fd < 0 ? -1 : read(fd, buf, sizeof(buf));
	unsigned sum = 0;

	for (ssize_t i = 0; i < n; i++)
		sum = sum * 31 + (unsigned char)buf[i];
	if (fd < 0)
		printf(" %s", strerrorname_np(errno));
	else
		printf(" %zd %x", n, sum);
	if (fd >= 0)
		close(fd);
}

void show(const char *dir, int shows_links)
{
	char *name[600], p[600], buf[200];
	size_t count = 0;
	DIR *d = opendir(dir);
	struct stat st;
	ssize_t n;

	if (!d) {
		printf("%s: %s\n", dir, strerrorname_np(errno));
		return;
	}
	for (struct dirent *e; count < COUNT(name) && (e = readdir(d));)
		if (strcmp(e->d_name, ".") && strcmp(e->d_name, "..") && e->d_name[0] != '.')
			name[count++] = strdup(e->d_name);
	closedir(d);
	qsort(name, count, sizeof(*name), by_name);
	for (size_t i = 0; i < count; free(name[i++])) {
		snprintf(p, sizeof(p), "%s/%s", dir, name[i]);
		if (lstat(p, &st)) {
			printf("%s: %s\n", p, strerrorname_np(errno));
			continue;
		}
		printf("%s: %o %u:%u", p, st.st_mode, st.st_uid, st.st_gid);
		if (!S_ISDIR(st.st_mode))
			printf(" %lu links, %ld bytes, device %lx",
				shows_links ? (unsigned long)st.st_nlink : 0, (long)st.st_size,
				(unsigned long)st.st_rdev);
		n = lgetxattr(p, "user.of", buf, sizeof(buf));
		if (n >= 0)
			printf(" of %.*s", (int)n, buf);
		n = S_ISLNK(st.st_mode) ? readlink(p, buf, sizeof(buf)) : -1;
		if (n >= 0)
			printf(" -> %.*s", (int)n, buf);
		if (S_ISREG(st.st_mode))
			show_content(p);
		printf("\n");
		if (S_ISDIR(st.st_mode))
			show(p, shows_links);
	}
}
