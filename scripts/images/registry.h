/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * registry.h - what registry.c, http.c, login.c, layers.c, progress.c and credentials.c share: a
 * registry, and what is known of it. */
#ifndef FJ_IMAGES_REGISTRY_H
#define FJ_IMAGES_REGISTRY_H

#include "images.h"

struct registry {
	const char *scheme, *server; /* where it is asked */
	bool may_be_plain;	     /* with TLS or without, as it turns out */
	bool is_settled;	     /* it has turned out */
	char *host, *name;	     /* as the user names it */
	char *reference;	     /* a tag or a digest */
	char *user, *password;	     /* NULL: nobody in particular */
	char *identity;		     /* in place of a password: what a token is given for */
	char *token;		     /* of the bearer, once there is one */
	bool basic;		     /* it wants user and password */
	volatile int64_t *arrived;   /* how much of a blob has come; may be NULL */
};

struct text {
	char *at;
	size_t size;
};

/* ---- http.c ---- */

/* The answer in memory, no larger than a manifest may be. `path` is the registry's own, or the URL
 * of a token, for which there are other credentials; `form` is sent when it is not NULL. Ends the
 * program when there is no answer. */
void http_get_text(struct registry *r, const char *path, const char *header, const char *form,
	struct text *text);
/* The blob of `size` bytes in `to`, resumed when the server breaks off, and found to be `digest`.
 */
void http_get_file(
	struct registry *r, const char *path, const char *to, const char *digest, int64_t size);
/* The name as a part of a URL; to be freed. */
char *http_escaped(const char *text);

/* ---- login.c ---- */

/* Answer the challenge of a 401. False when there is no answer to it. */
bool registry_login(struct registry *r, const char *challenge);

/* ---- credentials.c ---- */

/* User and password for the registry, from docker's configuration or $REGISTRY_AUTH_FILE. */
void registry_credentials(struct registry *r);
/* Is it this machine's own address, which nobody listens to on the way? */
bool is_loopback(const char *host);

/* ---- layers.c ---- */

/* A blob into the layout `to`: the store's own, when it is there and whole. Returns whether it had
 * to be fetched. */
bool registry_get_blob(struct registry *r, const char *to, const char *digest, int64_t size);
/* All layers, several at once. */
void registry_get_layers(struct registry *r, const struct image *i, const char *to);

/* ---- progress.c ---- */

/* One blob of several that come at the same time. */
struct coming {
	const char *digest;
	int64_t size;
	volatile int64_t have;
	enum { COMING_LATER, COMING, HAS_COME, WAS_THERE } state;
};
/* Should there be bars? */
bool progress_has_bars(void);
/* Show all, in place of what was shown before. */
void progress_draw(const struct coming *list, size_t count);
/* A line for one that has come. */
void progress_line(const struct coming *one);

#endif
