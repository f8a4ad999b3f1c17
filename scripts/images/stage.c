/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * stage.c - says what kind of file a path names, and turns the archive of an image into an OCI
 * layout. `docker save` of any version, skopeo or podman has made the archive, or it is an
 * `oci-archive`. The digest of each blob is computed while the blob is written. Called by pull.c,
 * unpack.c and sources.c. */
#include "images.h"

static bool is_hex(const char *text, size_t n)
{
	return strspn(text, "0123456789abcdef") >= n && n == 64;
}

/* If the first member of an archive has this name, is the archive one of an image? */
static bool is_image_member(const char *name)
{
	static const char *const known[] = {"oci-layout", "index.json", "manifest.json",
		"repositories", "blobs", "blobs/", "blobs/sha256", "blobs/sha256/", NULL};

	for (unsigned i = 0; known[i]; i++)
		if (!strcmp(name, known[i]))
			return true;
	return !strncmp(name, "blobs/sha256/", 13) || is_hex(name, strcspn(name, "./"));
}

static const char *without_dot(const char *name)
{
	while (!strncmp(name, "./", 2))
		name += 2;
	return name;
}

int64_t size_limit;

int64_t room_for(int64_t packed)
{
	if (size_limit)
		return size_limit;
	/* Usual layers are not compressed to less than a hundredth of their size. The GiB is for
	 * small ones. */
	return packed > INT64_MAX / 200 ? INT64_MAX : packed * 100 + ((int64_t)1 << 30);
}

const char *archive_failure(struct archive *a)
{
	const char *text = archive_error_string(a);

	return text && strcmp(text, "Write error") != 0 ? text : strerror(archive_errno(a));
}

void support_filters(struct archive *a)
{
	archive_read_support_filter_gzip(a);
	archive_read_support_filter_zstd(a);
	archive_read_support_filter_xz(a);
	archive_read_support_filter_bzip2(a);
	archive_read_support_filter_lz4(a);
	archive_read_support_filter_lzma(a);
	archive_read_support_filter_lzip(a);
	archive_read_support_filter_compress(a);
}

bool header_is_good(struct archive *a, int r)
{
	const char *why = r == ARCHIVE_WARN ? archive_error_string(a) : NULL;

	return r == ARCHIVE_OK || (r == ARCHIVE_WARN && (!why || strstr(why, "convert")));
}

static struct archive *open_archive(const char *path)
{
	struct archive *a = archive_read_new();

	support_filters(a);
	archive_read_support_format_tar(a);
	archive_read_support_format_gnutar(a);
	if (archive_read_open_filename(a, path, 1 << 18) != ARCHIVE_OK)
		fail("'%s': it is no archive, or truncated or corrupt: %s", shown(path),
			archive_error_string(a));
	return a;
}

enum source source_kind(const char *path)
{
	enum source kind = SOURCE_TREE;
	struct archive_entry *e;
	struct archive *a;
	struct stat st;

	if (stat(path, &st))
		return SOURCE_NONE;
	if (S_ISDIR(st.st_mode)) {
		char *mark = print("%s/oci-layout", path);

		kind = access(mark, F_OK) ? SOURCE_DIRECTORY : SOURCE_LAYOUT;
		free(mark);
		return kind;
	}
	if (access(path, R_OK))
		fail("cannot read '%s': %s", shown(path), strerror(errno));
	a = open_archive(path);
	while (header_is_good(a, archive_read_next_header(a, &e))) {
		const char *name = archive_entry_pathname(e);

		if (!name || !*(name = without_dot(name)))
			continue;
		if (is_image_member(name))
			kind = SOURCE_ARCHIVE;
		break;
	}
	archive_read_free(a);
	return kind;
}

/* How many bytes of members may still be written. */
static int64_t room;

/* Writes the data of member `name` to the file `to`, and their digest to `digest`. Ends the program
 * if there are more than `most` bytes (0: no limit of its own). Returns the number of bytes. */
static int64_t copy_member(
	struct archive *a, const char *name, const char *to, char digest[DIGEST_MAX], int64_t most)
{
	const int fd = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	char *piece = get(1 << 18);
	struct sha256 s;
	uint64_t size;
	la_ssize_t n;

	if (fd < 0)
		fail("cannot write '%s': %s", to, strerror(errno));
	sha256_begin(&s);
	while ((n = archive_read_data(a, piece, 1 << 18)) > 0) {
		sha256_add(&s, piece, (size_t)n);
		if (most && s.size > (uint64_t)most)
			fail("member '%s' is larger than any manifest", shown(name));
		room -= n;
		if (room < 0)
			fail("member '%s': the image gets larger than is allowed (see "
			     "--max-size)",
				shown(name));
		if (!write_all(fd, piece, (size_t)n))
			fail("member '%s': cannot write it to the store: %s", shown(name),
				strerror(errno));
	}
	if (n < 0)
		fail("member '%s': it is truncated or corrupt: %s", shown(name),
			archive_error_string(a));
	if (close(fd))
		fail("member '%s': cannot write it to the store: %s", shown(name), strerror(errno));
	free(piece);
	size = s.size;
	sha256_end(&s, digest);
	return (int64_t)size;
}

/* The value of a member in the list of members: the member that it links to, or its blob. */
static json_t *member_of(const char *digest, int64_t size, const char *link)
{
	return link ? json_pack("{ss}", "link", link) :
		      json_pack("{sssI}", "digest", digest, "size", (json_int_t)size);
}

/* Stores one member in the layout `dir`. The small files of a layout keep their names. All other
 * regular files become blobs. `members` gets an entry for each blob and each link. */
static void stage_member(struct archive *a, struct archive_entry *e, const char *dir,
	const char *name, json_t *members)
{
	const char *link =
		archive_entry_hardlink(e) ? archive_entry_hardlink(e) : archive_entry_symlink(e);
	char digest[DIGEST_MAX], *to, *end;
	int64_t size;

	if (link) {
		/* A symbolic link of docker's is relative to the member's directory:
		 * "../ID/layer.tar". The target of a hard link is the whole name of a member. */
		link = without_dot(link);
		if (!strncmp(link, "../", 3))
			link += 3;
		json_object_set_new(members, name, member_of(NULL, 0, link));
		return;
	}
	if (archive_entry_filetype(e) != AE_IFREG)
		return;
	if (!strcmp(name, "index.json") || !strcmp(name, "oci-layout") ||
		!strcmp(name, "manifest.json")) {
		to = print("%s/%s", dir, name);
		copy_member(a, name, to, digest, JSON_MAX);
		free(to);
		return;
	}
	to = print("%s/blobs/sha256/.part", dir);
	size = copy_member(a, name, to, digest, 0);
	if (!strncmp(name, "blobs/sha256/", 13) && is_hex(name + 13, strlen(name + 13)) &&
		strcmp(name + 13, digest + 7) != 0)
		fail("member '%s' is corrupt: what is there is %s", shown(name), digest);
	end = blob_path(dir, digest);
	if (rename(to, end))
		fail("cannot write '%s': %s", end, strerror(errno));
	json_object_set_new(members, name, member_of(digest, size, NULL));
	free(to);
	free(end);
}

void stage_archive(const char *path, const char *dir)
{
	struct archive *a = open_archive(path);
	json_t *members = json_object();
	char *file = print("%s/blobs/sha256", dir), last[200] = "its beginning";
	struct archive_entry *e;
	struct stat st;
	int r;

	room = room_for(stat(path, &st) ? 0 : st.st_size);
	make_directories(file);
	free(file);
	while ((r = archive_read_next_header(a, &e)) != ARCHIVE_EOF) {
		const char *name = header_is_good(a, r) ? archive_entry_pathname(e) : NULL;

		if (!name)
			fail("%s: it is truncated or corrupt after member '%s': %s", shown(path),
				shown(last), archive_error_string(a));
		snprintf(last, sizeof(last), "%s", name);
		stage_member(a, e, dir, without_dot(name), members);
	}
	archive_read_free(a);
	file = print("%s/index.json", dir);
	if (access(file, F_OK)) {
		char *list = print("%s/manifest.json", dir);

		if (access(list, F_OK))
			fail("%s: an image without manifest.json and index.json", shown(path));
		free(list);
		stage_docker(dir, members);
	}
	free(file);
	json_decref(members);
}

void copy_plain_file(const char *path, const char *to, char digest[DIGEST_MAX])
{
	const int in = open(path, O_RDONLY | O_CLOEXEC),
		  out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	char *piece = get(1 << 18);
	struct sha256 s;
	ssize_t n;

	sha256_begin(&s);
	if (in < 0)
		fail("cannot read '%s': %s", shown(path), strerror(errno));
	if (out < 0)
		fail("cannot write '%s': %s", to, strerror(errno));
	while ((n = read(in, piece, 1 << 18)) > 0) {
		sha256_add(&s, piece, (size_t)n);
		if (!write_all(out, piece, (size_t)n))
			fail("cannot write '%s': %s", to, strerror(errno));
	}
	if (n < 0)
		fail("cannot read '%s': %s", shown(path), strerror(errno));
	if (close(out))
		fail("cannot write '%s': %s", to, strerror(errno));
	close(in);
	free(piece);
	sha256_end(&s, digest);
}
