/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * tree.c - makes and removes temporary trees of files: see tree.h. */
#include "tree.h"

#include <dirent.h>
#include <err.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGE 4096

static char top[TREE_PATH];

const char *tree_begin(void)
{
	const char *tmp = getenv("TMPDIR");
	char template[TREE_PATH], real[PATH_MAX];

	snprintf(template, sizeof(template), "%s/fakejail-unit.XXXXXX", tmp && *tmp ? tmp : "/tmp");
	if (!mkdtemp(template) || !realpath(template, real) || strlen(real) >= sizeof(top))
		err(1, "%s", template);
	strcpy(top, real);
	umask(022);
	return top;
}

/* nftw(3) cannot be used, since a tree may be deeper than PATH_MAX. */
static void remove_below(int fd)
{
	DIR *dir = fdopendir(fd);

	if (!dir)
		err(1, "%s", top);
	for (const struct dirent *entry; (entry = readdir(dir));) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (entry->d_type == DT_DIR)
			remove_below(openat(fd, entry->d_name,
				O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
		if (unlinkat(fd, entry->d_name, entry->d_type == DT_DIR ? AT_REMOVEDIR : 0))
			warn("%s: %s", top, entry->d_name);
	}
	closedir(dir);
}

void tree_end(void)
{
	if (!*top)
		return;
	remove_below(open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	if (rmdir(top))
		warn("%s", top);
	*top = 0;
}

const char *tree_path(const char *name)
{
	static char path[8][2 * TREE_PATH];
	static unsigned turn;
	char *into = path[turn++ % 8];

	if (name[0] == '/')
		return name;
	snprintf(into, sizeof(path[0]), "%s%s%s", top, *name ? "/" : "", name);
	return into;
}

void tree_dir(const char *name)
{
	if (mkdir(tree_path(name), 0755))
		err(1, "mkdir %s", name);
}

void tree_bytes(const char *name, const void *bytes, size_t size, unsigned mode)
{
	const int fd = open(tree_path(name), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644);

	if (fd < 0 || write(fd, bytes, size) != (ssize_t)size || fchmod(fd, mode) || close(fd))
		err(1, "create %s", name);
}

void tree_file(const char *name, const char *text)
{
	tree_bytes(name, text, strlen(text), 0644);
}

void tree_link(const char *name, const char *target)
{
	if (symlink(target, tree_path(name)))
		err(1, "symlink %s", name);
}

char *tree_two_pages(void)
{
	char *at = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED || mprotect(at, PAGE, PROT_NONE) ||
		mprotect(at + 3 * PAGE, PAGE, PROT_NONE))
		err(1, "mmap");
	return at + PAGE;
}

void tree_protect(void *at, bool may_write)
{
	if (mprotect(at, PAGE, may_write ? PROT_READ | PROT_WRITE : PROT_READ))
		err(1, "mprotect");
}
