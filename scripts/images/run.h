/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * run.h - what run_options.c reads of a command line and run.c makes of it. */
#ifndef FJ_IMAGES_RUN_H
#define FJ_IMAGES_RUN_H

#include "images.h"

#include <signal.h>

struct words {
	char **at; /* ended by NULL */
	size_t count;
};
void add_word(struct words *w, const char *word);

struct run {
	const char *image, *workdir, *user, *entrypoint, *keep, *stop; /* NULL: not given */
	bool terminal;
	struct words env;  /* NAME=VALUE */
	struct words pass; /* for the launcher as they are */
	struct words command;
};

/* Read docker's and our own spellings. What cannot be ends the program with one line that says what
 * a jail does. */
void run_options(struct run *r, int argc, char **argv);

/* ---- accounts.c ---- */

/* Add the launcher's words for "USER", "UID", "USER:GROUP"; as in docker a number without an
 * account has the group 0, and who names a group has that alone. */
void account_words(struct words *out, const char *tree, const char *user);
/* The home directory of `user`, or of root, by the image's passwd. To be freed. */
char *account_home(const char *tree, const char *user);
/* "SIGQUIT", "quit", "3", "RTMIN+3": the signal; 0 when it is none. */
int signal_number(const char *text);

#endif
