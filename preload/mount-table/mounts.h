/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * mounts.h - the mounts of a jail: positions that lead to other places of the host. For questions about one
 * position. Code that reads all mounts uses mount_table.h, code that changes them mount_edit.h. */
#ifndef FJ_MOUNTS_H
#define FJ_MOUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fj_str;

#define FJ_TMPFS_TEXT 128u /* size of the shown options of a tmpfs */

enum {
	FJ_MOUNT_READ_ONLY = 1,
	FJ_MOUNT_NOSUID = 2,
	FJ_MOUNT_NODEV = 4,
	FJ_MOUNT_NOEXEC = 8,
	FJ_MOUNT_NOATIME = 16,
	FJ_MOUNT_NODIRATIME = 32,
	FJ_MOUNT_STRICTATIME = 64,
	FJ_MOUNT_OPTIONS = 127, /* all of the above: what a remount changes */
	FJ_MOUNT_LIMITS = FJ_MOUNT_NOSUID | FJ_MOUNT_NODEV | FJ_MOUNT_NOEXEC,
	FJ_MOUNT_DEFAULT = 128, /* made by the launcher without an option: the first explicit mount
				 * of its kind replaces it */
	FJ_MOUNT_WITH_SUBMOUNTS = 256, /* mounts of the host below it belong to it */
	FJ_MOUNT_PRIVATE = 512,	       /* a tmpfs: its directory is used for nothing else */
	FJ_MOUNT_HIDDEN = 1024,	       /* not a mount: a mount of the host below another, which was
				  * unmounted in the jail */
	FJ_MOUNT_COVERED = 2048,       /* another mount hides it */
	FJ_MOUNT_SHARED = 4096,
	FJ_MOUNT_UNBINDABLE = 8192,
	FJ_MOUNT_FILE = 16384,	 /* of a file that is not a directory */
	FJ_MOUNT_OWN = 32768,	 /* the user's files in it are root's, as in the root's own tree */
	FJ_MOUNT_ENTRY = 65536,	 /* not a mount: a name that the jail made in the host's /dev, and
				  * that lies elsewhere; devfs/dev_names.c */
	FJ_MOUNT_UNION = 131072, /* a union: layers/union.h */
	FJ_MOUNT_DEVICES = 262144, /* its layers are on several devices: layers/union_dev.c */
	FJ_MOUNT_NESTED = 524288,  /* a layer is in another union: layers/union.h */
};

/* A copy of what a lookup has found. */
struct fj_mount_found {
	uint32_t id, flags, jail_len;
};
/* The lookups of mount_table.h, in the current version. `host`, if not NULL, gets the host path.
 * False: none. */
bool fj_mount_at(const char *pos, struct fj_mount_found *found, struct fj_str *host);
bool fj_mount_of(const char *pos, struct fj_mount_found *found, struct fj_str *host);
/* Is exactly one of the mounts a union? Then two files in unions are in one mount. */
bool fj_mount_has_one_union(void);
/* Find the union that contains `pos`, or the union `id`, and its texts. False: there is none. */
bool fj_mount_union_of(
	const char *pos, struct fj_mount_found *found, struct fj_str *layers, struct fj_str *work);
bool fj_mount_union_by_id(
	uint32_t id, struct fj_mount_found *found, struct fj_str *layers, struct fj_str *work);
/* The mount that contains the entry `pos` itself, not a mount on it. False: the root's tree. */
bool fj_mount_around(const char *pos, struct fj_mount_found *found);
/* Is anything mounted on a name in the directory `pos`? */
bool fj_mount_is_in(const char *pos);
/* May `name` be the last component of a mount point, or of a directory above one? (Fast; true may be
 * wrong.) */
bool fj_mount_may_be_named(const char *name, size_t len);
bool fj_mount_may_be_below(const char *name, size_t len);
/* Is the mount that contains `pos` read-only? */
bool fj_mount_is_read_only(const char *pos);
/* The FJ_MOUNT_LIMITS of the mount that contains `pos`. */
uint32_t fj_mount_limits(const char *pos);

/* mounts_edit.c: begin, add a mount, end. Returns 0, -ENOSPC or -EBUSY. */
long fj_mount_add(const char *host, const char *pos, uint32_t flags, const char *type);
/* mounts_renamed.c: directory `from` was renamed to `to`: the mounts below move with it. */
void fj_mounts_renamed(const char *from, const char *to);
/* The jail's root was moved on the host, and with it the places below it that mounts lead to. */
void fj_mounts_root_moved(const char *from, const char *to);

#endif
