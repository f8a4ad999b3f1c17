/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * roots_way.h - the word of nested/roots.h for a path that begins in the root of the calling process. For calls that
 * name a directory. */
#ifndef FJ_ROOTS_WAY_H
#define FJ_ROOTS_WAY_H

#include "jail/root.h"
#include "mount-table/namespace_id.h"
#include "nested/roots.h"

#include <stddef.h>
#include <stdint.h>

/* The word for the directory with the path `jail_path`, as the program writes it. */
static inline uint64_t fj_roots_hash_of_way(const char *jail_path, size_t len, uint64_t epoch)
{
	return fj_roots_hash_of_text(jail_path, len, epoch) ^
	       (fj_root()->id + fj_namespace_id() + 1) << 1;
}

#endif
