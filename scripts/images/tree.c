/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * tree.c - the words ".tree ROOT FD FILTER KIND FILE" of the tool in its jail: changes its root to ROOT,
 * and writes the tree to the descriptor FD as a tar archive, compressed by FILTER unless that is
 * empty. FILE is the archive's path, for messages. The order of the members does not depend on the
 * disk. pack.c starts it.
 *
 * KIND is "image" for a layer of an image, and "upper" for the upper layer of an overlay. Whiteouts
 * and opaque directories of an upper layer become the files that mean the same in a layer of an
 * image (OCI image specification, "Image Layer Filesystem Changeset"). */
#include "images.h"

#include <dirent.h>
#include <locale.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

static struct archive *out;
static const char *archive_path;
/* In a layer of an image, access control lists are extended attributes. In other archives they have
 * records of their own, as in those of tar(1). */
static bool for_image, is_upper;
static time_t newest = -1; /* SOURCE_DATE_EPOCH: no member gets a later time; -1: not set */

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

/* Is it an attribute of overlayfs's own? */
static bool is_overlays_own(const char *attribute)
{
	return !strncmp(attribute, "trusted.overlay.", 16) ||
	       !strncmp(attribute, "user.overlay.", 13);
}

static bool is_opaque(const char *path)
{
	char value[2];

	return (lgetxattr(path, "trusted.overlay.opaque", value, 2) == 1 && *value == 'y') ||
	       (lgetxattr(path, "user.overlay.opaque", value, 2) == 1 && *value == 'y');
}

static bool is_whiteout(const struct stat *st)
{
	return S_ISCHR(st->st_mode) && !st->st_rdev;
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

		if (n < 0 || (is_upper && is_overlays_own(names[i])))
			continue;
		if (for_image)
			archive_entry_xattr_add_entry(e, names[i], value, (size_t)n);
		else if (!strcmp(names[i], "system.posix_acl_access"))
			add_acl(e, value, n, ARCHIVE_ENTRY_ACL_TYPE_ACCESS);
		else if (!strcmp(names[i], "system.posix_acl_default"))
			add_acl(e, value, n, ARCHIVE_ENTRY_ACL_TYPE_DEFAULT);
		else
			archive_entry_xattr_add_entry(e, names[i], value, (size_t)n);
	}
}

/* `path` (or NULL) cannot be written: because of the archive's own file, or of what it is. */
static _Noreturn void write_fails(const char *path)
{
	const char *why = archive_failure(out);

	if (path && why == archive_error_string(out))
		fail("'%s': cannot write it: %s", shown(path), why);
	fail("cannot write '%s': %s", shown(archive_path), why);
}

static void write_header(struct archive_entry *e)
{
	if (archive_write_header(out, e) < ARCHIVE_WARN)
		write_fails(archive_entry_pathname(e));
}

/* If the file has holes, tells the entry where the data are. */
static void add_holes(struct archive_entry *e, const char *path, const struct stat *st)
{
	int fd;
	off_t at = 0, end;

	if (st->st_blocks * 512 >= st->st_size)
		return;
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return;
	while (at < st->st_size && (at = lseek(fd, at, SEEK_DATA)) >= 0) {
		end = lseek(fd, at, SEEK_HOLE);
		if (end < 0 || end > st->st_size)
			end = st->st_size;
		if (at == 0 && end == st->st_size)
			break; /* the file system reports no holes, or compresses the data */
		archive_entry_sparse_add_entry(e, at, end - at);
		at = end;
	}
	if (at < 0 && !archive_entry_sparse_count(e))
		archive_entry_sparse_add_entry(e, 0, 0);
	close(fd);
}

/* The distance from `at` to the next data or hole (`what`: SEEK_DATA or SEEK_HOLE). `left`, the
 * distance to the end, if there is none. */
static int64_t distance(int fd, off_t at, int what, int64_t left)
{
	const off_t next = lseek(fd, at, what);

	return next < 0 || next - at > left ? left : next - at;
}

/* Somebody may change the tree: is `fd` the file that `st` is about? */
static void check_same(int fd, const char *path, const struct stat *st)
{
	struct stat now;

	if (fd < 0 || fstat(fd, &now))
		fail("'%s': cannot read it: %s", shown(path), strerror(errno));
	/* (The number may change where files have none of their own, as on sshfs.) */
	if (now.st_ino != st->st_ino &&
		((now.st_mode ^ st->st_mode) & S_IFMT || now.st_size != st->st_size ||
			now.st_mtim.tv_sec != st->st_mtim.tv_sec ||
			now.st_mtim.tv_nsec != st->st_mtim.tv_nsec))
		fail("'%s': it was replaced as it was read", shown(path));
}

static void write_data(const char *path, const struct stat *st, bool has_holes)
{
	static char piece[1 << 18], zeros[1 << 18];
	/* (The open of a fifo would wait for a writer.) */
	const int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	const int64_t size = st->st_size;
	off_t at = 0;

	check_same(fd, path, st);
	while (at < size) {
		/* libarchive does not store the bytes of a hole, but counts them: it is given
		 * zeros. */
		const int64_t hole = has_holes ? distance(fd, at, SEEK_DATA, size - at) : 0;
		int64_t left = hole	 ? hole :
			       has_holes ? distance(fd, at, SEEK_HOLE, size - at) :
					   size - at;

		for (ssize_t n; left > 0; at += n, left -= n) {
			n = left < (int64_t)sizeof(piece) ? (ssize_t)left : (ssize_t)sizeof(piece);
			if (!hole)
				n = pread(fd, piece, (size_t)n, at);
			if (n < 0)
				fail("'%s': cannot read it: %s", shown(path), strerror(errno));
			if (!n)
				fail("'%s': it became shorter as it was read", shown(path));
			if (archive_write_data(out, hole ? zeros : piece, (size_t)n) < 0)
				write_fails(path);
		}
	}
	close(fd);
}

/* Returns the name under which the file has been written, or NULL if this name is its first.
 * libarchive's own resolver ignores devices and symbolic links, which may have several names,
 * too. */
static const char *first_name(const struct stat *st, const char *name)
{
	return S_ISDIR(st->st_mode) || st->st_nlink < 2 ?
		       NULL :
		       first_of_links(st->st_dev, st->st_ino, name);
}

/* Writes the empty file PATH/.wh.NAME. */
static void add_mark(const char *path, const char *name)
{
	struct archive_entry *e = archive_entry_new();
	char *text = print("%s/.wh.%s", path, name);

	archive_entry_set_pathname(e, text);
	archive_entry_set_filetype(e, AE_IFREG);
	archive_entry_set_perm(e, 0);
	archive_entry_set_size(e, 0);
	archive_entry_set_mtime(e, 0, 0);
	write_header(e);
	archive_entry_free(e);
	free(text);
}

/* Writes the file `path` as member `name`. Only the first name of a file gets the data: the others
 * are links to it. */
static void add(const char *path, const char *name)
{
	struct archive_entry *e = archive_entry_new();
	const char *first;
	struct stat st;
	char text[4097];

	if (lstat(path, &st))
		fail("'%s': %s", shown(path), strerror(errno));
	if (S_ISSOCK(st.st_mode)) { /* as GNU tar does */
		warn("'%s' is a socket: left out", shown(path));
		return;
	}
	archive_entry_set_pathname(e, name);
	archive_entry_copy_stat(e, &st);
	first = first_name(&st, name);
	if (newest >= 0 && st.st_mtime > newest)
		archive_entry_set_mtime(e, newest, 0);
	archive_entry_unset_atime(e);
	archive_entry_unset_ctime(e);
	archive_entry_unset_birthtime(e);
	if (S_ISREG(st.st_mode))
		add_holes(e, path, &st);
	else
		archive_entry_set_size(e, 0);
	if (S_ISLNK(st.st_mode)) {
		const ssize_t n = readlink(path, text, sizeof(text) - 1);

		if (n < 0)
			fail("'%s': %s", shown(path), strerror(errno));
		text[n] = 0;
		archive_entry_set_symlink(e, text);
	}
	if (first) {
		archive_entry_set_hardlink(e, first);
		archive_entry_set_size(e, 0);
		archive_entry_sparse_clear(e);
	} else {
		add_attributes(e, path);
	}
	write_header(e);
	if (S_ISREG(st.st_mode) && !first)
		write_data(path, &st, archive_entry_sparse_count(e) > 0);
	archive_entry_free(e);
}

/* Writes the directory, and what is in it in the order of strcmp(3). */
static void add_directory(const char *path)
{
	const int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const int why = errno;
	const struct dirent *e;
	char **names = NULL;
	size_t count = 0;
	char *name;

	name = print("%s/", path);
	add(path, name);
	free(name);
	if (is_upper && is_opaque(path))
		add_mark(path, ".wh..opq");
	if (!dir)
		fail("'%s': cannot read the directory: %s", shown(path), strerror(why));
	while (errno = 0, (e = readdir(dir))) {
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..") ||
			!strcmp(e->d_name, ".fakejail") ||
			(is_upper && !strncmp(e->d_name, ".fakejail-work.", 15)))
			continue;
		if (is_upper && !strncmp(e->d_name, ".wh.", 4))
			fail("'%s/%s': a layer cannot have a file of that name", shown(path),
				shown(e->d_name));
		names = grow(names, (count + 1) * sizeof(*names));
		names[count++] = copy_of(e->d_name);
	}
	if (errno)
		fail("'%s': cannot read the directory: %s", shown(path), strerror(errno));
	closedir(dir);
	if (count)
		qsort(names, count, sizeof(*names), by_text);
	for (size_t i = 0; i < count; i++) {
		struct stat st;

		name = print("%s/%s", path, names[i]);
		if (lstat(name, &st))
			fail("'%s': %s", shown(name), strerror(errno));
		if (S_ISDIR(st.st_mode))
			add_directory(name);
		else if (is_upper && is_whiteout(&st))
			add_mark(path, names[i]);
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

	if (argc < 6)
		fail(".tree ROOT FD FILTER KIND FILE");
	archive_path = argv[5];
	if (epoch && *epoch)
		newest = (time_t)strtoll(epoch, NULL, 10);
	/* Names are bytes. In this locale, libarchive marks only those that are not UTF-8. */
	setlocale(LC_CTYPE, "C.UTF-8");
	out = archive_write_new();
	archive_write_set_format_pax(out); /* stores times with their nanoseconds */
	/* GNU tar and docker use this name for attributes. */
	archive_write_set_options(out, "xattrheader=SCHILY");
	is_upper = !strcmp(argv[4], "upper");
	for_image = is_upper || !strcmp(argv[4], "image");
	if (*argv[3] && archive_write_add_filter_by_name(out, argv[3]) != ARCHIVE_OK)
		fail("cannot compress by %s: %s", argv[3], archive_error_string(out));
	if (!strcmp(argv[3], "gzip"))
		archive_write_set_options(out, "gzip:!timestamp");
	archive_write_set_bytes_in_last_block(out, 1); /* to a pipe the same bytes as to a file */
	if (archive_write_open_fd(out, atoi(argv[2])) != ARCHIVE_OK)
		write_fails(NULL);
	if (chdir(argv[1]) || chroot(".") || chdir("/"))
		fail("cannot enter '%s': %s", shown(argv[1]), strerror(errno));
	add_directory(".");
	if (archive_write_close(out) != ARCHIVE_OK)
		write_fails(NULL);
	return 0;
}
