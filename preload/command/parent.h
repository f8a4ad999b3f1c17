/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * parent.h - a parent that stays while the program runs. See parent.c. */
#ifndef FJ_PARENT_H
#define FJ_PARENT_H

#include <stdbool.h>

struct fj_parent {
	bool kills; /* at the end, what the program has left behind */
	bool dies;  /* and everything ends when the process `starter` does */
	long starter;
	int stop; /* the signal that the program gets for SIGTERM; 0: SIGTERM */
	/* A command to run at the end, by its host path; NULL: none. */
	char **afterwards, **envp;
	/* Called before it ends itself, with the descriptors from `kept` to `kept_last` still open;
	 * or NULL. */
	void (*leave)(void);
	int kept, kept_last;
};

/* Fork. Returns in the child, which is to become the program, with the signal mask and actions that
 * the caller had. The parent ends as the child does: with its status, or by the same signal. Ends
 * with 125 and a message when there can be no child. `wish` is used as long as the parent lives.
 */
void fj_parent_stay(const struct fj_parent *wish);

#endif
