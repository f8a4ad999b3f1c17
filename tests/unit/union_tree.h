/* SPDX-FileCopyrightText: The fakejail authors SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * union_tree.h - two layers in a jail's own tree, random files of every type in the lower one, and
 * the comparison of a copy with its file; and a mounted overlay. For check_union*.c and check_cost_union.c. */
#ifndef UNION_TREE_H
#define UNION_TREE_H

#include "unit.h"

#include "inode/owned.h"
#include "sys/gate_code.h"

#include <stdint.h>

/* Open directories /lower, /upper and /work of the jail. */
extern int union_lower, union_upper, union_work;
extern struct fj_call union_call;
void union_setup(void);
void union_teardown(void);

/* For the cases of an overlay that is mounted: /plain has d, d/in, d/file and d/in/file; /lower, the lower layer of the
 * overlay at /m, has the same. /upper is empty. No other way leads to the layers. */
void union_mounted_setup(void);

/* A gate for a kernel or file system on which no user may make a device. It calls union_gate. */
extern fj_gate_fn union_gate;
long union_no_devices(long nr, long a0, long a1, long a2, long a3, long a4, long a5);

/* Opens directory `name` of the tree that tree.h makes. */
int union_open(const char *name);
/* The jail path of `name` in one of the three directories. Three more calls do not overwrite it. */
char *union_path(int dirfd, const char *name);
/* The number of names in the directory. */
int union_count(int dirfd);
/* The number of names that the jail's listing of descriptor `fd` still shows from its offset on. */
unsigned union_listed(long fd);

/* Makes `name` in the lower layer: of a random type, with random contents, owners, mode, attributes
 * and times, by unit_random(). Returns its type. */
uint32_t union_make_random(const char *name);
/* Copies the file up, by the work directory. Returns 0 or -errno. */
long union_copy_up(const char *name);
/* Stores what the jail shows of `name`. */
void union_look(int dirfd, const char *name, struct statx *sx, struct fj_file *file);
/* Checks that the copy shows the same as the lower file, and that the lower file still shows `was`
 * and `file`. */
void union_compare(const char *name, const struct statx *was, const struct fj_file *file);

#endif
