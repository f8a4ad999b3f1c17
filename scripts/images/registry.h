/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * registry.h - what registry.c, http.c, login.c, layers.c, progress.c and credentials.c share: a
 * registry, and what is known of it. */
#ifndef FJ_IMAGES_REGISTRY_H
#define FJ_IMAGES_REGISTRY_H

#include "images.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct registry {
	const char *scheme, *server; /* where it is asked */
	bool may_be_plain;	     /* TLS is tried first, then without */
	bool is_settled;	     /* it is known whether it has TLS */
	char *host, *name;	     /* as the user names it */
	char *reference;	     /* a tag or a digest */
	char *user, *password;	     /* NULL: no login */
	char *identity;		     /* instead of a password: for this a token is given */
	char *token;		     /* the bearer token, once there is one */
	bool basic;		     /* the server wants user and password */
	volatile int64_t *arrived;   /* how much of a blob has come; may be NULL */
};

struct text {
	char *at;
	size_t size;
};

/* ---- http.c ---- */

/* Gets the answer into memory, no larger than a manifest may be. `path` is the registry's own, or
 * the URL of a token server, which gets the user and the password. `header` and `form` are sent
 * unless they are NULL. Ends the program when there is no answer, or an empty one. */
void http_get_text(struct registry *r, const char *path, const char *header, const char *form,
	struct text *text);
/* Gets the blob of `size` bytes into `to`, resumes when the server breaks off, and checks that it
 * is `digest`. */
void http_get_file(
	struct registry *r, const char *path, const char *to, const char *digest, int64_t size);
/* The name as a part of a URL; the caller frees it. */
char *http_escaped(const char *text);

/* ---- login.c ---- */

/* Answers the challenge of a 401. Returns false when it cannot. */
bool registry_login(struct registry *r, const char *challenge);

/* ---- credentials.c ---- */

/* Finds user and password for the registry, in docker's configuration or $REGISTRY_AUTH_FILE. */
void registry_credentials(struct registry *r);
/* Is it an address of this machine itself? (registry.c) */
bool is_loopback(const char *host);

/* ---- layers.c ---- */

/* Gets a blob into the layout `to`: from the store, if it is there and undamaged. Returns whether
 * it was fetched. */
bool registry_get_blob(struct registry *r, const char *to, const char *digest, int64_t size);
/* Gets all layers, several at once. */
void registry_get_layers(struct registry *r, const struct image *i, const char *to);

/* ---- progress.c ---- */

/* One of several blobs that are fetched at the same time. */
struct coming {
	const char *digest;
	int64_t size;
	volatile int64_t have;
	enum { COMING_LATER, COMING, HAS_COME, WAS_THERE } state;
};
/* Should bars be shown? */
bool progress_has_bars(void);
/* Shows all, in place of what was shown before. */
void progress_draw(const struct coming *list, size_t count);
/* Prints a line for one that is complete. */
void progress_line(const struct coming *one);

#endif
