/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * memory.h - the memory that all processes of a jail share: its address. Used by all rooms to the right.
 *
 * The memory consists of sections. The header of the room that keeps a section declares it, with its offset
 * and a function that returns its address. setup/layout.h lists all sections in order, and asserts that
 * none overlaps the next. So a change of a section does not rebuild other rooms. Two builds may meet in one
 * jail: a section's content may change only together with its size or with FJ_JAIL_MAGIC. */
#ifndef FJ_JAIL_MEMORY_H
#define FJ_JAIL_MEMORY_H

#include <stddef.h>

struct fj_jail; /* its first section: jail/jail.h */

extern struct fj_jail *fj_jail; /* jail/jail.h */

static inline void *fj_jail_at(size_t offset)
{
	return (char *)fj_jail + offset;
}

#endif
