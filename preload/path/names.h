/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * names.h - what the text of a path says by itself. Used by the rooms walk, fast-path and path. */
#ifndef FJ_PATH_NAMES_H
#define FJ_PATH_NAMES_H

#include "bytes/bytes.h"
#include "jail/hidden.h"

#include <linux/limits.h>
#include <stdbool.h>
#include <stddef.h>

#define FJ_REST_SIZE (2 * PATH_MAX) /* the text of a symlink and the path after it */

static inline bool fj_is_dots(const char *name, size_t len)
{
	return name[0] == '.' && (len == 1 || (len == 2 && name[1] == '.'));
}

static inline bool fj_is_hidden_name(const char *name, size_t len)
{
	return len == sizeof(FJ_HIDDEN_NAME) - 1 && !memcmp(name, FJ_HIDDEN_NAME, len);
}

/* The length of the directory part of `path`, without the slash after it. */
static inline size_t fj_dir_len(const char *path)
{
	size_t last = 0;

	for (size_t i = 0; path[i]; i++)
		if (path[i] == '/')
			last = i;
	return last;
}

#endif
