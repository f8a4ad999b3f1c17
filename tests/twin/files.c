/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * files.c - making and showing files and trees, for the cases.
 */
#include "twin.h"

void put_mode(const char *path, const char *text, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	size_t len = strlen(text);

	if (fd < 0) {
		say("put %q: %e\n", path, errno);
		return;
	}
	if (write(fd, text, len) != (long)len)
		say("put %q: write %e\n", path, errno);
	fchmod(fd, mode);
	close(fd);
}

void put(const char *path, const char *text)
{
	put_mode(path, text, 0644);
}

void copy_self(int to)
{
	const int from = open(twin_self, O_RDONLY);
	char buf[4096];
	long n;

	while ((n = read(from, buf, sizeof(buf))) > 0)
		write(to, buf, (size_t)n);
	close(from);
}

void put_self(const char *path)
{
	const int to = open(path, O_WRONLY | O_CREAT, 0755);

	copy_self(to);
	close(to);
}

void show_fd(const char *name, int fd)
{
	char buf[1024];
	long n = read(fd, buf, sizeof(buf) - 1);

	if (n < 0) {
		say("%q: read %e\n", name, errno);
		return;
	}
	buf[n] = 0;
	say("%q: %q\n", name, buf);
}

void show(const char *path)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK);

	if (fd < 0) {
		say("%q: %e\n", path, errno);
		return;
	}
	show_fd(path, fd);
	close(fd);
}

void show_link(const char *path)
{
	char buf[PATH_MAX + 1];
	long n = readlink(path, buf, sizeof(buf) - 1);

	if (n < 0) {
		say("%q -> %e\n", path, errno);
		return;
	}
	buf[n] = 0;
	say("%q -> %q\n", path, buf);
}

char *fill(char *buf, char c, size_t n)
{
	memset(buf, c, n);
	buf[n] = 0;
	return buf;
}

struct list {
	char **name;
	size_t count, room;
};

static void list_add(struct list *l, const char *name)
{
	size_t size = strlen(name) + 1;

	if (l->count + 2 > l->room) {
		l->room = l->room ? 2 * l->room : 16;
		l->name = realloc(l->name, l->room * sizeof(*l->name));
	}
	char *copy = malloc(size);
	memcpy(copy, name, size);
	l->name[l->count++] = copy;
	l->name[l->count] = NULL;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int is_dot(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

#ifdef TWIN_RAW
/* The raw flavour reads directories by getdents64 from its own text. */
static int read_names(const char *path, struct list *l)
{
	_Alignas(8) char buf[4096];
	int fd = open(path, O_RDONLY | O_DIRECTORY);
	long n;

	if (fd < 0)
		return -1;
	while ((n = sys_getdents64(fd, buf, sizeof(buf))) > 0) {
		for (long at = 0; at < n;) {
			struct twin_dirent64 *d = (struct twin_dirent64 *)(buf + at);

			if (!is_dot(d->name))
				list_add(l, d->name);
			at += d->reclen;
		}
	}
	close(fd);
	return (int)n;
}
#else
static int read_names(const char *path, struct list *l)
{
	DIR *dir = opendir(path);
	struct dirent *d;

	if (!dir)
		return -1;
	while ((d = readdir(dir))) {
		if (!is_dot(d->d_name))
			list_add(l, d->d_name);
	}
	closedir(dir);
	return 0;
}
#endif

char **names(const char *path)
{
	struct list l = {NULL, 0, 0};

	list_add(&l, "");
	free(l.name[0]);
	l.count = 0;
	l.name[0] = NULL;
	if (read_names(path, &l) < 0) {
		free(l.name);
		return NULL;
	}
	qsort(l.name, l.count, sizeof(*l.name), by_name);
	return l.name;
}

static void tree_entry(const char *path, const char *name);

static void tree_below(const char *path, const char *shown)
{
	char **list = names(path);

	if (!list) {
		say("%q: cannot list: %e\n", shown, errno);
		return;
	}
	for (char **n = list; *n; n++) {
		size_t a = strlen(path), b = strlen(*n), c = strlen(shown);
		char *sub = malloc(a + b + 2), *sub_shown = malloc(c + b + 2);

		memcpy(sub, path, a);
		sub[a] = '/';
		memcpy(sub + a + 1, *n, b + 1);
		memcpy(sub_shown, shown, c);
		memcpy(sub_shown + c, "/", 2);
		memcpy(sub_shown + c + (c > 0), *n, b + 1);
		tree_entry(sub, sub_shown);
		free(sub);
		free(sub_shown);
		free(*n);
	}
	free(list);
}

static void tree_entry(const char *path, const char *shown)
{
	struct stat st;

	if (lstat(path, &st) < 0) {
		say("%q: lstat %e\n", shown, errno);
		return;
	}
	say_stat(shown, &st);
	if (S_ISLNK(st.st_mode)) {
		char text[PATH_MAX + 1];
		long n = readlink(path, text, sizeof(text) - 1);

		text[n < 0 ? 0 : n] = 0;
		say("  -> %q\n", text);
	} else if (S_ISREG(st.st_mode) && st.st_size > 0) {
		char text[65];
		int fd = open(path, O_RDONLY);
		long n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

		text[n < 0 ? 0 : n] = 0;
		say("  = %q\n", text);
		if (fd >= 0)
			close(fd);
	} else if (S_ISDIR(st.st_mode))
		tree_below(path, shown);
}

void tree(const char *path)
{
	say("tree %s\n", path);
	tree_below(path, "");
}

struct msghdr *message_with(const int *fds, size_t count)
{
	static union {
		char room[CMSG_SPACE(2 * sizeof(int))];
		struct cmsghdr head;
	} control;
	static char byte;
	static struct iovec iov = {&byte, 1};
	static struct msghdr m;

	m = (struct msghdr){.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = CMSG_SPACE(count * sizeof(int))};
	memset(&control, 0, sizeof(control));
	control.head.cmsg_len = CMSG_LEN(count * sizeof(int));
	control.head.cmsg_level = SOL_SOCKET;
	control.head.cmsg_type = SCM_RIGHTS;
	memcpy(CMSG_DATA(&control.head), fds, count * sizeof(int));
	return &m;
}
