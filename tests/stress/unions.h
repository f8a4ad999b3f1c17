/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * unions.h - what unions.c calls of unions_show.c. */
#ifndef UNIONS_H
#define UNIONS_H

/* Print all that can be seen in `dir` and below it; how many links a file has only with
 * `shows_links`. */
void show(const char *dir, int shows_links);

#endif
