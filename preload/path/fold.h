/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * fold.h - takes `..` out of absolute paths. For walk/walk.c and fast-path/fast.c. */
#ifndef FJ_FOLD_H
#define FJ_FOLD_H

#include <stdbool.h>

struct fj_str;
struct fj_thread;

/* Does the absolute path `jail_path` have a `..` before its last name? */
static inline bool fj_path_goes_up(const char *jail_path)
{
	for (const char *c = jail_path; *c; c++)
		if (c[0] == '/' && c[1] == '.' && c[2] == '.' && c[3] == '/')
			return true;
	return false;
}
/* Puts the absolute path `jail_path`, without each `..` that facts tell, into `folded`, which is empty and has
 * FJ_REST_SIZE bytes. It leads to the same file, if the kernel still has the directories before each `..`. With
 * `asks` the kernel is asked, once for each. Returns false if only a walk can tell. */
bool fj_path_fold(struct fj_thread *t, const char *jail_path, bool asks, struct fj_str *folded);

#endif
