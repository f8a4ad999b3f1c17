/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * unions.h - what the files of this program have of each other. */
#ifndef UNIONS_H
#define UNIONS_H

/* Print all that can be seen in `dir` and below it; how many links a file has only with
 * `shows_links`. */
void show(const char *dir, int shows_links);

/* A number below `n`, by the seed. */
unsigned pick(unsigned n);
extern const char *const words[4];
const char *word(void);
/* What a call returned: "ok" or the errno. */
void say(const char *what, long r);
/* One more call, or some, with these names. */
void more_calls(const char *p, const char *q);

#endif
