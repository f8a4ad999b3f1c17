/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * roots_text.h - directories are asked for records by their host paths. For this room only. */
#ifndef FJ_ROOTS_TEXT_H
#define FJ_ROOTS_TEXT_H

#include "met-roots/met_roots.h"

#include <stdbool.h>
#include <stddef.h>

/* Has the directory whose path is the first `len` bytes of `text` records? There is free space
 * behind `text`. Returns true if they were met just now. */
bool fj_roots_meet_one(char *text, size_t len, enum fj_owner_root_kind kind);
/* Asks all directories on the way of `text`, and `text` itself. Returns true if one was met just now. */
bool fj_roots_meet_all(char *text);

#endif
