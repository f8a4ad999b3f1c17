/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * parent.h - a parent process that stays while the program runs: parent.c. For launch/. */
#ifndef FJ_PARENT_H
#define FJ_PARENT_H

#include <stdbool.h>

struct fj_parent {
	bool kills; /* at the end, kill what the program has left behind */
	bool dies;  /* and end everything when the process `starter` ends */
	long starter;
	int stop; /* the signal that the program gets instead of SIGTERM; 0: SIGTERM */
	/* A command to run at the end, with its host path; NULL: none. */
	char **afterwards, **envp;
	/* Called before the parent itself ends, with the descriptors from `kept` to `kept_last`
	 * still open; or NULL. */
	void (*leave)(void);
	int kept, kept_last;
};

/* Forks. Returns in the child, which will become the program, with the caller's signal mask and
 * actions. The parent ends as the child does: with its status, or by the same signal. Exits with
 * 125 and a message when the fork fails. `wish` is used as long as the parent lives. */
void fj_parent_stay(const struct fj_parent *wish);

/* Like fj_parent_stay(), but the child calls `run` with `data`, on a stack of its own, in the parent's
 * memory until its exec: nothing is copied. The parent meanwhile reads `wish` and what `leave` reads, which
 * the child must not change. `run` must not return. Call it only while there is no engine in this process:
 * an engine would not notice the fork. Do not call it with `afterwards`, which forks. */
_Noreturn void fj_parent_share(const struct fj_parent *wish, void (*run)(void *data), void *data);

#endif
