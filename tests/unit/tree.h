/* SPDX-FileCopyrightText: The fakejail authors SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * tree.h - temporary trees of files for the engine's tests, made by libc.
 *
 * This is a file of its own since the engine's headers have the kernel's struct stat and struct
 * flock: libc's headers of the same names cannot be included beside them. Names are host paths,
 * relative to the tree unless they begin with a slash. Errors end the test program. */
#ifndef FJ_TREE_H
#define FJ_TREE_H

#include <stdbool.h>
#include <stddef.h>

#define TREE_PATH 512

/* Makes a new empty directory, which is the tree from then on. Returns its host path, without
 * symlinks. */
const char *tree_begin(void);
/* Removes the tree. */
void tree_end(void);
/* The host path of `name` in the tree, in one of a few buffers that are used in turn. */
const char *tree_path(const char *name);

void tree_dir(const char *name);
void tree_file(const char *name, const char *text);
void tree_bytes(const char *name, const void *bytes, size_t size, unsigned mode);
void tree_link(const char *name, const char *target);

/* Maps two readable and writable pages between two without access. Returns the address of the first
 * of the two. */
char *tree_two_pages(void);
/* Makes the page at `at` writable or read-only. */
void tree_protect(void *at, bool may_write);

#endif
