/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * dev_names.h - names that the jail makes in the host's /dev. */
#ifndef FJ_DEV_NAMES_H
#define FJ_DEV_NAMES_H

#include <stdbool.h>

struct fj_call;

/* The call was refused: would it make a name in the host's /dev, where the user may make none? Then
 * it has a place now: true, and the call is to be made again. */
bool fj_dev_make(struct fj_call *c);
/* getdents(2) of a directory whose kernel's entries are all told, or of ours: those that the jail
 * made there. 0: no more; or -errno. */
long fj_dev_list(struct fj_call *c);
/* Is descriptor `fd` read beyond the kernel's entries? Asked only where there are such names. */
bool fj_dev_is_listing(int fd);

#endif
