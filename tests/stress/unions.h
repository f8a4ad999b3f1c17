/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * unions.h - the functions that the files of the program unions share. */
#ifndef UNIONS_H
#define UNIONS_H

/* Prints everything that can be seen in `dir` and below it. Prints the numbers of links only if
 * `shows_links` is not 0. */
void show(const char *dir, int shows_links);

/* A random number below `n`. */
unsigned pick(unsigned n);
extern const char *const words[4];
const char *word(void);
/* Prints the result of a call: "ok" or the errno. */
void say(const char *what, long r);
/* Makes one or more other calls with these names. */
void more_calls(const char *p, const char *q);

#endif
