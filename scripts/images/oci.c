/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * oci.c - OCI image layouts (image-spec), including the store: names, manifests, configurations,
 * blobs. Called by the other files of this tool. */
#include "images.h"

const char *platform = "linux/amd64";

char *blob_path(const char *layout, const char *digest)
{
	if (!is_digest(digest))
		fail("'%s' is no sha256 digest", shown(digest));
	return print("%s/blobs/sha256/%s", layout, digest + 7);
}

/* The digest and the length of the file; false with errno. */
static bool sum_blob(const char *layout, const char *digest, char found[DIGEST_MAX], uint64_t *size)
{
	char *path = blob_path(layout, digest), *piece = get(1 << 18);
	int64_t whole;
	const int fd = open_regular(path, &whole);
	struct sha256 s;
	ssize_t n = -1;
	int why;

	sha256_begin(&s);
	while (fd >= 0 && (n = read(fd, piece, 1 << 18)) > 0)
		sha256_add(&s, piece, (size_t)n);
	*size = s.size;
	sha256_end(&s, found);
	why = n ? errno : 0;
	free(piece);
	free(path);
	if (fd >= 0)
		close(fd);
	errno = why;
	return n == 0;
}

bool blob_is_good(const char *layout, const char *digest, int64_t size)
{
	char found[DIGEST_MAX];
	uint64_t has;

	return sum_blob(layout, digest, found, &has) && (size < 0 || (uint64_t)size == has) &&
	       !strcmp(found, digest);
}

void blob_check(const char *layout, const char *digest, int64_t size)
{
	char found[DIGEST_MAX];
	uint64_t has;

	if (size >= 0)
		blob_check_length(layout, digest, size);
	if (!sum_blob(layout, digest, found, &has)) {
		if (errno == ENOENT)
			fail("the blob %s is missing: %s", digest, strerror(errno));
		fail("the blob %s: cannot read it: %s", digest, strerror(errno));
	}
	if (size >= 0 && (uint64_t)size != has)
		fail("the blob %s has %llu bytes, and should have %lld", digest,
			(unsigned long long)has, (long long)size);
	if (strcmp(found, digest) != 0)
		fail("the blob %s is corrupt: what is there is %s", digest, found);
}

void blob_check_length(const char *layout, const char *digest, int64_t size)
{
	char *path = blob_path(layout, digest);
	struct stat st;

	if (stat(path, &st))
		fail("the blob %s is missing: %s", digest, strerror(errno));
	if (!S_ISREG(st.st_mode))
		fail("the blob %s: cannot read it: %s", digest, strerror(EMEDIUMTYPE));
	if (st.st_size != size)
		fail("the blob %s has %lld bytes, and should have %lld", digest,
			(long long)st.st_size, (long long)size);
	free(path);
}

bool is_index_type(const char *type)
{
	return type &&
	       (!strcmp(type, TYPE_INDEX) ||
		       !strcmp(type, "application/vnd.docker.distribution.manifest.list.v2+json"));
}

static bool is_named(const json_t *entry, const char *name)
{
	const json_t *notes = json_object_get(entry, "annotations");
	const char *ref = json_text(notes, REF_NAME),
		   *full = json_text(notes, "io.containerd.image.name");

	return (ref && !strcmp(ref, name)) || (full && !strcmp(full, name));
}

char *layout_find(const char *layout, const char *name)
{
	char *path = print("%s/index.json", layout);
	json_t *index, *list;
	const char *found = NULL;
	char *digest = NULL;

	if (access(path, F_OK)) {
		free(path);
		return NULL;
	}
	index = json_of_file(path, path);
	list = json_object_get(index, "manifests");
	if (!json_is_array(list))
		fail("'%s': it has no list of manifests", shown(path));
	if (!*name && json_array_size(list) > 1)
		fail("there are %zu images in it: say which one, as PATH:NAME",
			json_array_size(list));
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *entry = json_array_get(list, i);

		if (!*name || is_named(entry, name))
			found = json_text(entry, "digest");
	}
	if (found)
		digest = copy_of(found);
	json_decref(index);
	free(path);
	return digest;
}

/* "amd64", and what uname(1) prints, are accepted, too. */
static bool is_our_platform(const json_t *p)
{
	static const char *const others[][2] = {
		{"x86_64", "amd64"}, {"x86-64", "amd64"}, {"aarch64", "arm64"}};
	const char *os = json_text(p, "os"), *machine = json_text(p, "architecture"),
		   *variant = json_text(p, "variant"), *slash = strchr(platform, '/'),
		   *wanted = slash ? slash + 1 : platform;
	const size_t n = slash ? (size_t)(slash - platform) : 5;

	if (!os || !machine || strlen(os) != n || strncmp(os, slash ? platform : "linux", n) != 0)
		return false;
	for (unsigned i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (!strcmp(wanted, others[i][0]))
			wanted = others[i][1];
	slash = strchr(wanted, '/');
	if (!slash)
		return !strcmp(wanted, machine);
	/* Without a name any variant matches. */
	return strlen(machine) == (size_t)(slash - wanted) &&
	       !strncmp(wanted, machine, strlen(machine)) &&
	       (!variant || !*variant || !strcmp(slash + 1, variant));
}

static json_t *load_blob(const char *layout, const char *digest, int64_t size)
{
	char *path = blob_path(layout, digest);
	struct stat st;
	json_t *j;

	if (size > JSON_MAX)
		fail("%s says that it has %lld bytes, more than any manifest", digest,
			(long long)size);
	if (!stat(path, &st) && st.st_size > JSON_MAX)
		fail("%s has %lld bytes, more than any manifest", digest, (long long)st.st_size);
	blob_check(layout, digest, size);
	j = json_of_file(path, digest);
	free(path);
	return j;
}

const json_t *platform_entry(const json_t *index, const char *digest)
{
	const json_t *list = json_object_get(index, "manifests"), *only = NULL;

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *entry = json_array_get(list, i),
			     *p = json_object_get(entry, "platform");

		if (is_our_platform(p))
			return entry;
		if (!p)
			only = entry;
	}
	if (!only || json_array_size(list) != 1)
		fail("%s has no image for %s (see --platform)", digest, platform);
	return only;
}

static void load_layers(struct image *i)
{
	const json_t *layers = json_object_get(i->manifest, "layers");
	const json_t *ids = json_object_get(json_object_get(i->config, "rootfs"), "diff_ids");

	i->layers = json_array_size(layers);
	if (!json_is_array(layers) || i->layers > 10000)
		fail("%s: the manifest has no list of layers", i->manifest_digest);
	if (json_array_size(ids) != i->layers)
		fail("%s: the manifest has %zu layers, its configuration %zu", i->manifest_digest,
			i->layers, json_array_size(ids));
	i->digests = get(i->layers * sizeof(*i->digests));
	i->diff_ids = get(i->layers * sizeof(*i->diff_ids));
	i->sizes = get(i->layers * sizeof(*i->sizes));
	for (size_t n = 0; n < i->layers; n++) {
		const json_t *layer = json_array_get(layers, n);
		const char *digest = json_text(layer, "digest"),
			   *id = json_string_value(json_array_get(ids, n));

		if (!digest || !is_digest(digest) || !id || !is_digest(id))
			fail("%s: layer %zu has no sha256 digest", i->manifest_digest, n + 1);
		i->digests[n] = copy_of(digest);
		i->diff_ids[n] = copy_of(id);
		i->sizes[n] = json_number(layer, "size");
		if (i->sizes[n] < 0)
			fail("%s: layer %zu has no length", i->manifest_digest, n + 1);
		if (i->sizes[n] > INT64_MAX / 20000)
			fail("%s: layer %zu says that it has %lld bytes", i->manifest_digest, n + 1,
				(long long)i->sizes[n]);
		i->size += i->sizes[n];
	}
}

struct image *image_load(const char *layout, const char *digest)
{
	struct image *i = get(sizeof(*i));
	int64_t size = -1;
	json_t *j = load_blob(layout, digest, -1);
	const json_t *config;

	for (unsigned depth = 0; json_is_array(json_object_get(j, "manifests")); depth++) {
		const json_t *entry = platform_entry(j, digest);
		const char *next = json_text(entry, "digest");

		if (!next || !is_digest(next) || depth > 4)
			fail("%s: an index without end, or without digests", digest);
		digest = copy_of(next);
		size = json_number(entry, "size");
		j = load_blob(layout, digest, size);
	}
	i->manifest_digest = copy_of(digest);
	i->manifest = j;
	config = json_object_get(j, "config");
	if (!json_text(config, "digest") || !is_digest(json_text(config, "digest")))
		fail("%s is no manifest of an image: it names no configuration", digest);
	i->type = copy_of(json_text(j, "mediaType") ? json_text(j, "mediaType") : TYPE_MANIFEST);
	i->config_digest = copy_of(json_text(config, "digest"));
	i->config = load_blob(layout, i->config_digest, json_number(config, "size"));
	if (json_text(i->config, "architecture") && json_text(i->config, "os") &&
		*json_text(i->config, "os") && *json_text(i->config, "architecture") &&
		!is_our_platform(i->config))
		fail("the image is for %s/%s, not for %s (see --platform)",
			shown(json_text(i->config, "os")),
			shown(json_text(i->config, "architecture")), platform);
	load_layers(i);
	return i;
}

/* The names that docker and OCI give to the parts of an image. */
static const char *const media_types[][2] = {
	{"application/vnd.docker.container.image.v1+json", TYPE_CONFIG},
	{"application/vnd.docker.image.rootfs.diff.tar", TYPE_LAYER},
	{"application/vnd.docker.image.rootfs.diff.tar.gzip", TYPE_LAYER "+gzip"},
	{"application/vnd.docker.image.rootfs.diff.tar.zstd", TYPE_LAYER "+zstd"},
};

static void translate_type(json_t *descriptor)
{
	const char *type = json_text(descriptor, "mediaType");

	for (size_t n = 0; type && n < sizeof(media_types) / sizeof(media_types[0]); n++)
		if (!strcmp(type, media_types[n][0])) {
			json_object_set_new(
				descriptor, "mediaType", json_string(media_types[n][1]));
			return;
		}
}

void image_make_oci(struct image *i, const char *layout)
{
	json_t *layers = json_object_get(i->manifest, "layers");
	char digest[DIGEST_MAX], *text;

	if (!strcmp(i->type, TYPE_MANIFEST))
		return;
	json_object_set_new(i->manifest, "mediaType", json_string(TYPE_MANIFEST));
	translate_type(json_object_get(i->manifest, "config"));
	for (size_t n = 0; n < json_array_size(layers); n++)
		translate_type(json_array_get(layers, n));
	text = json_dumps(i->manifest, JSON_COMPACT | JSON_SORT_KEYS);
	blob_write(layout, text, strlen(text), digest);
	free(text);
	i->manifest_digest = copy_of(digest);
	i->type = copy_of(TYPE_MANIFEST);
}

void chain_of(const json_t *diff_ids, char chain[DIGEST_MAX])
{
	/* Without layers it is the digest of nothing. */
	struct sha256 s;

	sha256_begin(&s);
	sha256_end(&s, chain);
	for (size_t n = 0; n < json_array_size(diff_ids); n++) {
		const char *id = json_string_value(json_array_get(diff_ids, n));

		if (!id || !is_digest(id))
			id = "";
		if (!n) {
			strcpy(chain, id);
			continue;
		}
		sha256_begin(&s);
		sha256_add(&s, chain, strlen(chain));
		sha256_add(&s, " ", 1);
		sha256_add(&s, id, strlen(id));
		sha256_end(&s, chain);
	}
}

void image_chain(const struct image *i, char chain[DIGEST_MAX])
{
	chain_of(json_object_get(json_object_get(i->config, "rootfs"), "diff_ids"), chain);
}

void blob_write(const char *layout, const void *data, size_t size, char digest[DIGEST_MAX])
{
	struct sha256 s;
	char *path;

	sha256_begin(&s);
	sha256_add(&s, data, size);
	sha256_end(&s, digest);
	path = blob_path(layout, digest);
	write_file(path, data, size);
	free(path);
}

void layout_write_index(const char *layout, const json_t *index)
{
	char *path = print("%s/index.json", layout),
	     *text = json_dumps(index, JSON_INDENT(2) | JSON_SORT_KEYS);

	write_file(path, text, strlen(text));
	free(text);
	free(path);
}
