/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * tree.h - temporary trees of files for the engine's tests, made by libc.
 *
 * Apart, because the engine's headers bring the kernel's own struct stat and struct flock, and
 * libc's headers of the same names cannot be included beside them. Names are host paths, relative
 * to the tree unless they begin with a slash; what cannot be made ends the test program. */
#ifndef FJ_TREE_H
#define FJ_TREE_H

#include <stdbool.h>
#include <stddef.h>

#define TREE_PATH 512

/* Make a new empty directory and remember it as the tree; its host path, without symlinks. */
const char *tree_begin(void);
/* Remove the tree. */
void tree_end(void);
/* The host path of `name` in the tree, in one of a few rotating buffers. */
const char *tree_path(const char *name);

void tree_dir(const char *name);
void tree_file(const char *name, const char *text);
void tree_bytes(const char *name, const void *bytes, size_t size, unsigned mode);
void tree_link(const char *name, const char *target);

/* Two readable and writable pages with a page that cannot be touched before and behind; the address
 * of the first. */
char *tree_two_pages(void);
/* Take the permission to write from the page at `at`, or give it back. */
void tree_protect(void *at, bool may_write);

#endif
