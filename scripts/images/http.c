/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * http.c - asks a registry until there is an answer: repeats, pauses, resumes, and prints a message
 * when there is none. Logins are in login.c, requests in request.c. Called by registry.c and
 * layers.c. */
#include "request.h"

#include <time.h>

#define TRIES 5
/* If so much of a blob has come, a failed try does not count. */
#define WORTH_A_TRY (1 << 20)

char *http_escaped(const char *text)
{
	char *e = curl_easy_escape(NULL, text, 0), *copy = copy_of(e ? e : "");

	curl_free(e);
	return copy;
}

static void pause_for(unsigned try, long wanted)
{
	const long most = http_patience() * 100, step = 250L << (try < 5 ? try - 1 : 4),
		   ms = wanted > 0  ? wanted * 1000 :
			step < most ? step :
				      most;
	const struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	nanosleep(&t, NULL);
}

/* The registry has answered, but not with what was asked for. */
_Noreturn static void refused(const struct registry *r, const char *path, const struct answer *a)
{
	const char *where = strstr(a->where, "://") + 3;
	char *asked = print("%s://%s", r->scheme, r->server);
	const bool is_registry = !strcmp(a->where, asked);

	if (is_registry && (a->status == 401 || a->status == 403)) {
		if (r->user)
			fail("%s: the registry does not let '%s' have '%s' (status %ld)\nhint: "
			     "docker login %s, or $REGISTRY_AUTH_FILE",
				r->host, shown(r->user), r->name, a->status, r->host);
		fail("%s: the registry wants a login for '%s' (status %ld)\nhint: docker login %s, "
		     "or $REGISTRY_AUTH_FILE",
			r->host, r->name, a->status, r->host);
	}
	if (a->status == 401 && *path != '/' && r->user)
		fail("%s: %s, where the registry has its tokens from, does not know '%s' with this "
		     "password",
			r->host, shown(where), shown(r->user));
	if (a->status == 401 && *path != '/')
		fail("%s: %s, where the registry has its tokens from, wants a login (status "
		     "401)\nhint: docker login %s, or $REGISTRY_AUTH_FILE",
			r->host, shown(where), r->host);
	if (is_registry && a->status == 404 && a->fd >= 0)
		fail("%s: the registry has '%s' without its part %s", r->host, r->name,
			shown(strrchr(path, '/') + 1));
	if (is_registry && a->status == 404)
		fail("%s: there is no image '%s' with '%s'", r->host, r->name, r->reference);
	if (a->status == 429 && a->wait > 0)
		fail("%s: the registry says that there are too many requests: try again in %lld "
		     "seconds",
			r->host, (long long)a->wait);
	if (a->status == 429)
		fail("%s: the registry says that there are too many requests: try later", r->host);
	fail("%s: %s answers %ld for %s", r->host, is_registry ? "the registry" : shown(where),
		a->status, shown(path));
}

/* Errors that further tries would not change. */
static void give_up_on(
	const struct registry *r, const char *path, const struct answer *a, CURLcode code)
{
	const char *what = shown(path);

	switch (a->trouble) {
	case TOO_LONG:
		fail("%s: the answer is longer than it should be (%lld bytes): %s", r->host,
			a->fd >= 0 ? (long long)a->size : (long long)a->limit, what);
	case NOT_WRITTEN:
		fail("%s: cannot write to the store: %s", strrchr(path, '/') + 1, strerror(a->why));
	case ENCODED:
		fail("%s: the answer is compressed with %s, which nobody has asked for: %s",
			r->host, shown(a->encoding), what);
	case NO_TROUBLE:
		break;
	}
	switch (code) {
	case CURLE_TOO_MANY_REDIRECTS:
		fail("%s: the registry redirects in circles: %s", r->host, what);
	case CURLE_UNSUPPORTED_PROTOCOL:
		if (a->status >= 300 && a->status < 400)
			fail("%s: the registry redirects to where we do not follow: %s", r->host,
				shown(a->error));
		break;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
		fail("%s: %s\nhint: $SSL_CERT_FILE, or --tls-verify=false", r->host,
			shown(a->error));
	case CURLE_BAD_CONTENT_ENCODING:
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_URL_MALFORMAT:
		fail("%s: %s", r->host, shown(a->error));
	default:
		break;
	}
	if (code == CURLE_OK && a->status != 416 && a->status != 429 && a->status < 500)
		refused(r, path, a);
	if (code == CURLE_OK && a->wait > 2 * http_patience())
		refused(r, path, a);
}

/* Does the server use the other protocol? Then it is used from now on. Tried once. */
static bool change_protocol(struct registry *r, const struct answer *a, CURLcode code)
{
	const bool is_tls = !strcmp(r->scheme, "https"),
		   other = is_tls ? code == CURLE_SSL_CONNECT_ERROR ||
					    code == CURLE_COULDNT_CONNECT :
				    code == CURLE_GOT_NOTHING || code == CURLE_RECV_ERROR ||
					    code == CURLE_UNSUPPORTED_PROTOCOL || a->status == 400;
	static bool was_changed;

	if (!r->may_be_plain || r->is_settled)
		return false;
	r->is_settled = !other || was_changed;
	if (other)
		r->scheme = is_tls ? "http" : "https";
	was_changed = true;
	return other;
}

static void start_again(struct answer *a)
{
	a->have = 0;
	a->restarts++;
	sha256_begin(&a->sum);
	if (lseek(a->fd, 0, SEEK_SET) || ftruncate(a->fd, 0))
		fail("cannot write to the store: %s", strerror(errno));
}

/* Repeats the request until there is an answer, or an error that further tries would not change. */
static void ask(struct registry *r, const char *path, const char *header, const char *form,
	struct answer *a)
{
	const bool is_token = *path != '/';
	bool has_tried_login = is_token;
	int64_t most = 0; /* the most bytes that have come in one try */
	CURLcode code = CURLE_OK;

	for (unsigned try = 0; try < TRIES; try++) {
		char *url;

		if (try)
			pause_for(try, a->wait);
again:
		url = is_token ? copy_of(path) : print("%s://%s%s", r->scheme, r->server, path);
		code = http_request(r, url, header, form, a, is_token);
		free(url);
		if (!is_token && change_protocol(r, a, code))
			goto again;
		if (code == CURLE_OK && a->status == 401 && !has_tried_login) {
			has_tried_login = true;
			if (registry_login(r, a->challenge))
				goto again;
		}
		if (code == CURLE_OK && a->status >= 200 && a->status < 300 &&
			(a->fd < 0 || a->have == a->size))
			return;
		if (code == CURLE_OK && a->status >= 200 && a->status < 300) {
			if (a->length >= 0)
				fail("%s: %s has %lld bytes there, and should have %lld", r->host,
					strrchr(path, '/') + 1, (long long)a->have,
					(long long)a->size);
			code = CURLE_PARTIAL_FILE; /* the server closed the connection without an
						      answer */
			snprintf(a->error, sizeof(a->error), "it was closed");
		}
		if (a->fd >= 0 && a->have && a->restarts < TRIES &&
			(code == CURLE_RANGE_ERROR || a->status == 416))
			start_again(a);
		else
			give_up_on(r, path, a, code);
		if (a->have - most >= WORTH_A_TRY) {
			most = a->have;
			try = 0;
		}
		if (code == CURLE_OPERATION_TIMEDOUT)
			try++; /* the wait was long enough */
	}
	if (code == CURLE_OK)
		refused(r, path, a);
	if (code == CURLE_OPERATION_TIMEDOUT)
		snprintf(a->error, sizeof(a->error), "nothing has come for %ld seconds",
			http_patience());
	if (a->fd >= 0 && a->have)
		fail("%s: %s breaks off after %lld of %lld bytes: %s", r->host,
			strrchr(path, '/') + 1, (long long)a->have, (long long)a->size,
			shown(a->error));
	fail("%s: %s: %s", r->host, shown(a->error), shown(path));
}

void http_get_text(struct registry *r, const char *path, const char *header, const char *form,
	struct text *text)
{
	struct answer a = {.limit = JSON_MAX, .fd = -1};

	ask(r, path, header, form, &a);
	free(a.where);
	if (!a.text.size)
		fail("%s: an empty answer: %s", r->host, shown(path));
	*text = a.text;
}

void http_get_file(
	struct registry *r, const char *path, const char *to, const char *digest, int64_t size)
{
	struct answer a = {.size = size, .arrived = r->arrived};
	char found[DIGEST_MAX];

	a.fd = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (a.fd < 0)
		fail("cannot write '%s': %s", to, strerror(errno));
	sha256_begin(&a.sum);
	ask(r, path, NULL, NULL, &a);
	free(a.where);
	if (fsync(a.fd) || close(a.fd))
		fail("cannot write '%s': %s", to, strerror(errno));
	sha256_end(&a.sum, found);
	if (strcmp(found, digest) != 0)
		fail("%s: the registry's answer for %s is %s", r->host, digest, found);
}
