/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * mount_flags.h - which kinds of mounts the jail has or had. The usual jail has none, and one look at a
 * word tells so. Written by the rooms that mount, read by all others. */
#ifndef FJ_MOUNT_FLAGS_H
#define FJ_MOUNT_FLAGS_H

#include "jail/memory.h"

#include <stdint.h>

#define FJ_MOUNT_FLAGS_AT 0x90u
struct fj_mount_flags {
	uint32_t has_read_only;	      /* a mount or the root is or was read-only */
	uint32_t has_mount_limits;    /* FJ_MOUNT_LIMITS of all mounts, now or earlier */
	uint32_t has_aliases;	      /* a directory has or had two positions */
	uint32_t mounts_share_device; /* a mount is on the same device as another, or as the root */
	uint32_t dirs_share_device;   /* `mounts_share_device`, for a mounted directory */
	uint32_t has_unions;	      /* a mount has or had several layers: layers/union.h */
#define FJ_UNIONS_ON_DEVICES 2u	      /* an additional bit: the layers are on several devices */
	uint32_t has_entries;	      /* there is or was an FJ_MOUNT_ENTRY: devfs/dev_names.c */
	uint32_t last_namespace;      /* the highest struct fj_namespace.id so far */
};
static inline struct fj_mount_flags *fj_mount_flags(void)
{
	return (struct fj_mount_flags *)fj_jail_at(FJ_MOUNT_FLAGS_AT);
}

#endif
