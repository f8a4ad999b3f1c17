/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * memory.h - the memory that all processes of a jail share, as every room sees it: an address.
 *
 * What is in it lies in sections. Each is declared in a header of the room that keeps it, with the
 * offset where it begins and a function that leads there; setup/layout.h has all of them in order,
 * and asserts that none reaches into the next. So a room may change its section, and nobody else
 * is built anew. Two builds may meet in one jail: what a section has may only change together with
 * its size, or with FJ_JAIL_MAGIC. */
#ifndef FJ_JAIL_MEMORY_H
#define FJ_JAIL_MEMORY_H

#include <stddef.h>

struct fj_jail; /* its first section: jail/jail.h */

extern struct fj_jail *fj_jail;

static inline void *fj_jail_at(size_t offset)
{
	return (char *)fj_jail + offset;
}

#endif
