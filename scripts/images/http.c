/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * http.c - asking a registry: authentication, redirections, tries and resumption, by libcurl. For
 * registry.c. */
#include "registry.h"

#include <curl/curl.h>
#include <strings.h>
#include <time.h>

#define TRIES 5
/* Seconds in which nothing came. */
#define PATIENCE 30L

struct answer {
	struct text text;
	size_t limit; /* of the text */
	FILE *file;
	struct sha256 *sum;
	int64_t have, size;
	char challenge[2048];
	long status;
	long wait; /* Retry-After */
};

static size_t take_body(char *data, size_t one, size_t count, void *of)
{
	struct answer *a = of;
	const size_t n = one * count;

	if (a->status >= 300 || a->status < 200)
		return n;
	if (a->file) {
		if ((int64_t)n > a->size - a->have || fwrite(data, 1, n, a->file) != n)
			return 0;
		sha256_add(a->sum, data, n);
		a->have += (int64_t)n;
		return n;
	}
	if (a->text.size + n > a->limit)
		return 0;
	a->text.at = grow(a->text.at, a->text.size + n + 1);
	memcpy(a->text.at + a->text.size, data, n);
	a->text.size += n;
	a->text.at[a->text.size] = 0;
	return n;
}

static size_t take_header(char *data, size_t one, size_t count, void *of)
{
	struct answer *a = of;
	const size_t n = one * count;

	if (n > 9 && !strncmp(data, "HTTP/", 5)) {
		const char *space = memchr(data, ' ', n);

		a->status = space ? strtol(space, NULL, 10) : 0;
	}
	if (n > 17 && !strncasecmp(data, "www-authenticate:", 17) &&
		n - 17 < sizeof(a->challenge)) {
		/* The one that we can answer, when there are several. */
		if (!a->challenge[0] || !strncasecmp(data + 18, "bearer", 6)) {
			memcpy(a->challenge, data + 17, n - 17);
			a->challenge[n - 17] = 0;
		}
	}
	if (n > 12 && !strncasecmp(data, "retry-after:", 12))
		a->wait = strtol(data + 12, NULL, 10);
	return n;
}

/* One request. Returns curl's result; the server's is in the answer. */
static CURLcode request(
	struct registry *r, const char *url, const char *header, struct answer *a, bool is_token)
{
	CURL *c = curl_easy_init();
	struct curl_slist *headers = header ? curl_slist_append(NULL, header) : NULL;
	CURLcode code;

	if (!c)
		fail("libcurl cannot begin");
	curl_easy_setopt(c, CURLOPT_URL, url);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(c, CURLOPT_USERAGENT, "fakejail");
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 1L);
	curl_easy_setopt(c, CURLOPT_MAXREDIRS, 10L);
#if LIBCURL_VERSION_NUM >= 0x075500
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
#else
	curl_easy_setopt(c, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, 30L);
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, PATIENCE);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, a);
	curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(c, CURLOPT_HEADERDATA, a);
	if (getenv("SSL_CERT_FILE"))
		curl_easy_setopt(c, CURLOPT_CAINFO, getenv("SSL_CERT_FILE"));
	if (!registry_verify) {
		curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 0L);
		curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 0L);
	}
	/* libcurl does not hand these on when another host is named by a redirection. */
	if (!is_token && r->token) {
		curl_easy_setopt(c, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
		curl_easy_setopt(c, CURLOPT_XOAUTH2_BEARER, r->token);
	} else if (r->user && (is_token || r->basic)) {
		curl_easy_setopt(c, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
		curl_easy_setopt(c, CURLOPT_USERNAME, r->user);
		curl_easy_setopt(c, CURLOPT_PASSWORD, r->password);
	}
	if (a->file && a->have)
		curl_easy_setopt(c, CURLOPT_RESUME_FROM_LARGE, (curl_off_t)a->have);
	code = curl_easy_perform(c);
	curl_slist_free_all(headers);
	curl_easy_cleanup(c);
	return code;
}

/* The value of NAME="..." in a challenge; to be freed. */
static char *parameter(const char *challenge, const char *name)
{
	char *key = print("%s=\"", name), *value = NULL;
	const char *at = strcasestr(challenge, key);

	if (at) {
		at += strlen(key);
		value = print("%.*s", (int)strcspn(at, "\""), at);
	}
	free(key);
	return value;
}

static char *escaped(const char *text)
{
	char *e = curl_easy_escape(NULL, text, 0), *copy = copy_of(e ? e : "");

	curl_free(e);
	return copy;
}

/* Answer the challenge. False when that has been done before, or cannot be. */
static bool authenticate(struct registry *r, const char *challenge)
{
	struct answer a = {.limit = 1 << 20};
	char *realm = parameter(challenge, "realm"), *service = parameter(challenge, "service"),
	     *url, *scope;
	const char *token;
	json_t *j;

	challenge += strspn(challenge, " ");
	if (!strncasecmp(challenge, "basic", 5)) {
		if (!r->user || r->basic)
			return false;
		r->basic = true;
		return true;
	}
	if (strncasecmp(challenge, "bearer", 6) != 0 || !realm || r->token)
		return false;
	scope = print("repository:%s:pull", r->name);
	url = print("%s%sservice=%s&scope=%s", realm, strchr(realm, '?') ? "&" : "?",
		escaped(service ? service : ""), escaped(scope));
	if (request(r, url, NULL, &a, true) != CURLE_OK || a.status != 200 || !a.text.at)
		return false;
	j = json_of_text(a.text.at, a.text.size, "the registry's token");
	token = json_text(j, "token") ? json_text(j, "token") : json_text(j, "access_token");
	if (token)
		r->token = copy_of(token);
	json_decref(j);
	return token != NULL;
}

static void pause_for(unsigned try, long wanted)
{
	const long longest = 30;
	struct timespec t = {.tv_sec = wanted > 0 && wanted < longest ? wanted : 0,
		.tv_nsec = 250000000L << (try > 1 ? 1 : try)};

	if (t.tv_nsec >= 1000000000L)
		t.tv_nsec = 999999999L;
	nanosleep(&t, NULL);
}

_Noreturn static void refused(const struct registry *r, const char *url, const struct answer *a)
{
	switch (a->status) {
	case 401:
	case 403:
		fail("%s: the registry wants a login for '%s' (status %ld)\nhint: docker login %s, "
		     "or $REGISTRY_AUTH_FILE",
			r->host, r->name, a->status, r->host);
	case 404:
		fail("%s: there is no image '%s' with '%s'", r->host, r->name, r->reference);
	case 429:
		fail("%s: the registry says that there are too many requests: try later", r->host);
	default:
		fail("%s: the registry answers %ld for %s", r->host, a->status, shown(url));
	}
}

/* Until there is an answer that more tries would not change. */
static void ask(struct registry *r, const char *url, const char *header, struct answer *a)
{
	CURLcode code = CURLE_OK;

	for (unsigned try = 0; try < TRIES; try++) {
		if (try)
			pause_for(try, a->wait);
		a->challenge[0] = 0;
		a->wait = 0;
		a->status = 0;
		if (!a->file)
			a->text.size = 0;
		code = request(r, url, header, a, false);
		if (a->status == 401 && authenticate(r, a->challenge)) {
			try = try ? try - 1 : 0;
			a->text.size = 0;
			code = request(r, url, header, a, false);
		}
		if (code == CURLE_OK && a->status == 200 && a->file && a->have < a->size)
			continue; /* it closed early, and said nothing of the length */
		if (code == CURLE_OK && a->status >= 200 && a->status < 300)
			return;
		if (code == CURLE_TOO_MANY_REDIRECTS)
			fail("%s: the registry redirects in circles: %s", r->host, shown(url));
		if (code == CURLE_WRITE_ERROR)
			fail("%s: the answer is longer than it should be, or cannot be written: %s",
				r->host, shown(url));
		if (code == CURLE_RANGE_ERROR || a->status == 416)
			fail("%s: the registry does not resume: %s", r->host, shown(url));
		if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE)
			fail("%s: %s\nhint: $SSL_CERT_FILE, or --tls-verify=false", r->host,
				curl_easy_strerror(code));
		if (code == CURLE_OK && a->status != 429 && a->status < 500)
			refused(r, url, a);
		/* A server for tests, or of one's own, without TLS. */
		if (!registry_verify && code == CURLE_SSL_CONNECT_ERROR &&
			!strncmp(url, "https:", 6)) {
			r->scheme = "http";
			url = print("http%s", url + 5);
		}
	}
	if (code != CURLE_OK)
		fail("%s: %s: %s", r->host, curl_easy_strerror(code), shown(url));
	refused(r, url, a);
}

void http_get_text(struct registry *r, const char *url, const char *header, struct text *text)
{
	struct answer a = {.limit = JSON_MAX};

	ask(r, url, header, &a);
	if (!a.text.size)
		fail("%s: an empty answer: %s", r->host, shown(url));
	*text = a.text;
}

void http_get_file(
	struct registry *r, const char *url, const char *path, const char *digest, int64_t size)
{
	struct sha256 sum;
	struct answer a = {.file = fopen(path, "we"), .size = size, .sum = &sum};
	char found[DIGEST_MAX];

	if (!a.file)
		fail("cannot write '%s': %s", path, strerror(errno));
	sha256_begin(&sum);
	ask(r, url, NULL, &a);
	if (fclose(a.file))
		fail("cannot write '%s': %s", path, strerror(errno));
	if (a.have != size)
		fail("%s: %s has %lld bytes, and should have %lld", r->host, digest,
			(long long)a.have, (long long)size);
	sha256_end(&sum, found);
	if (strcmp(found, digest) != 0)
		fail("%s: the registry's answer for %s is %s", r->host, digest, found);
}
