/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * list.c - the verbs images and rmi: list and remove what is in the store. Called by main.c. */
#include "images.h"

#include <dirent.h>
#include <sys/file.h>
#include <time.h>

static const char *age_of(const char *stamp)
{
	static char text[40];
	struct tm tm = {0};
	long seconds;

	if (!stamp || !strptime(stamp, "%Y-%m-%dT%H:%M:%S", &tm))
		return "-";
	seconds = (long)(time(NULL) - timegm(&tm));
	if (seconds < 120)
		snprintf(text, sizeof(text), "%lds", seconds < 0 ? 0 : seconds);
	else if (seconds < 7200)
		snprintf(text, sizeof(text), "%ldm", seconds / 60);
	else if (seconds < 48 * 3600)
		snprintf(text, sizeof(text), "%ldh", seconds / 3600);
	else
		snprintf(text, sizeof(text), "%ldd", seconds / 86400);
	return text;
}

static void print_size(int64_t size)
{
	if (size < 0)
		printf("%8s", "broken");
	else if (size < 1000000)
		printf("%6lldkB", (long long)(size + 999) / 1000);
	else
		printf("%6lldMB", (long long)(size + 500000) / 1000000);
}

/* -1 when its manifest is missing. */
static int64_t size_of_image(const char *digest)
{
	char *path = blob_path(store_dir(true), digest);
	json_t *m = access(path, F_OK) ? NULL : json_of_file(path, digest);
	const json_t *layers = json_object_get(m, "layers");
	int64_t size = m ? 0 : -1;

	for (size_t n = 0; n < json_array_size(layers); n++)
		size += json_number(json_array_get(layers, n), "size");
	json_decref(m);
	free(path);
	return size;
}

/* The tree of the image with this configuration, which may be for another platform. */
static void mark_tree(const char *config, json_t *set)
{
	char *path = blob_path(store_dir(true), config), chain[DIGEST_MAX], *key;
	json_t *j;

	if (!access(path, F_OK)) {
		j = json_of_file(path, config);
		chain_of(json_object_get(json_object_get(j, "rootfs"), "diff_ids"), chain);
		key = print("tree %s", *chain ? chain + 7 : "");
		json_object_set_new(set, key, json_true());
		free(key);
		json_decref(j);
	}
	free(path);
}

/* Adds the digests that the index reaches, through indexes and manifests, to `set`. */
static void mark(const char *digest, json_t *set)
{
	char *path = blob_path(store_dir(true), digest);
	json_t *m;
	const json_t *list;
	json_t *config;

	json_object_set_new(set, digest, json_true());
	if (access(path, F_OK)) {
		free(path);
		return;
	}
	m = json_of_file(path, digest);
	for (unsigned k = 0; k < 2; k++) {
		list = json_object_get(m, k ? "manifests" : "layers");
		for (size_t n = 0; n < json_array_size(list); n++) {
			const char *d = json_text(json_array_get(list, n), "digest");

			if (!d || !is_digest(d) || json_object_get(set, d))
				continue;
			if (k)
				mark(d, set);
			else
				json_object_set_new(set, d, json_true());
		}
	}
	config = json_object_get(m, "config");
	if (json_text(config, "digest"))
		json_object_set_new(set, json_text(config, "digest"), json_true());
	if (json_text(config, "digest") && is_digest(json_text(config, "digest")))
		mark_tree(json_text(config, "digest"), set);
	json_decref(m);
	free(path);
}

/* Removes a tree or a blob of the store. A tree is only moved to where store_sweep() removes it
 * later: that may take minutes, and others wait for the lock of the store. */
static void remove_from_store(const char *path)
{
	const char *base = strrchr(path, '/') + 1;
	char *gone = print("%s/tmp/gone-%d-%s", store_dir(true), getpid(), base);
	struct stat st;

	/* A directory without permissions could be neither moved nor opened. */
	if (lstat(path, &st) || !S_ISDIR(st.st_mode) || chmod(path, 0700) || rename(path, gone))
		remove_tree(path);
	free(gone);
}

/* Removes what is in `kind` but not in `set`, whose names begin with `prefix`. */
static void drop(const char *kind, const char *prefix, const json_t *set)
{
	char *path = print("%s/%s", store_dir(true), kind);
	DIR *dir = opendir(path);
	const struct dirent *e;

	while (dir && (e = readdir(dir))) {
		char *key = print("%s%s", prefix, e->d_name),
		     *file = print("%s/%s", path, e->d_name);
		int fd;

		if (e->d_name[0] != '.' && !json_object_get(set, key)) {
			fd = open(file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
			/* A tree that is being copied stays until the next time. */
			if (fd >= 0 && !flock(fd, LOCK_EX | LOCK_NB))
				remove_from_store(file);
			if (fd >= 0)
				close(fd);
		}
		free(key);
		free(file);
	}
	if (dir)
		closedir(dir);
	free(path);
}

void store_prune(void)
{
	json_t *set = json_object(), *index = store_index();
	const json_t *list = json_object_get(index, "manifests");

	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *digest = json_text(json_array_get(list, i), "digest");

		if (digest && is_digest(digest))
			mark(digest, set);
	}
	drop("blobs/sha256", "sha256:", set);
	drop("trees", "tree ", set);
	json_decref(set);
	json_decref(index);
}

static void list_images(bool as_json)
{
	json_t *index = store_index(), *list = json_object_get(index, "manifests"),
	       *out = json_array();

	if (!as_json)
		printf("%-40s %-14s %8s %5s\n", "NAME", "ID", "SIZE", "AGE");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *entry = json_array_get(list, i),
			     *notes = json_object_get(entry, "annotations");
		const char *digest = json_text(entry, "digest"), *name = json_text(notes, REF_NAME);
		int64_t size;

		if (!digest || !is_digest(digest))
			continue;
		size = size_of_image(digest);
		if (as_json) {
			json_array_append_new(
				out, json_pack("{sssssIss*}", "name", name ? name : "", "id",
					     digest, "size", (json_int_t)size, "pulled",
					     json_text(notes, "org.fakejail.pulled")));
			continue;
		}
		printf("%-40s %-14.12s ", name ? shown(name) : "-", digest + 7);
		print_size(size);
		printf(" %5s\n", age_of(json_text(notes, "org.fakejail.pulled")));
	}
	if (as_json) {
		json_dumpf(out, stdout, JSON_INDENT(2));
		putchar('\n');
	}
	json_decref(out);
	json_decref(index);
}

int images_main(int argc, char **argv)
{
	bool as_json = false, prunes = false;

	for (int i = 1; i < argc; i++) {
		const char *value;

		if ((value = option_value(argv, &i, "--format"))) {
			if (strcmp(value, "json") != 0)
				fail("--format: '%s' is not json", shown(value));
			as_json = true;
		} else if (!strcmp(argv[i], "--prune")) {
			prunes = true;
		} else {
			fail("what is '%s'?", shown(argv[i]));
		}
	}
	if (as_json && prunes)
		fail("--format and --prune exclude each other");
	store_dir(true);
	if (prunes) {
		const int lock = store_lock();

		store_prune();
		close(lock);
		store_sweep();
		return 0;
	}
	list_images(as_json);
	return 0;
}

/* Is `text` the beginning of the digest `id`, with or without "sha256:", and long enough? */
static bool is_id(const char *text, const char *id)
{
	const char *digits = strncmp(text, "sha256:", 7) ? text : text + 7;
	const size_t n = strlen(digits);

	return id && is_digest(id) && n >= 6 && !strncmp(id + 7, digits, n);
}

/* "redis" also means "redis:latest", and the other way round. */
static bool has_name(const json_t *entry, const char *name, bool exactly)
{
	const char *has = json_text(json_object_get(entry, "annotations"), REF_NAME);
	char *one, *other;
	bool same;

	if (!has || exactly)
		return has && !strcmp(has, name);
	one = print("%s:latest", has);
	other = print("%s:latest", name);
	same = !strcmp(one, name) || !strcmp(other, has);
	free(one);
	free(other);
	return same;
}

/* Removes the image of that name, or else those of that id, from the index. */
static bool forget(json_t *list, const char *what)
{
	const char *id = NULL;
	bool found = false;

	/* An exact name is preferred. */
	for (unsigned way = 0; !found && way < 2; way++)
		for (size_t i = json_array_size(list); i-- > 0;)
			if (has_name(json_array_get(list, i), what, !way)) {
				json_array_remove(list, i);
				found = true;
			}
	if (found)
		return true;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *digest = json_text(json_array_get(list, i), "digest");

		if (!is_id(what, digest))
			continue;
		if (id && strcmp(id, digest) != 0)
			fail("'%s' is the beginning of more than one id", shown(what));
		id = digest;
	}
	if (!id)
		return false;
	for (size_t i = json_array_size(list); i-- > 0;)
		if (is_id(what, json_text(json_array_get(list, i), "digest")))
			json_array_remove(list, i);
	return true;
}

int rmi_main(int argc, char **argv)
{
	json_t *index, *list;
	int lock, status = 0;

	if (argc < 2)
		fail("which image?");
	for (int n = 1; n < argc; n++)
		if (argv[n][0] == '-')
			fail("unknown option '%s'", shown(argv[n]));
	store_dir(true);
	lock = store_lock();
	index = store_index();
	list = json_object_get(index, "manifests");
	for (int n = 1; n < argc; n++)
		if (!forget(list, argv[n])) {
			warn("there is no image '%s'", shown(argv[n]));
			status = TROUBLE;
		}
	store_change(true);
	layout_write_index(store_dir(true), index);
	store_prune();
	store_change(false);
	json_decref(index);
	close(lock);
	store_sweep();
	return status;
}
