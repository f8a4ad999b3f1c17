/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * registry.c - images from registries (OCI distribution-spec): the name, the manifest for this
 * platform, its configuration. http.c asks the server, layers.c fetches what is large. Called by
 * pull.c. */
#include "registry.h"

#include <arpa/inet.h>
#include <ctype.h>

bool registry_verify = true, registry_quiet;

bool is_loopback(const char *host)
{
	char text[64];
	struct in_addr four;
	size_t n = strcspn(host, ":/");

	if (!strncmp(host, "[::1]", 5))
		return true;
	if (n == 9 && !strncasecmp(host, "localhost", 9))
		return true;
	if (n >= sizeof(text))
		return false;
	memcpy(text, host, n);
	text[n] = 0;
	return inet_pton(AF_INET, text, &four) == 1 && ntohl(four.s_addr) >> 24 == 127;
}

/* Parts of lower-case letters and digits between '/', as in registries. */
static bool is_name(const char *name)
{
	const char *at = name;

	if (!*name || strlen(name) > 255 ||
		strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789._-/") != strlen(name))
		return false;
	for (;;) {
		if (!isalnum((unsigned char)*at))
			return false;
		at = strchr(at, '/');
		if (!at)
			return true;
		at++;
	}
}

static bool is_tag(const char *tag)
{
	for (const char *c = tag; *c; c++)
		if (!isalnum((unsigned char)*c) && *c != '_' && (c == tag || !strchr(".-", *c)))
			return false;
	return *tag && strlen(tag) <= 128;
}

/* HOST, HOST:PORT, [ADDRESS]:PORT */
static bool is_host(const char *host)
{
	const size_t n = strlen(host);

	return n && n < 256 && host[0] != '-' && host[0] != ':' &&
	       strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:"
			    "[]") == n;
}

/* Reads a name as docker does: [HOST/]NAME[:TAG][@DIGEST]. */
static void parse(const char *text, struct registry *r)
{
	const char *start = strncmp(text, "docker://", 9) ? text : text + 9;
	char *name = copy_of(start), *slash = strchr(name, '/'), *at, *colon;
	bool has_tag = true;

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
	/* Older names of the same host. */
	if (!strcmp(r->host, "index.docker.io") || !strcmp(r->host, "registry-1.docker.io"))
		r->host = copy_of("docker.io");
	colon = strrchr(name, ':');
	if (colon && !strchr(colon, '/')) {
		*colon++ = 0;
		has_tag = is_tag(colon);
		if (!r->reference)
			r->reference = colon;
	}
	if (!r->reference)
		r->reference = copy_of("latest");
	if (!is_name(name) || !has_tag || !is_host(r->host))
		fail("'%s' is neither a file nor the name of an image", shown(text));
	r->name = strcmp(r->host, "docker.io") || strchr(name, '/') ? name :
								      print("library/%s", name);
	r->server = strcmp(r->host, "docker.io") ? r->host : "registry-1.docker.io";
	r->may_be_plain = !registry_verify || is_loopback(r->host);
	r->scheme = is_loopback(r->host) ? "http" : "https";
}

/* The name with its registry, for messages. */
static char *name_of(const struct registry *r)
{
	return print(
		"%s/%s%s%s", r->host, r->name, is_digest(r->reference) ? "@" : ":", r->reference);
}

/* Gets a manifest or an index; `digest` gets its digest. */
static json_t *get_manifest(
	struct registry *r, const char *to, const char *reference, char digest[DIGEST_MAX])
{
	char *path = print("/v2/%s/manifests/%s", r->name, reference), *name = name_of(r);
	struct text text = {0};
	json_t *j;

	http_get_text(r, path,
		"Accept: " TYPE_MANIFEST ", " TYPE_INDEX
		", application/vnd.docker.distribution.manifest.v2+json"
		", application/vnd.docker.distribution.manifest.list.v2+json",
		NULL, &text);
	j = json_of_text(text.at, text.size, name);
	blob_write(to, text.at, text.size, digest);
	if (is_digest(reference) && strcmp(digest, reference) != 0)
		fail("%s: the registry's answer for %s is %s", r->host, reference, digest);
	free(text.at);
	free(path);
	free(name);
	return j;
}

/* Gets the manifest for our platform, through indexes. */
static json_t *choose_manifest(struct registry *r, const char *to, char digest[DIGEST_MAX])
{
	json_t *j = get_manifest(r, to, r->reference, digest);

	for (unsigned depth = 0; json_is_array(json_object_get(j, "manifests")); depth++) {
		const char *next = json_text(platform_entry(j, digest), "digest");
		json_t *index = j;

		if (!next || !is_digest(next) || depth > 4)
			fail("%s: an index without end, or without digests", digest);
		j = get_manifest(r, to, next, digest);
		json_decref(index);
	}
	return j;
}

struct image *registry_pull(const char *ref, const char *to)
{
	struct registry r = {0};
	char digest[DIGEST_MAX], *path = print("%s/blobs/sha256", to), *name;
	const json_t *config;
	struct image *i;
	int64_t size;
	json_t *j;

	parse(ref, &r);
	make_directories(path);
	free(path);
	name = name_of(&r);
	registry_credentials(&r);
	j = choose_manifest(&r, to, digest);
	config = json_object_get(j, "config");
	size = json_number(config, "size");
	if (!json_text(config, "digest") || !is_digest(json_text(config, "digest")))
		fail("'%s' is no image that can be run: its manifest names no configuration", name);
	if (size < 0 || size > JSON_MAX)
		fail("'%s': the configuration has no length, or is larger than any", name);
	registry_get_blob(&r, to, json_text(config, "digest"), size);
	i = image_load(to, digest);
	registry_get_layers(&r, i, to);
	json_decref(j);
	free(name);
	return i;
}
