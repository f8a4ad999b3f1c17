/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * layer.c - makes files from the members of one layer, or of the archive of a root file system.
 * apply.c calls it after chroot(2) into the tree, as root of the jail: plain calls set owners and
 * modes, and every name stays inside, whatever links the archive has made before. */
#include "images.h"
#include "member.h"

#include <sys/sysmacros.h>

int64_t layer_room, layer_bytes_max;
/* The names that this layer has brought, with the directories above them. */
static struct names *brought;
/* The times that directories get at the end, after everything was made in them. */
static struct names *times;
/* There is a directory that hands down its group or a list: new files in it may differ from what
 * was asked for. */
static bool inherits;

static void member_fails(const struct member *m, const char *what) __attribute__((noreturn));
static void member_fails(const struct member *m, const char *what)
{
	fail("%s: member '%s': %s: %s", shown(m->layer), shown(m->path), what, strerror(errno));
}

static void make_parents(const struct member *m)
{
	char *text = copy_of(m->path);

	for (char *at = text; (at = strchr(at, '/')); at++) {
		*at = 0;
		if (mkdir(text, 0755) && errno != EEXIST)
			member_fails(m, "cannot make the directory above");
		*at = '/';
	}
	free(text);
}

/* Makes room for the member, after making it has failed. Returns when it may be tried again. */
static void make_way(const struct member *m, unsigned try)
{
	if (errno == ENOENT && try < 2)
		make_parents(m);
	else if (errno == EEXIST && try < 2)
		remove_lower(m->path, NULL);
	else
		member_fails(m, "cannot make it");
}

void layer_forgets(const char *path)
{
	names_drop(times, path);
}

/* A new file has inherited things from its directory, and must have only what the archive says. */
static void forget_inherited(const struct member *m)
{
	if (inherits && !S_ISLNK(m->mode))
		member_forget_attributes(m);
}

static void set_owner(const struct member *m, int fd)
{
	const bool is_link = S_ISLNK(m->mode);

	if (m->uid || m->gid || inherits || m->is_old) {
		if (fd >= 0 ? fchown(fd, m->uid, m->gid) : lchown(m->path, m->uid, m->gid))
			member_fails(m, "cannot give it its owner");
	} else if (!(m->mode & 07000)) {
		return;
	}
	if (!is_link && (fd >= 0 ? fchmod(fd, m->mode & 07777) : chmod(m->path, m->mode & 07777)))
		member_fails(m, "cannot give it its mode");
}

static void set_times(const struct member *m, int fd)
{
	const struct timespec at[2] = {m->mtime, m->mtime};

	if (!m->has_time)
		return;
	if (fd >= 0 ? futimens(fd, at) : utimensat(AT_FDCWD, m->path, at, AT_SYMLINK_NOFOLLOW))
		member_fails(m, "cannot give it its time");
}

static void write_data(struct archive *a, const struct member *m, int fd)
{
	int64_t end = 0;
	const void *piece;
	size_t size;
	int64_t at;
	int r;

	while ((r = archive_read_data_block(a, &piece, &size, &at)) >= ARCHIVE_WARN &&
		r != ARCHIVE_EOF) {
		const char *from = piece;

		layer_room -= (int64_t)size;
		if (layer_room < 0)
			fail("%s: member '%s': the tree gets larger than is allowed (see "
			     "--max-size)",
				shown(m->layer), shown(m->path));
		end = at + (int64_t)size;
		while (size) {
			const ssize_t n = pwrite(fd, from, size, at);

			if (n < 0 && errno == EINTR)
				continue;
			if (n < 0)
				member_fails(m, "cannot write it");
			from += n;
			at += n;
			size -= (size_t)n;
		}
	}
	if (r != ARCHIVE_EOF)
		fail("%s: member '%s': it is truncated or corrupt: %s", shown(m->layer),
			shown(m->path), archive_error_string(a));
	if (end < m->size && ftruncate(fd, m->size))
		member_fails(m, "cannot give it its length");
}

static void make_file(struct archive *a, struct archive_entry *e, const struct member *m)
{
	int fd;

	for (unsigned try = 0;; try++) {
		fd = open(m->path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			m->mode & 0777);
		if (fd >= 0)
			break;
		make_way(m, try);
	}
	write_data(a, m, fd);
	forget_inherited(m);
	set_owner(m, fd);
	member_attributes(m, e, fd);
	set_times(m, fd);
	if (close(fd))
		member_fails(m, "cannot write it");
}

static void make_directory(struct archive_entry *e, struct member *m)
{
	for (unsigned try = 0; strcmp(m->path, ".") != 0; try++) {
		struct stat st;

		if (!mkdir(m->path, m->mode & 0777))
			break;
		if (errno == EEXIST && !lstat(m->path, &st) && S_ISDIR(st.st_mode)) {
			m->is_old = true;
			break;
		}
		make_way(m, try);
	}
	if (!strcmp(m->path, "."))
		m->is_old = true;
	if (m->is_old)
		member_forget_attributes(m);
	else
		forget_inherited(m);
	set_owner(m, -1);
	member_attributes(m, e, -1);
	if (member_hands_down(m, e))
		inherits = true;
	if (m->has_time)
		names_put(times, m->path, m->mtime.tv_sec, m->mtime.tv_nsec);
}

static void make_other(struct archive_entry *e, const struct member *m)
{
	for (unsigned try = 0;; try++) {
		const int r = S_ISLNK(m->mode) ? symlink(archive_entry_symlink(e), m->path) :
						 mknod(m->path, m->mode & (S_IFMT | 0777), m->rdev);

		if (!r)
			break;
		make_way(m, try);
	}
	forget_inherited(m);
	set_owner(m, -1);
	member_attributes(m, e, -1);
	set_times(m, -1);
}

static void make_link(const struct member *m)
{
	if (!strcmp(m->link, m->path))
		return;
	for (unsigned try = 0; link(m->link, m->path); try++) {
		struct stat st;
		const int why = errno;

		if (lstat(m->link, &st))
			fail("%s: member '%s' is a link to '%s', which is not there",
				shown(m->layer), shown(m->path), shown(m->link));
		errno = why;
		make_way(m, try);
	}
}

static void note(const char *path)
{
	char *text = copy_of(path), *slash;

	while (!names_have(brought, text)) {
		names_put(brought, text, 0, 0);
		if (!(slash = strrchr(text, '/')))
			break;
		*slash = 0;
	}
	free(text);
}

/* Is it a whiteout? Then applies it. */
static bool is_whiteout(const struct member *m)
{
	const char *slash = strrchr(m->path, '/'), *base = slash ? slash + 1 : m->path;
	const size_t above = (size_t)(base - m->path);
	char *path;

	if (strncmp(base, ".wh.", 4) != 0)
		return false;
	if (!strcmp(base, ".wh..wh..opq")) {
		path = above ? print("%.*s", (int)above - 1, m->path) : copy_of(".");
		remove_lower_children(path, brought);
		free(path);
		return true;
	}
	if (!strncmp(base, ".wh..wh.", 8)) /* aufs keeps its own files under such names */
		return true;
	base += 4;
	if (!*base || !strcmp(base, ".") || !strcmp(base, "..") ||
		(!above && !strcmp(base, ".fakejail")))
		fail("%s: member '%s' is a whiteout of something that no layer can hold",
			shown(m->layer), shown(m->path));
	path = print("%.*s%s", (int)above, m->path, base);
	remove_lower(path, brought);
	free(path);
	return true;
}

void layer_apply(struct archive *a, const char *name, bool has_whiteouts)
{
	struct archive_entry *e;
	char last[NAME_MAX_BYTES + 1] = "";
	int r;

	if (!times)
		times = names_new();
	brought = names_new();
	while ((r = archive_read_next_header(a, &e)) != ARCHIVE_EOF) {
		struct member m;

		if (!header_is_good(a, r)) {
			const char *why = archive_error_string(a);

			if (*last)
				fail("%s: it is truncated or corrupt after member '%s': %s",
					shown(name), shown(last), why ? why : "unreadable");
			fail("%s: it is no archive, or truncated or corrupt: %s", shown(name),
				why ? why : "unreadable");
		}
		member_read(&m, e, name);
		strcpy(last, m.path);
		/* Files without data count, too. */
		if (archive_filter_bytes(a, 0) > layer_bytes_max)
			fail("%s: member '%s': the tree gets larger than is allowed (see "
			     "--max-size)",
				shown(name), shown(m.path));
		if (has_whiteouts && is_whiteout(&m))
			continue;
		if (m.link)
			make_link(&m);
		else if (S_ISREG(m.mode))
			make_file(a, e, &m);
		else if (S_ISDIR(m.mode))
			make_directory(e, &m);
		else
			make_other(e, &m);
		if (has_whiteouts)
			note(m.path);
		free(m.link);
	}
	names_free(brought);
}

static void set_time(const char *path, int64_t sec, long nsec)
{
	const struct timespec at[2] = {{sec, nsec}, {sec, nsec}};
	struct stat st;

	if (!lstat(path, &st) && S_ISDIR(st.st_mode))
		utimensat(AT_FDCWD, path, at, AT_SYMLINK_NOFOLLOW);
}

void layers_finish(void)
{
	if (times)
		names_each(times, set_time);
}
