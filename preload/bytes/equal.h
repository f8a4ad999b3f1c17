/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * equal.h - compares strings. For all rooms. */
#ifndef FJ_EQUAL_H
#define FJ_EQUAL_H

#include <stdbool.h>
#include <stddef.h>

/* Are the two strings equal? */
bool fj_streq(const char *a, const char *b);
/* Are the `n` bytes at `s`, which need no NUL, those of the string `text`? */
bool fj_is_text(const char *s, size_t n, const char *text);
/* Does `s` begin with the string `with`? */
bool fj_begins(const char *s, const char *with);
/* Returns what follows `with` in `s`, or NULL if `s` does not begin with `with`. */
const char *fj_after(const char *s, const char *with);
/* Is `s` equal to, or a path below, `dir` ("" is the root: everything is below it)? */
bool fj_path_has_prefix(const char *s, const char *dir);

#endif
