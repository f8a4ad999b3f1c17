/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * namespace_id.h - the jail's own mount namespace, and which one the calling process is in. Used by rooms that remember
 * what is true in one namespace. */
#ifndef FJ_NAMESPACE_ID_H
#define FJ_NAMESPACE_ID_H

#include "jail/memory.h"
#include "mount-table/mount_table.h"

#include <stdint.h>

/* The jail's own namespace, in which its first program is: jail/memory.h. */
#define FJ_NAMESPACE_AT 0x1ef040u /* right after the texts: one page fault maps both */
static inline struct fj_namespace *fj_jail_namespace(void)
{
	return (struct fj_namespace *)fj_jail_at(FJ_NAMESPACE_AT);
}

/* The number of the calling process's namespace. (Most processes are in the jail's own, whose memory need not
 * be read: one page fault less.) */
static inline uint32_t fj_namespace_id(void)
{
	const struct fj_namespace *ns = fj_namespace();

	return ns == fj_jail_namespace() ? 0 : ns->id;
}

#endif
