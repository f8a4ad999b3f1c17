/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * look.h - what the calls that look at a file have in common (hook_file.c, hook_readlink.c). */
#ifndef FJ_LOOK_H
#define FJ_LOOK_H

#include "jail/facts.h"
#include "path/quick.h"

#include <stdbool.h>
#include <stdint.h>

struct fj_quick;

/* Another thread or process may have replaced what the facts said, or the directory above may not
 * be searchable though the working directory is: then only the walk knows. */
static inline bool fj_look_is_conclusive(long r, const char *jail_path, const struct fj_quick *q)
{
	return fj_quick_held(q) && (r != -EACCES || jail_path[0] == '/');
}

#endif
