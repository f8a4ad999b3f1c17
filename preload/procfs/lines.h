/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * lines.h - reads a file of procfs line by line. For the files of this room. */
#ifndef FJ_LINES_H
#define FJ_LINES_H

#include <stddef.h>

struct fj_thread;

/* A file that is being read. */
struct fj_lines {
	int fd;
	char *at;
	size_t have, used;
};
/* Returns the descriptor, which fj_lines_close() closes, or -errno. */
long fj_lines_open(struct fj_lines *l, struct fj_thread *t, int dirfd, const char *name);
/* The next line, without its newline; NULL at the end. */
char *fj_lines_next(struct fj_lines *l, size_t *len);
void fj_lines_close(const struct fj_lines *l);

#endif
