/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * dev_names.h - names that the jail makes in the host's /dev. Called by dispatch/dispatch.c and
 * file/hook_dents.c. */
#ifndef FJ_DEV_NAMES_H
#define FJ_DEV_NAMES_H

#include <stdbool.h>

struct fj_call;

/* The call was refused. If it would make a name in the host's /dev, where the user may make none, give the
 * name a place. Returns true if it has one now: make the call again. */
bool fj_dev_make(struct fj_call *c);
/* getdents(2) after the kernel's entries, or ours: tell the names that the jail has made in this directory.
 * Returns bytes, 0: no more, or -errno. */
long fj_dev_list(struct fj_call *c);
/* Has the reading of descriptor `fd` passed the kernel's entries? Asked only if the jail has made such
 * names. */
bool fj_dev_is_listing(int fd);

#endif
