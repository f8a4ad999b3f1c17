/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * tree.c - the words ".tree ROOT FD FILTER" of the tool in its jail: go into the tree and write it
 * to the descriptor as a tar archive, in an order that does not depend on the disk. pack.c starts
 * it. */
#include "images.h"

#include <dirent.h>
#include <locale.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

static struct archive *out;
static struct archive_entry_linkresolver *resolver;
static time_t newest = -1; /* SOURCE_DATE_EPOCH: no time is later */

static void add_acl(struct archive_entry *e, const char *value, ssize_t size, int kind)
{
	static const int tags[][2] = {{1, ARCHIVE_ENTRY_ACL_USER_OBJ}, {2, ARCHIVE_ENTRY_ACL_USER},
		{4, ARCHIVE_ENTRY_ACL_GROUP_OBJ}, {8, ARCHIVE_ENTRY_ACL_GROUP},
		{16, ARCHIVE_ENTRY_ACL_MASK}, {32, ARCHIVE_ENTRY_ACL_OTHER}};

	for (ssize_t at = 4; at + 8 <= size; at += 8) {
		uint16_t tag, perm;
		uint32_t id;

		memcpy(&tag, value + at, 2);
		memcpy(&perm, value + at + 2, 2);
		memcpy(&id, value + at + 4, 4);
		for (unsigned i = 0; i < sizeof(tags) / sizeof(*tags); i++)
			if (tags[i][0] == tag) {
				char *who = id == UINT32_MAX ? copy_of("") : print("%u", id);

				archive_entry_acl_add_entry(e, kind, perm & 7, tags[i][1],
					id == UINT32_MAX ? -1 : (int)id, who);
				free(who);
			}
	}
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void add_attributes(struct archive_entry *e, const char *path)
{
	static char list[65536], value[65536];
	const ssize_t size = llistxattr(path, list, sizeof(list));
	char *names[1024];
	size_t count = 0;

	for (ssize_t at = 0; at < size && count < 1024; at += (ssize_t)strlen(list + at) + 1)
		names[count++] = list + at;
	qsort(names, count, sizeof(*names), by_text);
	for (size_t i = 0; i < count; i++) {
		const ssize_t n = lgetxattr(path, names[i], value, sizeof(value));

		if (n < 0)
			continue;
		if (!strcmp(names[i], "system.posix_acl_access"))
			add_acl(e, value, n, ARCHIVE_ENTRY_ACL_TYPE_ACCESS);
		else if (!strcmp(names[i], "system.posix_acl_default"))
			add_acl(e, value, n, ARCHIVE_ENTRY_ACL_TYPE_DEFAULT);
		else
			archive_entry_xattr_add_entry(e, names[i], value, (size_t)n);
	}
}

static void write_header(struct archive_entry *e)
{
	if (archive_write_header(out, e) < ARCHIVE_WARN)
		fail("'%s': cannot write it: %s", shown(archive_entry_pathname(e)),
			archive_error_string(out));
}

static void write_data(const char *path, int64_t size)
{
	static char piece[1 << 18];
	const int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	ssize_t n = 0;

	if (fd < 0)
		fail("'%s': cannot read it: %s", shown(path), strerror(errno));
	while (size && (n = read(fd, piece, sizeof(piece))) > 0) {
		if (n > size)
			n = (ssize_t)size;
		if (archive_write_data(out, piece, (size_t)n) < 0)
			fail("'%s': cannot write it: %s", shown(path), archive_error_string(out));
		size -= n;
	}
	if (n < 0 || size)
		fail("'%s': it became shorter as it was read", shown(path));
	close(fd);
}

/* Which name comes first has the data; the others are links to it. */
static void add(const char *path, const char *name)
{
	struct archive_entry *e = archive_entry_new(), *later = NULL;
	struct stat st;
	char text[4097];

	if (lstat(path, &st))
		fail("'%s': %s", shown(path), strerror(errno));
	if (S_ISSOCK(st.st_mode)) { /* as tar(1) */
		warn("'%s' is a socket: left out", shown(path));
		return;
	}
	archive_entry_set_pathname(e, name);
	archive_entry_copy_stat(e, &st);
	if (newest >= 0 && st.st_mtime > newest)
		archive_entry_set_mtime(e, newest, 0);
	archive_entry_unset_atime(e);
	archive_entry_unset_ctime(e);
	archive_entry_unset_birthtime(e);
	if (!S_ISREG(st.st_mode))
		archive_entry_set_size(e, 0);
	if (S_ISLNK(st.st_mode)) {
		const ssize_t n = readlink(path, text, sizeof(text) - 1);

		if (n < 0)
			fail("'%s': %s", shown(path), strerror(errno));
		text[n] = 0;
		archive_entry_set_symlink(e, text);
	}
	add_attributes(e, path);
	archive_entry_linkify(resolver, &e, &later);
	write_header(e);
	if (S_ISREG(st.st_mode) && !archive_entry_hardlink(e))
		write_data(path, archive_entry_size(e));
	archive_entry_free(e);
}

static void add_directory(const char *path)
{
	DIR *dir = opendir(path);
	const struct dirent *e;
	char **names = NULL;
	size_t count = 0;
	char *name;

	name = print("%s/", path);
	add(path, name);
	free(name);
	if (!dir)
		fail("'%s': cannot read the directory: %s", shown(path), strerror(errno));
	while ((e = readdir(dir))) {
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..") ||
			(!strcmp(path, ".") && !strcmp(e->d_name, ".fakejail")))
			continue;
		names = grow(names, (count + 1) * sizeof(*names));
		names[count++] = copy_of(e->d_name);
	}
	closedir(dir);
	if (count)
		qsort(names, count, sizeof(*names), by_text);
	for (size_t i = 0; i < count; i++) {
		struct stat st;

		name = print("%s/%s", path, names[i]);
		if (!lstat(name, &st) && S_ISDIR(st.st_mode))
			add_directory(name);
		else
			add(name, name);
		free(name);
		free(names[i]);
	}
	free(names);
}

int tree_main(int argc, char **argv)
{
	const char *epoch = getenv("SOURCE_DATE_EPOCH");

	if (argc < 4)
		fail(".tree ROOT FD FILTER");
	if (epoch && *epoch)
		newest = (time_t)strtoll(epoch, NULL, 10);
	/* Names are bytes; those that are UTF-8 need no mark in the archive. */
	setlocale(LC_CTYPE, "C.UTF-8");
	out = archive_write_new();
	archive_write_set_format_pax_restricted(out);
	/* GNU tar's and docker's spelling of attributes. */
	archive_write_set_options(out, "xattrheader=SCHILY");
	if (*argv[3] && archive_write_add_filter_by_name(out, argv[3]) != ARCHIVE_OK)
		fail("cannot compress by %s: %s", argv[3], archive_error_string(out));
	if (!strcmp(argv[3], "gzip"))
		archive_write_set_options(out, "gzip:!timestamp");
	if (archive_write_open_fd(out, atoi(argv[2])) != ARCHIVE_OK)
		fail("cannot write: %s", archive_error_string(out));
	resolver = archive_entry_linkresolver_new();
	archive_entry_linkresolver_set_strategy(resolver, archive_format(out));
	if (chdir(argv[1]) || chroot(".") || chdir("/"))
		fail("cannot enter '%s': %s", shown(argv[1]), strerror(errno));
	add_directory(".");
	if (archive_write_close(out) != ARCHIVE_OK)
		fail("cannot write: %s", archive_error_string(out));
	return 0;
}
