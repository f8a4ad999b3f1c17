/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * pull.c - the verb pull: copies an image from a file, a layout or a registry into the store, where
 * it appears only when it is complete. Called by main.c. */
#include "images.h"

#include <signal.h>
#include <time.h>

static void move_blob(const char *from, const char *digest)
{
	char *old = blob_path(from, digest), *new = blob_path(store_dir(true), digest);

	/* It replaces an existing one, which may be damaged; ours was checked. */
	if (rename(old, new))
		fail("cannot bring %s into the store: %s", digest, strerror(errno));
	free(old);
	free(new);
}

static void move_blobs(const struct image *i, const char *from)
{
	json_t *moved = json_object();

	for (size_t n = 0; n < i->layers; n++) {
		/* An image may have a layer twice. */
		if (json_object_get(moved, i->digests[n]))
			continue;
		move_blob(from, i->digests[n]);
		json_object_set_new(moved, i->digests[n], json_true());
	}
	move_blob(from, i->config_digest);
	move_blob(from, i->manifest_digest);
	json_decref(moved);
}

static void drop_name(json_t *list, const char *name)
{
	for (size_t i = json_array_size(list); i-- > 0;) {
		const char *has = json_text(
			json_object_get(json_array_get(list, i), "annotations"), REF_NAME);

		if (has && !strcmp(has, name))
			json_array_remove(list, i);
	}
}

json_t *store_index(void)
{
	char *path = print("%s/index.json", store_dir(true));
	json_t *index = access(path, F_OK) ? json_pack("{sis[]}", "schemaVersion", 2, "manifests") :
					     json_of_file(path, path);

	if (!json_is_array(json_object_get(index, "manifests")))
		fail("'%s': it has no list of manifests", path);
	free(path);
	return index;
}

void store_publish(struct image *i, const char *from, const char *name)
{
	const int lock = store_lock();
	json_t *index = store_index(), *list = json_object_get(index, "manifests");
	const time_t t = time(NULL);
	char *path, now[40];
	struct stat st;

	image_make_oci(i, from);
	path = blob_path(from, i->manifest_digest);
	if (stat(path, &st))
		fail("'%s': %s", path, strerror(errno));
	free(path);
	strftime(now, sizeof(now), "%Y-%m-%dT%H:%M:%SZ", gmtime(&t));
	store_change(true);
	move_blobs(i, from);
	drop_name(list, name);
	json_array_append_new(
		list, json_pack("{sssssIs{ssss}}", "mediaType", i->type, "digest",
			      i->manifest_digest, "size", (json_int_t)st.st_size, "annotations",
			      REF_NAME, name, "org.fakejail.pulled", now));
	layout_write_index(store_dir(true), index);
	store_change(false);
	json_decref(index);
	close(lock);
}

/* Copies a blob of another layout, checked, into ours. */
static void take_blob(const char *from, const char *digest, int64_t size, const char *to)
{
	char *old = blob_path(from, digest), *new = blob_path(to, digest), *piece = get(1 << 18);
	int64_t whole;
	const int in = open_regular(old, &whole),
		  out = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	ssize_t n;

	if (in < 0)
		fail("the blob %s: cannot read it: %s", digest, strerror(errno));
	if (size >= 0)
		blob_check_length(from, digest, size);
	if (out < 0)
		fail("cannot write '%s': %s", new, strerror(errno));
	while ((n = read(in, piece, 1 << 18)) > 0)
		if (!write_all(out, piece, (size_t)n))
			fail("cannot write '%s': %s", new, strerror(errno));
	if (n < 0)
		fail("the blob %s: cannot read it: %s", digest, strerror(errno));
	if (close(out))
		fail("cannot write '%s': %s", new, strerror(errno));
	close(in);
	free(piece);
	free(old);
	free(new);
	blob_check(to, digest, size);
}

static struct image *take_layout(const char *from, const char *name, const char *to)
{
	char *digest = layout_find(from, name), *path = print("%s/blobs/sha256", to);
	struct image *i;

	if (!digest)
		fail("there is no image '%s' in '%s'", shown(name), shown(from));
	make_directories(path);
	free(path);
	i = image_load(from, digest);
	take_blob(from, i->manifest_digest, -1, to);
	take_blob(from, i->config_digest, -1, to);
	for (size_t n = 0; n < i->layers; n++)
		take_blob(from, i->digests[n], i->sizes[n], to);
	return image_load(to, i->manifest_digest);
}

/* The digest of the archive's content after decompression. */
static void plain_digest(const char *path, char digest[DIGEST_MAX])
{
	struct archive *a = archive_read_new();
	struct archive_entry *e;
	char *piece = get(1 << 18);
	struct sha256 s;
	la_ssize_t n = 0;

	sha256_begin(&s);
	support_filters(a);
	archive_read_support_format_raw(a);
	if (archive_read_open_filename(a, path, 1 << 18) != ARCHIVE_OK ||
		archive_read_next_header(a, &e) != ARCHIVE_OK)
		fail("'%s': %s", shown(path), archive_error_string(a));
	while ((n = archive_read_data(a, piece, 1 << 18)) > 0)
		sha256_add(&s, piece, (size_t)n);
	if (n < 0)
		fail("'%s': it is truncated or corrupt: %s", shown(path), archive_error_string(a));
	sha256_end(&s, digest);
	archive_read_free(a);
	free(piece);
}

/* Makes an image of one layer from the archive of a root file system. */
static struct image *take_tree(const char *path, const char *to)
{
	char plain[DIGEST_MAX], digest[DIGEST_MAX], *text, *blob,
		*dir = print("%s/blobs/sha256", to), *part;
	json_t *members = json_object(), *j;
	struct stat st;

	make_directories(dir);
	part = print("%s/.part", dir);
	free(dir);
	copy_plain_file(path, part, digest);
	plain_digest(part, plain);
	blob = blob_path(to, digest);
	if (stat(part, &st) || rename(part, blob))
		fail("cannot write '%s': %s", blob, strerror(errno));
	json_object_set_new(members, "layer",
		json_pack("{sssI}", "digest", digest, "size", (json_int_t)st.st_size));
	j = json_pack("{sssss{}s{sss[s]}}", "architecture", "amd64", "os", "linux", "config",
		"rootfs", "type", "layers", "diff_ids", plain);
	text = json_dumps(j, JSON_COMPACT);
	blob_write(to, text, strlen(text), digest);
	json_object_set_new(members, "config",
		json_pack("{sssI}", "digest", digest, "size", (json_int_t)strlen(text)));
	free(text);
	json_decref(j);
	j = json_pack("[{sss[s]}]", "Config", "config", "Layers", "layer");
	text = json_dumps(j, JSON_COMPACT);
	dir = print("%s/manifest.json", to);
	write_file(dir, text, strlen(text));
	stage_docker(to, members);
	return image_load(to, layout_find(to, ""));
}

struct image *pull_file(const char *path, enum source kind, const char *name, const char *to)
{
	char *digest;

	switch (kind) {
	case SOURCE_LAYOUT:
		return take_layout(path, name, to);
	case SOURCE_ARCHIVE:
		stage_archive(path, to);
		digest = layout_find(to, name);
		if (!digest)
			fail("there is no image '%s' in '%s'", shown(name), shown(path));
		struct image *i = image_load(to, digest);

		for (size_t n = 0; n < i->layers; n++)
			blob_check(to, i->digests[n], i->sizes[n]);
		return i;
	case SOURCE_TREE:
		return take_tree(path, to);
	default:
		fail("'%s' is a directory, and no OCI layout", shown(path));
	}
}

/* The name in the store when none is given: the file's own name without what tells its kind. */
static char *default_name(const char *ref)
{
	const char *base = strrchr(ref, '/');
	char *name = copy_of(base ? base + 1 : ref);

	name[strcspn(name, ".:")] = 0;
	if (!*name)
		fail("the image needs a name: fakejail pull %s NAME", shown(ref));
	return name;
}

static bool is_true(const char *value)
{
	if (strcmp(value, "true") != 0 && strcmp(value, "false") != 0)
		fail("--tls-verify: '%s' is neither true nor false", shown(value));
	return *value == 't';
}

/* An image of a registry may have such a name, too. */
static bool looks_like_file(const char *word)
{
	const char *name = strrchr(word, '/');

	return strstr(name ? name : word, ".tar") || strstr(name ? name : word, ".tgz");
}

static void say_no_file(void *word)
{
	fprintf(stderr, "hint: there is no file '%s', so a registry was asked\n", shown(word));
}

int pull_main(int argc, char **argv)
{
	const char *words[2] = {NULL, NULL};
	char *path, *inside, *name, *to, chain[DIGEST_MAX];
	enum source kind;
	struct image *i;
	bool only_words = false;
	int count = 0;

	for (int n = 1; n < argc; n++) {
		const char *value;

		if (only_words && count < 2)
			words[count++] = argv[n];
		else if ((value = option_value(argv, &n, "--platform")))
			platform = operand(value, "--platform");
		else if ((value = option_value(argv, &n, "--tls-verify")))
			registry_verify = is_true(value);
		else if (!strcmp(argv[n], "-q") || !strcmp(argv[n], "--quiet"))
			registry_quiet = true;
		else if (!strcmp(argv[n], "--"))
			only_words = true;
		else if (argv[n][0] == '-' && argv[n][1])
			fail("unknown option '%s'", shown(argv[n]));
		else if (count == 2)
			fail("too many words: REF [NAME]");
		else
			words[count++] = argv[n];
	}
	if (!count || !*words[0])
		fail("which image?");
	if (count == 2)
		operand(words[1], "NAME");
	/* A server or a helper that closes its connection must not kill this process. */
	signal(SIGPIPE, SIG_IGN);
	store_dir(true);
	to = store_temporary("tmp");
	path = source_path(words[0], &kind, &inside);
	if (path) {
		name = words[1] ? copy_of(words[1]) : default_name(*inside ? inside : words[0]);
		i = pull_file(path, kind, inside, to);
	} else {
		name = copy_of(words[1] ? words[1] : words[0]);
		if (!words[1] && !strncmp(name, "docker://", 9))
			name += 9;
		if (looks_like_file(words[0]))
			on_trouble(say_no_file, (void *)(uintptr_t)words[0]);
		i = registry_pull(words[0], to);
	}
	store_publish(i, to, name);
	discard_all();
	image_chain(i, chain);
	printf("%s %s\n", name, i->manifest_digest);
	return 0;
}
