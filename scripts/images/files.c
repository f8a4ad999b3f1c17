/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * files.c - the user's own files and directories outside: the store, and trees that are removed. */
#include "images.h"

#include <dirent.h>
#include <ftw.h>

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)at;
	if (type == FTW_DP || type == FTW_D || type == FTW_DNR)
		rmdir(path);
	else
		unlink(path);
	return 0;
}

static int open_up(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)at;
	if ((type == FTW_D || type == FTW_DNR) && (st->st_mode & 0700) != 0700)
		chmod(path, 0700);
	return 0;
}

void remove_tree(const char *path)
{
	if (!nftw(path, remove_one, 64, FTW_DEPTH | FTW_PHYS) && access(path, F_OK))
		return;
	/* Directories that the user closed to himself are opened, from the top on. */
	for (unsigned i = 0; i < 64 && !access(path, F_OK); i++) {
		nftw(path, open_up, 64, FTW_PHYS);
		nftw(path, remove_one, 64, FTW_DEPTH | FTW_PHYS);
	}
}

void empty_directory(const char *path)
{
	DIR *dir = opendir(path);
	const struct dirent *e;

	while (dir && (e = readdir(dir))) {
		char *below;

		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		below = print("%s/%s", path, e->d_name);
		remove_tree(below);
		free(below);
	}
	if (dir)
		closedir(dir);
}

void make_directories(const char *path)
{
	char *text = copy_of(path);

	for (char *at = text + 1; *at; at++)
		if (*at == '/') {
			*at = 0;
			mkdir(text, 0777);
			*at = '/';
		}
	if (mkdir(text, 0777) && errno != EEXIST)
		fail("cannot make the directory '%s': %s", path, strerror(errno));
	free(text);
}

bool is_empty_directory(const char *path)
{
	DIR *dir = opendir(path);
	const struct dirent *e;
	bool is_empty = true;

	if (!dir)
		fail("cannot read the directory '%s': %s", path, strerror(errno));
	while (is_empty && (e = readdir(dir)))
		is_empty = !strcmp(e->d_name, ".") || !strcmp(e->d_name, "..");
	closedir(dir);
	return is_empty;
}

char *read_file(const char *path, size_t limit, size_t *size)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *text = NULL;
	struct stat st;
	size_t have = 0;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) || (errno = EISDIR, !S_ISREG(st.st_mode)) ||
		(errno = EFBIG, (uint64_t)st.st_size > limit)) {
		close(fd);
		return NULL;
	}
	text = get((size_t)st.st_size + 1);
	while (have < (size_t)st.st_size) {
		const ssize_t n = read(fd, text + have, (size_t)st.st_size - have);

		if (n <= 0)
			break;
		have += (size_t)n;
	}
	close(fd);
	*size = have;
	return text;
}

void write_file(const char *path, const void *data, size_t size)
{
	char *new = print("%s.new-%d", path, getpid());
	const int fd = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

	if (fd < 0 || !write_all(fd, data, size) || fsync(fd) || rename(new, path)) {
		const int why = errno;

		unlink(new);
		fail("cannot write '%s': %s", path, strerror(why));
	}
	close(fd);
	free(new);
}
