/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * races.h - what the parts of the program races share: threads at once, and how they say what they saw. */
#ifndef RACES_H
#define RACES_H

#include <stdbool.h>

#define THREADS 4
#define ROUNDS 2000

/* Print a line, and count it when it is not good. */
void check(const char *what, bool is_good);
/* Run `work` in so many threads, with 0, 1, ... */
void at_once(void *(*work)(void *));
/* Called by the threads: a copy was taken for good; was it whole? */
void count(bool is_whole);
/* check() that some were taken and all were whole, and begin anew. */
void check_copies(const char *what);

/* races_records.c: the file of owner records, and those of other roots. */
void check_records(void);
/* races_records.c: what is kept of the actions of SIGSEGV and SIGBUS. */
void check_actions(void);

#endif
