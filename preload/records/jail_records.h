/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * jail_records.h - what the start of a jail has found out about its file of records. For setup/, which writes it, for
 * the loader, and for landlock/. */
#ifndef FJ_JAIL_RECORDS_H
#define FJ_JAIL_RECORDS_H

#include "jail/memory.h"

#include <stdint.h>

/* Facts about the file of records, found at the start of the jail, for all its processes. */
#define FJ_RECORDS_AT 0xc0u
struct fj_jail_records {
	uint32_t has_host_owners; /* FJ_FD_HOST_OWNERS is open */
	uint32_t follows_tags;	  /* fj_owner_follows_tags */
	uint32_t owners_shared;	  /* fj_owner_shared */
	uint32_t is_forgetful;	  /* the root's file system gives neither birth times nor lasting
				     handles */
	uint32_t is_scattered; /* the root is on an overlay whose inode numbers change (disk.c) */
};
static inline struct fj_jail_records *fj_jail_records(void)
{
	return (struct fj_jail_records *)fj_jail_at(FJ_RECORDS_AT);
}

#endif
