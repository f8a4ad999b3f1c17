/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * request.h - one HTTP request and its answer. For request.c and http.c. */
#ifndef FJ_IMAGES_REQUEST_H
#define FJ_IMAGES_REQUEST_H

#include "registry.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum trouble { NO_TROUBLE, TOO_LONG, NOT_WRITTEN, ENCODED };

struct answer {
	struct text text;
	size_t limit; /* of `text` */
	int fd;	      /* of the file; -1: the text is wanted */
	struct sha256 sum;
	int64_t have, size;
	volatile int64_t *arrived;
	enum trouble trouble;
	int why;	   /* errno of NOT_WRITTEN */
	unsigned restarts; /* of the file, if the server does not resume */
	char challenge[2048];
	char encoding[40];
	long status;
	curl_off_t length; /* the length that the last answer gives; -1: none */
	curl_off_t wait;   /* Retry-After */
	char *where;	   /* the host that has answered, after redirections */
	char error[CURL_ERROR_SIZE];
};

/* After so many seconds without data a server counts as silent. */
long http_patience(void);
/* Makes one request. Returns curl's result; the server's is in the answer. */
CURLcode http_request(const struct registry *r, const char *url, const char *header,
	const char *form, struct answer *a, bool is_token);

#endif
