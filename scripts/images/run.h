/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * run.h - what run_options.c reads from a command line and run.c uses. */
#ifndef FJ_IMAGES_RUN_H
#define FJ_IMAGES_RUN_H

#include "images.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

struct words {
	char **at; /* ended by NULL */
	size_t count;
};
void add_word(struct words *w, const char *word);

struct run {
	const char *image, *workdir, *user, *entrypoint, *keep, *stop; /* NULL: not given */
	bool terminal;
	struct words env;  /* NAME=VALUE */
	struct words pass; /* passed to the launcher unchanged */
	struct words command;
};

/* Reads docker's spellings and ours. If something is not possible, ends the program with one line
 * that says what a jail does. */
void run_options(struct run *r, int argc, char **argv);

/* ---- accounts.c ---- */

/* Adds the launcher's words for "USER", "UID" or "USER:GROUP". As in docker, a number without an
 * account has the group 0, and with a group named the user has no other. */
void account_words(struct words *out, const char *tree, const char *user);
/* The home directory of `user`, or of root, from the image's passwd. The caller frees it. */
char *account_home(const char *tree, const char *user);
/* "SIGQUIT", "quit", "3", "RTMIN+3": the signal; 0 when it is none. */
int signal_number(const char *text);

#endif
