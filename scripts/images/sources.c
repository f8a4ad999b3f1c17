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

/* Copies the input into a file of the store, since it is read twice: to find out its kind, and to
 * get its contents. Returns the path of the file. */
static char *spool(int from)
{
	char *dir = store_temporary("tmp"), *path = print("%s/input", dir), *piece = get(1 << 18);
	const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	ssize_t n;

	if (fd < 0)
		fail("cannot write '%s': %s", path, strerror(errno));
	while ((n = read(from, piece, 1 << 18)) > 0)
		if (!write_all(fd, piece, (size_t)n))
			fail("cannot write '%s': %s", path, strerror(errno));
	if (n < 0)
		fail("cannot read the input: %s", strerror(errno));
	close(fd);
	free(piece);
	return path;
}

char *source_path(const char *text, enum source *kind, char **name)
{
	const char *rest;
	char *path, *colon;
	struct stat st;

	*name = copy_of("");
	if (!strcmp(text, "-")) {
		path = spool(0);
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
	path = copy_of(text);
	if (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode)) {
		const int fd = open(text, O_RDONLY | O_CLOEXEC);

		if (fd < 0)
			fail("cannot read '%s': %s", shown(text), strerror(errno));
		path = spool(fd);
		close(fd);
	}
	*kind = source_kind(path);
	return path;
}
