/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * sticky.h - which existing files may not be opened with O_CREAT. For open/ and device.c. */
#ifndef FJ_STICKY_H
#define FJ_STICKY_H

#include <stdbool.h>

struct fj_call;
struct fj_owner;

/* Does the directory of `name` protect the file, which exists and shows `file`, from an open with
 * O_CREAT? Then the call fails with EACCES, also for root. `name` is relative to `dirfd`, and no
 * symlink is on the way. */
bool fj_sticky_protects(
	struct fj_call *c, int dirfd, const char *name, const struct fj_owner *file);

#endif
