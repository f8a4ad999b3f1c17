/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * sources.c - finds the file that a word of the command line names: a path, "-" for the standard
 * input, or a path with a prefix as in skopeo(1). Called by pull.c, unpack.c and run.c. */
#include "images.h"

static const char *after(const char *text, const char *prefix)
{
	const size_t n = strlen(prefix);

	return strncmp(text, prefix, n) ? NULL : text + n;
}

/* An input that is longer than this begins with a member of an archive: so no device is read without
 * end. */
#define BEGINNING ((size_t)1 << 20)

static bool begins_archive(const char *data, size_t size)
{
	struct archive *a = archive_read_new();
	struct archive_entry *e;
	bool begins;

	support_filters(a);
	archive_read_support_format_tar(a);
	archive_read_support_format_gnutar(a);
	archive_read_support_format_cpio(a);
	begins = archive_read_open_memory(a, data, size) == ARCHIVE_OK &&
		 header_is_good(a, archive_read_next_header(a, &e));
	archive_read_free(a);
	return begins;
}

/* Reads until `piece` is full, or to the end of the input. Returns the number of bytes. */
static size_t read_piece(int from, char *piece, const char *what)
{
	size_t have = 0;

	while (have < BEGINNING) {
		const ssize_t n = read(from, piece + have, BEGINNING - have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			fail("cannot read '%s': %s", shown(what), strerror(errno));
		if (!n)
			break;
		have += (size_t)n;
	}
	return have;
}

/* Copies the input into a file of the store, since it is read twice: to find out its kind, and to
 * get its contents. Returns the path of the file. `what` is the input's name, for messages. */
static char *spool(int from, const char *what)
{
	char *dir = store_temporary("tmp"), *path = print("%s/input", dir), *piece = get(BEGINNING);
	const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int64_t size = 0;
	size_t n;

	if (fd < 0)
		fail("cannot write '%s': %s", path, strerror(errno));
	do {
		n = read_piece(from, piece, what);
		if (!size && n == BEGINNING && !begins_archive(piece, n))
			fail("'%s': it is no archive", shown(what));
		size += (int64_t)n;
		if (size_limit && size / 2 > size_limit + (int64_t)BEGINNING)
			fail("'%s': it gets larger than is allowed (see --max-size)", shown(what));
		if (!write_all(fd, piece, n))
			fail("cannot write '%s': %s", path, strerror(errno));
	} while (n == BEGINNING);
	if (close(fd))
		fail("cannot write '%s': %s", path, strerror(errno));
	free(piece);
	return path;
}

/* The path of a file that can be read twice: `path` itself, or a copy of what is no regular file. */
static char *readable(char *path)
{
	struct stat st;
	char *copy;
	int fd;

	if (stat(path, &st) || S_ISDIR(st.st_mode) || S_ISREG(st.st_mode))
		return path;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		fail("cannot read '%s': %s", shown(path), strerror(errno));
	copy = spool(fd, path);
	close(fd);
	free(path);
	return copy;
}

char *source_path(const char *text, enum source *kind, char **name)
{
	const char *rest;
	char *path, *colon;
	struct stat st;

	*name = copy_of("");
	if (!strcmp(text, "-")) {
		path = spool(0, "-");
		*kind = source_kind(path);
		return path;
	}
	if ((rest = after(text, "docker-archive:")) || (rest = after(text, "oci-archive:")) ||
		(rest = after(text, "oci:"))) {
		path = copy_of(rest);
		if (access(path, F_OK) && (colon = strchr(path, ':'))) {
			*colon = 0;
			*name = copy_of(colon + 1);
		}
		path = readable(path);
		*kind = source_kind(path);
		if (*kind == SOURCE_NONE)
			fail("cannot read '%s': %s", shown(path), strerror(errno));
		return path;
	}
	if (stat(text, &st)) {
		if (strchr("./", *text))
			fail("cannot read '%s': %s", shown(text), strerror(errno));
		return NULL;
	}
	path = readable(copy_of(text));
	*kind = source_kind(path);
	return path;
}
