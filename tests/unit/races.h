/* SPDX-FileCopyrightText: The fakejail authors SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * races.h - what the parts of the program races share: threads, and checks of what they have
 * read. */
#ifndef RACES_H
#define RACES_H

#include <stdbool.h>

#define THREADS 4
#define ROUNDS 2000

/* Prints a line, and counts a failure if it is not good. */
void check(const char *what, bool is_good);
/* Runs `work` in THREADS threads at once, with the arguments 0, 1, ... */
void at_once(void *(*work)(void *));
/* Threads call it for each copy that they have accepted: is it whole? */
void count(bool is_whole);
/* Checks that there were copies and all were whole, and starts to count again. */
void check_copies(const char *what);

/* races_records.c: the file of owner records, and those of other roots. */
void check_records(void);
/* races_records.c: the stored actions of SIGSEGV and SIGBUS. */
void check_actions(void);
/* races_records.c: the names of the machine. */
void check_machine(void);

#endif
