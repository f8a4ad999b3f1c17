/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * follow.h - descriptors of a lower file follow its copy. Called by the rooms walk and union. */
#ifndef FJ_LAYERS_FOLLOW_H
#define FJ_LAYERS_FOLLOW_H

#include <stdbool.h>

struct fj_place;
struct fj_thread;

/* A regular file was copied up. */
struct fj_followed {
	int src, dst;	  /* the engine's descriptors of the lower file and of the copy */
	int dirfd;	  /* the directory of the copy, */
	const char *name; /* and its name there */
};
/* The program's descriptors of the lower file that are open for reading, or O_PATH, become descriptors of the copy, where
 * that cannot be wrong: union_follow.c. All signals are blocked meanwhile. */
void fj_union_follow(struct fj_thread *t, const struct fj_followed *copy);

/* Replace descriptor `fd` by one of the file at `place`, if it is none yet. It keeps its number, its flags and its file
 * offset. Returns 0 or -errno. */
long fj_union_replace_fd(int fd, const struct fj_place *place);
bool fj_is_fifo(int fd);

#endif
