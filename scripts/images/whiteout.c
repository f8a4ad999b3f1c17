/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * whiteout.c - removes files of the layers below, as a layer's whiteouts say. Files that the layer
 * itself has brought stay, though the whiteout may come after them in the archive. layer.c calls
 * it, inside the tree. */
#include "images.h"

#include <dirent.h>

/* Removes what is in the directory `at`, whose name in the tree is `path`, except what `keep` has.
 * Closes `at`. The tree's own .fakejail stays. */
static void children(int at, const char *path, const struct names *keep);

/* Removes `name` of the directory `at`. `path` is its name in the tree. */
static void one(int at, const char *name, const char *path, const struct names *keep)
{
	const bool stays = keep && names_have(keep, path);
	struct stat st;
	int fd;

	if (fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW)) {
		if (errno == ENOENT || errno == ENOTDIR)
			return;
		fail("'%s': %s", shown(path), strerror(errno));
	}
	if (!S_ISDIR(st.st_mode)) {
		if (!stays && unlinkat(at, name, 0))
			fail("'%s': cannot remove it: %s", shown(path), strerror(errno));
		return;
	}
	fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		fail("'%s': cannot read the directory: %s", shown(path), strerror(errno));
	children(fd, path, keep);
	if (stays)
		return;
	if (!unlinkat(at, name, AT_REMOVEDIR))
		layer_forgets(path);
	else if (errno != ENOTEMPTY)
		fail("'%s': cannot remove it: %s", shown(path), strerror(errno));
}

static void children(int at, const char *path, const struct names *keep)
{
	DIR *dir = fdopendir(at);
	const struct dirent *e;

	if (!dir)
		fail("'%s': %s", shown(path), strerror(errno));
	while ((e = readdir(dir))) {
		char *below;

		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..") ||
			(!strcmp(path, ".") && !strcmp(e->d_name, ".fakejail")))
			continue;
		below = !strcmp(path, ".") ? copy_of(e->d_name) : print("%s/%s", path, e->d_name);
		one(at, e->d_name, below, keep);
		free(below);
	}
	closedir(dir);
}

void remove_lower(const char *path, const struct names *keep)
{
	one(AT_FDCWD, path, path, keep);
}

void remove_lower_children(const char *path, const struct names *keep)
{
	const int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd >= 0)
		children(fd, path, keep);
	else if (errno != ENOENT && errno != ENOTDIR && errno != ELOOP)
		fail("'%s': cannot read the directory: %s", shown(path), strerror(errno));
}
