/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * records.h - what the files of a tree pretend, and the same for those of its copy: for copy.c. */
#ifndef FJ_IMAGES_RECORDS_H
#define FJ_IMAGES_RECORDS_H

#include <stdbool.h>
#include <stdint.h>

struct statx;
struct looked { /* what statx(2) said of `name` in `dir` ("": itself) */
	const struct statx *x;
	int dir;
	const char *name;
};

/* The number in the name of the file of records of a tree that may not be written. */
uint64_t records_hash(const char *root);
/* Make the empty `fd` a file of records. */
bool records_create(int fd);
/* Work with the copy's file `fd` and the tree's, `host_owners` (-1: it has none), called `name`.
 * Once in a process. `root`: the copy's. */
void records_start(int fd, int host_owners, const char *name, int root);
/* Does the tree's file show anything that its copy would not show without a record? */
bool records_pretend(const struct looked *from);
/* Make the copy show it. */
void records_copy(const struct looked *from, const struct looked *to);
/* The disk's mode of a copy: the same, but what is somebody else's becomes the user's own. */
unsigned records_disk_mode(const struct statx *x);

#endif
