/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * start.h - makes, checks and maps the files of owner records. For the start of a jail and of a process. */
#ifndef FJ_RECORDS_START_H
#define FJ_RECORDS_START_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* fj_owner_create() writes an empty table to `fd`, which is empty and open for reading and writing.
 * fj_owner_check() says whether `fd` is a file of records. Both return 0 or -errno; the check
 * returns
 *   -EMEDIUMTYPE      another kind of file
 *   -EPROTONOSUPPORT  a newer version or another byte order
 *   -EUCLEAN          damaged or truncated */
long fj_owner_create(int fd);
/* As fj_owner_create(), with a table of one page, which is replaced by a usual one when it is full: for a file
 * in memory that mostly stays empty. */
long fj_owner_create_small(int fd);
long fj_owner_check(int fd);
/* Which of these two files may other machines change? Call at the start of a jail, before the files
 * are mapped. The answer, a bit for each, goes into fj_owner_shared, in each process. */
uint32_t fj_owner_shared_with_others(int fd, int host_owners_fd);
extern uint32_t fj_owner_shared;
/* Maps the files. Call at process start. `host_owners_fd`: records that are looked up when `fd` has
 * none, or -1. Returns 0 or -errno. */
long fj_owner_start(int fd, int host_owners_fd);

/* Is the jail's own file of records a copy, made by somebody who did not know what it is? Then
 * `root`, of `size` bytes, gets the path that the first one's root had. */
#define FJ_OWNER_NOTED 1024u
bool fj_owner_is_copy(char *root, size_t size);
/* Notes that the file is no copy, and that its records belong to the root at host path `root`.
 * Returns whether that was not noted before. */
bool fj_owner_belongs(const char *root);

#endif
