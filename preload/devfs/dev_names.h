/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * dev_names.h - names that the jail makes in the host's /dev. Called by dispatch/dispatch.c,
 * file/hook_dents.c and file/hook_access.c. */
#ifndef FJ_DEV_NAMES_H
#define FJ_DEV_NAMES_H

#include <stdbool.h>

struct fj_call;
struct fj_thread;

/* The call was refused. If it would make a name in the host's /dev, where the user may make none, give the
 * name a place. Returns true if it has one now: make the call again. */
bool fj_dev_make(struct fj_call *c);
/* Is the position that of the host's /dev, in which root makes such names? */
bool fj_dev_is_dir(struct fj_thread *t, const char *pos);
/* getdents(2), when all entries of the kernel have been read: lists the names that the jail has made in this
 * directory. Returns the bytes written, 0 if there are no more names, or -errno. */
long fj_dev_list(struct fj_call *c);
/* Have all entries of the kernel been read from descriptor `fd`? Called only if the jail has made such
 * names. */
bool fj_dev_is_listing(int fd);

#endif
