/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * files.c - the user's own files and directories outside of jails: reads, writes and removes them.
 * Called by the other files of this tool. */
#include "images.h"

#include <dirent.h>
#include <sys/resource.h>

/* Removes what is in directory `name` of directory `top`. Directories in it that are not empty are
 * moved up into `top`. So at most two are open, and no name gets long, however deep the tree is. */
static void flatten(int top, const char *name)
{
	static unsigned moved;
	const int at = openat(top, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = at < 0 ? NULL : fdopendir(at);
	const struct dirent *e;
	char new[40];

	while (dir && (e = readdir(dir))) {
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		if (!unlinkat(at, e->d_name, 0) || !unlinkat(at, e->d_name, AT_REMOVEDIR))
			continue;
		/* A directory that its owner may not write or search can be neither moved nor
		 * opened. */
		fchmodat(at, e->d_name, 0700, 0);
		do {
			sprintf(new, ".removed-%u", moved++);
		} while (renameat2(at, e->d_name, top, new, RENAME_NOREPLACE) && errno == EEXIST);
	}
	if (dir)
		closedir(dir);
}

/* Removes everything in `top` except `last`. */
static void empty_but(int top, const char *last)
{
	bool goes_on = true;

	while (goes_on) {
		DIR *dir = fdopendir(openat(top, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
		const struct dirent *e;

		goes_on = false;
		while (dir && (e = readdir(dir))) {
			if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..") ||
				!strcmp(e->d_name, last))
				continue;
			if (!unlinkat(top, e->d_name, 0)) {
				goes_on = true;
				continue;
			}
			if (unlinkat(top, e->d_name, AT_REMOVEDIR)) {
				fchmodat(top, e->d_name, 0700, 0);
				flatten(top, e->d_name);
				if (unlinkat(top, e->d_name, AT_REMOVEDIR))
					continue;
			}
			goes_on = true;
		}
		if (dir)
			closedir(dir);
	}
}

void empty_directory(const char *path)
{
	const int top = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (top < 0)
		return;
	/* .fakejail is removed last: if this process is killed, the mark of store_begin_target() in
	 * it shows that the rest must be removed, too. */
	empty_but(top, ".fakejail");
	empty_but(top, "");
	close(top);
}

void remove_tree(const char *path)
{
	if (!unlink(path) || errno == ENOENT || !rmdir(path))
		return;
	chmod(path, 0700);
	empty_directory(path);
	rmdir(path);
}

void raise_file_limit(void)
{
	struct rlimit limit;

	if (!getrlimit(RLIMIT_NOFILE, &limit)) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

bool try_directories(const char *path)
{
	char *text = copy_of(path);
	int why = 0; /* why one above could not be made */
	bool is_there;

	for (char *at = text + 1; *at; at++)
		if (*at == '/') {
			*at = 0;
			/* (ENOENT: one above could not be made.) */
			if (mkdir(text, 0777) && errno != EEXIST && errno != ENOENT)
				why = errno;
			*at = '/';
		}
	is_there = !mkdir(text, 0777) || errno == EEXIST;
	if (!is_there && errno == ENOENT && why)
		errno = why;
	free(text);
	return is_there;
}

void make_directories(const char *path)
{
	if (!try_directories(path))
		fail("cannot make the directory '%s': %s", path, strerror(errno));
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

int open_regular(const char *path, int64_t *size)
{
	/* (The open of a fifo would wait for a writer.) */
	const int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;
	int why = 0;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st))
		why = errno;
	else if (!S_ISREG(st.st_mode))
		why = S_ISDIR(st.st_mode) ? EISDIR : EMEDIUMTYPE;
	if (why) {
		close(fd);
		errno = why;
		return -1;
	}
	*size = st.st_size;
	return fd;
}

char *read_file(const char *path, size_t limit, size_t *size)
{
	int64_t whole;
	const int fd = open_regular(path, &whole);
	char *text;
	size_t have = 0;
	ssize_t n = 1;

	if (fd < 0)
		return NULL;
	if ((uint64_t)whole > limit) {
		close(fd);
		errno = EFBIG;
		return NULL;
	}
	text = get((size_t)whole + 1);
	while (have < (size_t)whole && (n = read(fd, text + have, (size_t)whole - have)) > 0)
		have += (size_t)n;
	if (n < 0) {
		const int why = errno;

		free(text);
		text = NULL;
		errno = why;
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
