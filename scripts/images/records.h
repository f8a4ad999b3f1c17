/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * records.h - what the files of a tree pretend, and how to make those of its copy do the same. For
 * copy.c. */
#ifndef FJ_IMAGES_RECORDS_H
#define FJ_IMAGES_RECORDS_H

#include <stdbool.h>
#include <stdint.h>

struct statx;
struct looked { /* `x` is the result of statx(2) for `name` in `dir` ("": `dir` itself) */
	const struct statx *x;
	int dir;
	const char *name;
};

/* The number in the name of the file of records of a tree that is not writable. */
uint64_t records_hash(const char *root);
/* Makes the empty `fd` a file of records. */
bool records_create(int fd);
/* Sets the copy's file `fd` and the tree's, `host_owners` (-1: none), called `name`. Call once in a
 * process. `root`: the copy's. */
void records_start(int fd, int host_owners, const char *name, int root);
/* Does the tree's file show anything that its copy would not show without a record? */
bool records_pretend(const struct looked *from);
/* Makes the file `to` of the copy show what the tree's file `from` shows. */
void records_copy(const struct looked *from, const struct looked *to);
/* The mode on the disk for a copy of the file with `x`: the same mode if the file is the user's, else that of
 * fj_owner_real_mode(). */
unsigned records_disk_mode(const struct statx *x);

#endif
