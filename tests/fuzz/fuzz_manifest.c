/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * fuzz_manifest.c - the JSON of an image that anybody made: docker's manifest.json, or an OCI
 * manifest and the configuration behind the first NUL, which the manifest names by '@'
 * (scripts/images/oci.c, docker.c, json.c). */
#include "fuzz_archive.h"

static char layout[] = "/dev/shm/fakejail-fuzz-XXXXXX";

static void done(void)
{
	remove_tree(layout);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	char *path;

	(void)argc;
	(void)argv;
	if (!mkdtemp(layout))
		abort();
	atexit(done);
	path = print("%s/blobs/sha256", layout);
	make_directories(path);
	free(path);
	return 0;
}

/* The manifest with the digest in place of each '@'. */
static char *filled_in(const char *text, size_t size, const char *digest)
{
	char *out = get(size * DIGEST_MAX + 1), *to = out;

	for (size_t i = 0; i < size; i++)
		if (text[i] == '@')
			to = stpcpy(to, digest);
		else
			*to++ = text[i];
	return out;
}

static void check_image(const char *digest)
{
	char chain[DIGEST_MAX];
	const struct image *i = image_load(layout, digest);
	int64_t sum = 0;

	fuzz_claim(is_digest(i->manifest_digest) && is_digest(i->config_digest));
	fuzz_claim(i->layers <= 10000);
	for (size_t n = 0; n < i->layers; n++) {
		fuzz_claim(
			is_digest(i->digests[n]) && is_digest(i->diff_ids[n]) && i->sizes[n] >= 0);
		sum += i->sizes[n];
	}
	fuzz_claim(sum == i->size && sum >= 0);
	image_chain(i, chain);
	fuzz_claim(is_digest(chain));
}

static void empty_blobs(void)
{
	char *path = print("%s/blobs/sha256", layout);

	empty_directory(path);
	free(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	const size_t first = strnlen(text, size), second = first < size ? first + 1 : size;
	char config[DIGEST_MAX], digest[DIGEST_MAX], *manifest, *path, *found;
	json_t *members;

	if (!setjmp(refused)) {
		blob_write(layout, data + second, size - second, config);
		manifest = filled_in(text, first, config);
		blob_write(layout, manifest, strlen(manifest), digest);
		free(manifest);
		check_image(digest);
	}
	/* The same bytes as docker's: its members are called a, b and, as a link to itself, c. */
	if (!setjmp(refused)) {
		members = json_pack("{s{sssi}s{ss}s{ss}}", "a", "digest", config, "size",
			(int)(size - second), "b", "link", "a", "c", "link", "c");
		path = print("%s/manifest.json", layout);
		write_file(path, data, first);
		free(path);
		stage_docker(layout, members);
		found = layout_find(layout, "");
		fuzz_claim(!found || is_digest(found));
	}
	empty_blobs();
	return 0;
}
