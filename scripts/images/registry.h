/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * registry.h - what registry.c, http.c and credentials.c share: a registry, and what is known of
 * it. */
#ifndef FJ_IMAGES_REGISTRY_H
#define FJ_IMAGES_REGISTRY_H

#include "images.h"

struct registry {
	const char *scheme, *server; /* where it is asked */
	char *host, *name;	     /* as the user names it */
	char *reference;	     /* a tag or a digest */
	char *user, *password;	     /* NULL: nobody in particular */
	char *token;		     /* of the bearer, once there is one */
	bool basic;		     /* it wants user and password */
};

struct text {
	char *at;
	size_t size;
};

/* The answer in memory, no larger than a manifest may be. Ends the program when there is none. */
void http_get_text(struct registry *r, const char *url, const char *header, struct text *text);
/* The blob of `size` bytes in `path`, resumed when the server breaks off, and found to be `digest`.
 */
void http_get_file(
	struct registry *r, const char *url, const char *path, const char *digest, int64_t size);
/* User and password for the registry, from docker's configuration or $REGISTRY_AUTH_FILE. */
void registry_credentials(struct registry *r);

#endif
