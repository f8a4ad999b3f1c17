/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * inside.c - opens names of a stranger's tree from outside of any jail: they end in the tree,
 * whatever its symlinks say. run.c reads an image's accounts with it, private.c makes directories
 * in a copy. */
#include "images.h"

#include <linux/openat2.h>
#include <sys/syscall.h>

static bool has_openat2 = true;

/* Opens `path` from the root `tree` on. If the kernel lacks openat2(2), no symlink is followed at
 * all. */
static int open_below(int tree, const char *path, int flags)
{
	struct open_how how = {.flags = (unsigned)flags | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};
	char *text, *rest, *part;
	int at = dup(tree);

	if (has_openat2) {
		const long fd = syscall(SYS_openat2, tree, *path ? path : ".", &how, sizeof(how));

		if (fd >= 0 || (errno != ENOSYS && errno != EPERM)) {
			close(at);
			return (int)fd;
		}
		has_openat2 = false;
	}
	text = rest = copy_of(path);
	while (at >= 0 && (part = strsep(&rest, "/"))) {
		int next;

		if (!*part || !strcmp(part, "."))
			continue;
		errno = ELOOP;
		next = !strcmp(part, "..") ?
			       -1 :
			       openat(at, part,
				       O_NOFOLLOW | O_CLOEXEC |
					       (rest && *rest ? O_PATH | O_DIRECTORY : flags));
		close(at);
		at = next;
	}
	free(text);
	return at;
}

char *read_inside(const char *tree, const char *path, size_t limit)
{
	const int root = open(tree, O_PATH | O_DIRECTORY | O_CLOEXEC);
	const int fd = root < 0 ? -1 : open_below(root, path, O_RDONLY | O_NONBLOCK);
	char *text = NULL, *self;
	size_t size;

	if (fd >= 0) {
		self = print("/proc/self/fd/%d", fd);
		text = read_file(self, limit, &size);
		free(self);
		close(fd);
	}
	if (root >= 0)
		close(root);
	return text;
}

void make_inside(const char *tree, const char *path)
{
	const int root = open(tree, O_PATH | O_DIRECTORY | O_CLOEXEC);
	char *text = copy_of(path);
	int above = open(tree, O_PATH | O_DIRECTORY | O_CLOEXEC);

	for (char *part = text + strspn(text, "/"); above >= 0 && *part;) {
		char *end = part + strcspn(part, "/"), *next = end + strspn(end, "/");
		int fd;

		*end = 0;
		fd = open_below(root, text, O_PATH | O_DIRECTORY);
		if (fd < 0 && errno == ENOENT && strcmp(part, "..") != 0 &&
			!mkdirat(above, part, 0755))
			fd = open_below(root, text, O_PATH | O_DIRECTORY);
		close(above);
		above = fd;
		if (*next)
			*end = '/';
		part = next;
	}
	if (above >= 0)
		close(above);
	if (root >= 0)
		close(root);
	free(text);
}
