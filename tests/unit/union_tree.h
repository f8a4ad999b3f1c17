/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * union_tree.h - two layers in a jail's own tree, random files of every type in the lower one, and
 * whether the copy of one is the same: for the tests of copying up, check_union.c and its kin. */
#ifndef UNION_TREE_H
#define UNION_TREE_H

#include "unit.h"

#include "inode/owned.h"

/* The directories /lower, /upper and /work of the jail, and a call of it. */
extern int union_lower, union_upper, union_work;
extern struct fj_call union_call;
void union_setup(void);
void union_teardown(void);

/* Open directory `name` of the tree that tree.h makes. */
int union_open(const char *name);
/* The jail's path of `name` in one of the three directories; holds for three more calls. */
char *union_path(int dirfd, const char *name);
/* How many names are in it. */
int union_count(int dirfd);

/* Make `name` in the lower layer: of any type, with random content, owners, mode, attributes and
 * times, of the numbers that unit_seed() began. Returns its type. */
uint32_t union_make_random(const char *name);
/* Copy it up by the work directory. Returns 0 or -errno. */
long union_copy_up(const char *name);
/* What the jail shows of `name`. */
void union_look(int dirfd, const char *name, struct statx *sx, struct fj_file *file);
/* The copy shows what the lower file shows, and that shows what it did: `was`, `file`. */
void union_compare(const char *name, const struct statx *was, const struct fj_file *file);

#endif
