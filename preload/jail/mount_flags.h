/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * mount_flags.h - what kinds of mounts the jail has, or had: words that spare the usual jail, which has
 * none of them, a look. Written by those who mount, read by whoever comes by. */
#ifndef FJ_MOUNT_FLAGS_H
#define FJ_MOUNT_FLAGS_H

#include "jail/memory.h"

#include <stdint.h>

#define FJ_MOUNT_FLAGS_AT 0x90u
struct fj_mount_flags {
	uint32_t has_read_only;	   /* some mounted directory, or the root, refuses writes, or did */
	uint32_t has_mount_limits; /* FJ_MOUNT_LIMITS of all mounts, now or before */
	uint32_t has_aliases;	   /* some directory can be reached by two positions, or could */
	uint32_t mounts_share_device; /* some mount lies on the device of another, or of the root */
	uint32_t dirs_share_device;   /* the same, and it is a directory */
	uint32_t has_unions;	      /* some mount has several layers, or had: layers/union.h */
#define FJ_UNIONS_ON_DEVICES 2u	      /* a bit of that: and they lie on several devices */
	uint32_t has_entries;	      /* of FJ_MOUNT_ENTRY, now or before: devfs/dev_names.c */
	uint32_t last_namespace;
};
static inline struct fj_mount_flags *fj_mount_flags(void)
{
	return (struct fj_mount_flags *)fj_jail_at(FJ_MOUNT_FLAGS_AT);
}

#endif
