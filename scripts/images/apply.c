/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * apply.c - the words ".apply ROOT MAX LAYER..." of the tool in its jail: changes its root to the
 * tree, and applies the layers, checking the digest of each while it is read. Started by
 * run_jailed(). */
#include "images.h"

/* This much stays in the processor's caches until it is written: a third less time than with
 * 256K. */
#define PIECE (32u << 10)

struct layer_source {
	int fd;
	struct archive *raw; /* decompresses, and passes on the result */
	struct sha256 sum;
	char *piece;
	bool is_padded;
	bool is_empty;
};

/* libarchive's reader for a descriptor that may be a pipe. */
static la_ssize_t take_compressed(struct archive *a, void *of, const void **data)
{
	struct layer_source *s = of;
	ssize_t n;

	do {
		n = read(s->fd, s->piece, PIECE);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		archive_set_error(a, errno, "cannot read it");
	*data = s->piece;
	return n;
}

static la_ssize_t take_plain(struct archive *a, void *of, const void **data)
{
	static char piece[PIECE];
	struct layer_source *s = of;
	const la_ssize_t n = s->is_empty ? 0 : archive_read_data(s->raw, piece, sizeof(piece));

	if (n > 0 && s->sum.size > (uint64_t)layer_bytes_max) {
		archive_set_error(
			a, EFBIG, "the layer gets larger than is allowed (see --max-size)");
		return -1;
	}
	if (n < 0) {
		archive_set_error(a, archive_errno(s->raw), "%s", archive_error_string(s->raw));
		return -1;
	}
	*data = piece;
	if (!n && s->sum.size % 512 && !s->is_padded) {
		/* `umoci insert` ends with the last member's data. The digest tells whether they
		 * are complete. */
		s->is_padded = true;
		memset(piece, 0, 512);
		return 512 - (la_ssize_t)(s->sum.size % 512);
	}
	sha256_add(&s->sum, piece, (size_t)n);
	return n;
}

static struct archive *new_reader(void)
{
	struct archive *a = archive_read_new();

	if (!a)
		fail("out of memory");
	return a;
}

static struct archive *open_raw(struct layer_source *s, const char *name)
{
	struct archive_entry *e;
	int r;

	s->raw = new_reader();
	support_filters(s->raw);
	archive_read_support_format_raw(s->raw);
	archive_read_support_format_empty(s->raw);
	if (archive_read_open(s->raw, s, NULL, take_compressed, NULL) != ARCHIVE_OK)
		fail("'%s': it is no archive, or truncated or corrupt: %s", shown(name),
			archive_error_string(s->raw));
	r = archive_read_next_header(s->raw, &e);
	s->is_empty = r == ARCHIVE_EOF;
	if (r < ARCHIVE_WARN)
		fail("'%s': it is truncated or corrupt: %s", shown(name),
			archive_error_string(s->raw));
	return s->raw;
}

static void support_tar(struct archive *a)
{
	archive_read_support_format_tar(a);
	archive_read_support_format_gnutar(a);
	archive_read_support_format_cpio(a);
	archive_read_support_format_empty(a);
}

static void open_tar(
	struct archive *a, struct layer_source *s, archive_read_callback *take, const char *name)
{
	if (archive_read_open(a, s, NULL, take, NULL) != ARCHIVE_OK)
		fail("'%s': it is no archive, or truncated or corrupt: %s", shown(name),
			archive_error_string(a));
}

static void apply_one(int fd, const char *digest, const char *name)
{
	struct layer_source s = {.fd = fd, .piece = get(PIECE)};
	struct archive *a = new_reader();
	char found[DIGEST_MAX];
	const void *piece;

	support_tar(a);
	sha256_begin(&s.sum);
	if (*digest) {
		open_raw(&s, name);
		open_tar(a, &s, take_plain, name);
	} else {
		support_filters(a);
		open_tar(a, &s, take_compressed, name);
	}
	/* The archive of a root file system may have files with such names. */
	layer_apply(a, name, *digest);
	if (!*digest && archive_format(a) == ARCHIVE_FORMAT_EMPTY)
		fail("'%s': it is no archive: it is empty", shown(name));
	if (*digest) {
		/* Bytes behind the archive's end count for the digest. */
		la_ssize_t n;

		while ((n = take_plain(a, &s, &piece)) > 0)
			;
		if (n < 0)
			fail("'%s': behind the last member: %s", shown(name),
				archive_error_string(a));
		sha256_end(&s.sum, found);
		if (strcmp(found, digest) != 0)
			fail("'%s': the layer is %s, and should be %s", shown(name), found, digest);
		archive_read_free(s.raw);
	}
	archive_read_free(a);
	free(s.piece);
	close(fd);
}

int apply_main(int argc, char **argv)
{
	if (argc < 4)
		fail("apply ROOT MAX LAYER...");
	layer_room = atoll(argv[2]);
	/* With room for headers: a file also takes some hundred bytes on the disk. */
	layer_bytes_max = layer_room > INT64_MAX / 4 ? INT64_MAX : layer_room * 2 + (4 << 20);
	raise_file_limit();
	if (chdir(argv[1]) || chroot(".") || chdir("/"))
		fail("cannot enter '%s': %s", shown(argv[1]), strerror(errno));
	umask(0);
	for (int i = 3; i < argc; i++) {
		char *digest = strchr(argv[i], '='), *name;

		if (!digest || !(name = strchr(digest + 1, '=')))
			fail("apply: what is '%s'?", argv[i]);
		*digest++ = 0;
		*name++ = 0;
		apply_one(atoi(argv[i]), digest, name);
	}
	layers_finish();
	return 0;
}
