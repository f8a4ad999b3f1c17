/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * request.c - makes one HTTP request by libcurl, with redirections. Called by http.c. */
#include "request.h"

#include <strings.h>

long http_patience(void)
{
	const char *text = getenv("FAKEJAIL_HTTP_TIMEOUT");
	const long n = text ? strtol(text, NULL, 10) : 0;

	return n > 0 && n < 86400 ? n : 30;
}

static size_t trouble(struct answer *a, enum trouble which)
{
	a->why = errno;
	a->trouble = which;
	return 0;
}

static size_t take_body(char *data, size_t one, size_t count, void *of)
{
	struct answer *a = of;
	const size_t n = one * count;

	if (a->status >= 300 || a->status < 200)
		return n;
	if (a->fd >= 0) {
		if (a->encoding[0])
			return trouble(a, ENCODED);
		if ((int64_t)n > a->size - a->have)
			return trouble(a, TOO_LONG);
		if (!write_all(a->fd, data, n))
			return trouble(a, NOT_WRITTEN);
		sha256_add(&a->sum, data, n);
		a->have += (int64_t)n;
		if (a->arrived)
			*a->arrived = a->have;
		return n;
	}
	if (a->text.size + n > a->limit)
		return trouble(a, TOO_LONG);
	a->text.at = grow(a->text.at, a->text.size + n + 1);
	memcpy(a->text.at + a->text.size, data, n);
	a->text.size += n;
	a->text.at[a->text.size] = 0;
	return n;
}

/* The value of the header `name`, which ends in ':', when the line is that; without blanks. */
static bool header_value(const char *line, size_t n, const char *name, char *to, size_t room)
{
	const size_t skip = strlen(name);

	if (n <= skip || strncasecmp(line, name, skip) != 0)
		return false;
	for (line += skip, n -= skip; n && strchr(" \t", *line); n--)
		line++;
	while (n && strchr(" \t\r\n", line[n - 1]))
		n--;
	snprintf(to, room, "%.*s", (int)n, line);
	return true;
}

static size_t take_header(char *data, size_t one, size_t count, void *of)
{
	struct answer *a = of;
	const size_t n = one * count;
	char text[sizeof(a->challenge)];

	if (n > 9 && !strncmp(data, "HTTP/", 5)) {
		const char *space = memchr(data, ' ', n);

		a->status = space ? strtol(space, NULL, 10) : 0;
		/* The headers that follow belong to another answer. */
		a->challenge[0] = a->encoding[0] = 0;
	}
	if (header_value(data, n, "www-authenticate:", text, sizeof(text)) &&
		/* If there are several challenges, the one that we can answer. */
		(!a->challenge[0] || !strncasecmp(text, "bearer", 6)))
		strcpy(a->challenge, text);
	if (header_value(data, n, "content-encoding:", a->encoding, sizeof(a->encoding)) &&
		!strcasecmp(a->encoding, "identity"))
		a->encoding[0] = 0;
	return n;
}

/* SCHEME://HOST:PORT of a URL. */
static char *origin_of(const char *url)
{
	const char *host = strstr(url, "://");
	const size_t start = host ? (size_t)(host - url) + 3 : 0;

	return print("%.*s", (int)(start + strcspn(url + start, "/?#")), url);
}

static void set_security(CURL *c, bool is_tls)
{
	const char *file = getenv("SSL_CERT_FILE"), *dir = getenv("SSL_CERT_DIR");
	/* Nobody on the way may turn us away from TLS. */
	const bool only_tls = is_tls && registry_verify;

#if LIBCURL_VERSION_NUM >= 0x075500
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(c, CURLOPT_REDIR_PROTOCOLS_STR, only_tls ? "https" : "http,https");
#else
	curl_easy_setopt(c, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
	curl_easy_setopt(c, CURLOPT_REDIR_PROTOCOLS,
		(long)(CURLPROTO_HTTPS | (only_tls ? 0 : CURLPROTO_HTTP)));
#endif
	if (file && *file)
		curl_easy_setopt(c, CURLOPT_CAINFO, file);
	if (dir && *dir)
		curl_easy_setopt(c, CURLOPT_CAPATH, dir);
	if (!registry_verify) {
		curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 0L);
		curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 0L);
	}
}

/* libcurl does not pass these on when a redirection names another host. */
static void set_login(CURL *c, const struct registry *r, bool is_token)
{
	if (!is_token && r->token) {
		curl_easy_setopt(c, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
		curl_easy_setopt(c, CURLOPT_XOAUTH2_BEARER, r->token);
	} else if (r->user && r->password && (is_token || r->basic)) {
		curl_easy_setopt(c, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
		curl_easy_setopt(c, CURLOPT_USERNAME, r->user);
		curl_easy_setopt(c, CURLOPT_PASSWORD, r->password);
	}
}

static void set_manners(CURL *c, struct answer *a, const char *url)
{
	curl_easy_setopt(c, CURLOPT_USERAGENT, "fakejail");
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 1L);
	curl_easy_setopt(c, CURLOPT_MAXREDIRS, 10L);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, http_patience());
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, 10L);
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, http_patience());
	if (a->fd < 0) {
		/* A manifest that comes very slowly must end, too. */
		curl_easy_setopt(c, CURLOPT_TIMEOUT, 10 * http_patience());
		curl_easy_setopt(c, CURLOPT_ACCEPT_ENCODING, "");
	}
	/* No proxy knows this machine by its loopback address. */
	if (is_loopback(url + strcspn(url, "/") + 2))
		curl_easy_setopt(c, CURLOPT_PROXY, "");
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, a->error);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, a);
	curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(c, CURLOPT_HEADERDATA, a);
}

CURLcode http_request(const struct registry *r, const char *url, const char *header,
	const char *form, struct answer *a, bool is_token)
{
	CURL *c = curl_easy_init();
	struct curl_slist *headers = header ? curl_slist_append(NULL, header) : NULL;
	char *asked = origin_of(url), *end = NULL;
	CURLcode code;

	if (!c)
		fail("libcurl cannot begin");
	a->status = 0;
	a->wait = 0;
	a->error[0] = a->challenge[0] = a->encoding[0] = 0;
	a->trouble = NO_TROUBLE;
	if (a->fd < 0)
		a->text.size = 0;
	curl_easy_setopt(c, CURLOPT_URL, url);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
	set_manners(c, a, url);
	set_security(c, !strncmp(url, "https:", 6));
	set_login(c, r, is_token);
	if (form)
		curl_easy_setopt(c, CURLOPT_COPYPOSTFIELDS, form);
	if (a->fd >= 0 && a->have)
		curl_easy_setopt(c, CURLOPT_RESUME_FROM_LARGE, (curl_off_t)a->have);
	code = curl_easy_perform(c);
	curl_easy_getinfo(c, CURLINFO_RETRY_AFTER, &a->wait);
	curl_easy_getinfo(c, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &a->length);
	curl_easy_getinfo(c, CURLINFO_EFFECTIVE_URL, &end);
	free(a->where);
	a->where = origin_of(end ? end : url);
	/* The login is not for the server to which the registry has redirected us. */
	if (strcmp(a->where, asked) != 0)
		a->challenge[0] = 0;
	free(asked);
	curl_slist_free_all(headers);
	curl_easy_cleanup(c);
	if (!a->error[0])
		snprintf(a->error, sizeof(a->error), "%s", curl_easy_strerror(code));
	return code;
}
