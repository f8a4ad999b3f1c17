/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * login.c - answers a registry that returns 401: with user and password, or with a token that
 * another server gives for them (or to anybody). Called by http.c. */
#include "registry.h"

#include <strings.h>

/* The value of NAME=VALUE or NAME="VALUE" in a challenge; the caller frees it. */
static char *parameter(const char *challenge, const char *name)
{
	const size_t n = strlen(name);

	for (const char *at = challenge; (at = strcasestr(at, name)); at += n) {
		if (at[n] != '=' || (at > challenge && !strchr(" ,\t", at[-1])))
			continue;
		at += n + 1;
		if (*at == '"')
			return print("%.*s", (int)strcspn(at + 1, "\""), at + 1);
		return print("%.*s", (int)strcspn(at, ", \t"), at);
	}
	return NULL;
}

/* What a token server is asked for, as a query or a form. */
static char *token_query(const struct registry *r, const char *service)
{
	char *scope = print("repository:%s:pull", r->name), *for_scope = http_escaped(scope),
	     *for_service = http_escaped(service ? service : ""),
	     *query = print("service=%s&scope=%s", for_service, for_scope);

	free(scope);
	free(for_scope);
	free(for_service);
	return query;
}

static void get_token(struct registry *r, const char *realm, const char *service)
{
	char *query = token_query(r, service), *url, *form = NULL;
	struct text text = {0};
	const char *token;
	json_t *j;

	if (r->identity) {
		char *identity = http_escaped(r->identity);

		form = print("grant_type=refresh_token&client_id=fakejail&refresh_token=%s&%s",
			identity, query);
		url = copy_of(realm);
		free(identity);
	} else {
		url = print("%s%s%s", realm, strchr(realm, '?') ? "&" : "?", query);
	}
	http_get_text(r, url, NULL, form, &text);
	free(url);
	url = print("%s: the token of %s", r->host, realm);
	j = json_of_text(text.at, text.size, url);
	token = json_text(j, "token") ? json_text(j, "token") : json_text(j, "access_token");
	/* The token becomes a part of a header line. */
	if (!token || !*token || strpbrk(token, "\r\n"))
		fail("%s: there is no token in the answer of %s", r->host, shown(realm));
	free(r->token);
	r->token = copy_of(token);
	json_decref(j);
	free(text.at);
	free(query);
	free(url);
	free(form);
}

bool registry_login(struct registry *r, const char *challenge)
{
	const char *bearer = strcasestr(challenge, "bearer ");
	char *realm, *service;

	if (!bearer) {
		if (strncasecmp(challenge, "basic", 5) != 0 || !r->user || !r->password || r->basic)
			return false;
		r->basic = true;
		return true;
	}
	realm = parameter(bearer, "realm");
	service = parameter(bearer, "service");
	if (!realm)
		return false;
	if (strncasecmp(realm, "https://", 8) != 0 && strncasecmp(realm, "http://", 7) != 0)
		fail("%s: the registry wants a token from '%s', which is no address", r->host,
			shown(realm));
	/* After a challenge by TLS no password is sent in plain text. */
	if (!strcmp(r->scheme, "https") && registry_verify && strncasecmp(realm, "https:", 6) != 0)
		fail("%s: the registry wants a token from '%s', without TLS: no login is sent "
		     "there",
			r->host, shown(realm));
	get_token(r, realm, service);
	free(realm);
	free(service);
	return true;
}
