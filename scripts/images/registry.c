/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * registry.c - images from registries (OCI distribution-spec): the manifest for this platform, its
 * configuration, and its layers, several at once. http.c asks the server, pull.c wants the answer.
 */
#include "registry.h"

#include <ctype.h>
#include <sys/wait.h>

#define AT_ONCE 4

bool registry_verify = true, registry_quiet;

static bool is_loopback(const char *host)
{
	const size_t n = strcspn(host, ":");

	return (n == 9 && !strncmp(host, "localhost", 9)) || !strncmp(host, "127.", 4) ||
	       !strncmp(host, "[::1]", 5);
}

/* docker's reading of a name: [HOST/]NAME[:TAG][@DIGEST]. */
static void parse(const char *text, struct registry *r)
{
	char *name = copy_of(text), *slash = strchr(name, '/'), *at, *colon;

	at = strchr(name, '@');
	if (at) {
		*at++ = 0;
		if (!is_digest(at))
			fail("'%s': '%s' is no sha256 digest", shown(text), shown(at));
		r->reference = at;
	}
	if (slash && (memchr(name, '.', (size_t)(slash - name)) ||
			     memchr(name, ':', (size_t)(slash - name)) ||
			     !strncmp(name, "localhost/", 10))) {
		*slash = 0;
		r->host = name;
		name = slash + 1;
	} else {
		r->host = copy_of("docker.io");
	}
	colon = strrchr(name, ':');
	if (colon && !strchr(colon, '/')) {
		*colon++ = 0;
		if (!r->reference)
			r->reference = colon;
	}
	if (!r->reference)
		r->reference = copy_of("latest");
	if (!*name || !*r->reference || strlen(name) > 255 || strlen(r->reference) > 128 ||
		strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789._-/") != strlen(name))
		fail("'%s' is neither a file nor the name of an image", shown(text));
	for (const char *c = r->reference; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("._-:", *c))
			fail("'%s' is neither a file nor the name of an image", shown(text));
	r->name = strcmp(r->host, "docker.io") || strchr(name, '/') ? name :
								      print("library/%s", name);
	r->server = strcmp(r->host, "docker.io") ? r->host : "registry-1.docker.io";
	r->scheme = is_loopback(r->host) ? "http" : "https";
}

static void get_manifest(
	struct registry *r, const char *to, const char *reference, char digest[DIGEST_MAX])
{
	char *url = print("%s://%s/v2/%s/manifests/%s", r->scheme, r->server, r->name, reference);
	struct text text = {0};

	http_get_text(r, url,
		"Accept: " TYPE_MANIFEST ", " TYPE_INDEX
		", application/vnd.docker.distribution.manifest.v2+json"
		", application/vnd.docker.distribution.manifest.list.v2+json",
		&text);
	blob_write(to, text.at, text.size, digest);
	if (is_digest(reference) && strcmp(digest, reference) != 0)
		fail("the registry's answer for %s is %s", reference, digest);
	free(text.at);
	free(url);
}

static void get_blob(struct registry *r, const char *to, const char *digest, int64_t size)
{
	char *url = print("%s://%s/v2/%s/blobs/%s", r->scheme, r->server, r->name, digest);
	char *path = blob_path(to, digest), *part = print("%s.part", path),
	     *have = blob_path(store_dir(true), digest);

	if (!access(path, F_OK) || !link(have, path)) {
		blob_check(to, digest, size);
		return;
	}
	http_get_file(r, url, part, digest, size);
	if (rename(part, path))
		fail("cannot write '%s': %s", path, strerror(errno));
	free(url);
	free(path);
	free(part);
	free(have);
}

/* The manifest for our platform, through indexes: its digest. */
static void choose_manifest(struct registry *r, const char *to, char digest[DIGEST_MAX])
{
	get_manifest(r, to, r->reference, digest);
	for (unsigned depth = 0;; depth++) {
		const char *next;
		char *path = blob_path(to, digest);
		json_t *j = json_of_file(path, digest);

		free(path);
		if (!json_is_array(json_object_get(j, "manifests")))
			return;
		next = json_text(platform_entry(j, digest), "digest");
		if (!next || !is_digest(next) || depth > 4)
			fail("%s: an index without end, or without digests", digest);
		get_manifest(r, to, next, digest);
		json_decref(j);
	}
}

static bool wait_for_one(void)
{
	int status;

	while (wait(&status) < 0)
		if (errno != EINTR)
			return false;
	return WIFEXITED(status) && !WEXITSTATUS(status);
}

/* A process for each layer, a few at a time. */
static void get_layers(struct registry *r, const struct image *i, const char *to)
{
	unsigned running = 0;
	bool good = true;

	for (size_t n = 0; n < i->layers && good; n++) {
		pid_t child;

		fflush(NULL);
		if (running == AT_ONCE) {
			good = wait_for_one();
			running--;
		}
		child = fork();
		if (child < 0)
			fail("cannot start another process: %s", strerror(errno));
		if (!child) {
			forget_all_trouble();
			get_blob(r, to, i->digests[n], i->sizes[n]);
			if (!registry_quiet)
				fprintf(stderr, "%.12s: %lld bytes\n", i->digests[n] + 7,
					(long long)i->sizes[n]);
			_exit(0);
		}
		running++;
	}
	while (running--)
		good = wait_for_one() && good;
	if (!good)
		fail("'%s' is not complete, and is left out", shown(r->name));
}

struct image *registry_pull(const char *ref, const char *to)
{
	struct registry r = {0};
	char digest[DIGEST_MAX], *path = print("%s/blobs/sha256", to);
	const json_t *config;
	struct image *i;
	json_t *j;

	parse(ref, &r);
	make_directories(path);
	free(path);
	registry_credentials(&r);
	choose_manifest(&r, to, digest);
	path = blob_path(to, digest);
	j = json_of_file(path, digest);
	free(path);
	config = json_object_get(j, "config");
	if (!json_text(config, "digest") || !is_digest(json_text(config, "digest")))
		fail("'%s' is no image that can be run: its manifest names no configuration",
			shown(ref));
	if (json_number(config, "size") > JSON_MAX || json_number(config, "size") < 0)
		fail("'%s': the configuration has no length, or is larger than any", shown(ref));
	get_blob(&r, to, json_text(config, "digest"), json_number(config, "size"));
	i = image_load(to, digest);
	get_layers(&r, i, to);
	return i;
}
