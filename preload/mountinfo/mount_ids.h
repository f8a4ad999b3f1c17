/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * mount_ids.h - the ids of mounts. They are the same in mountinfo, statx(2), fdinfo, name_to_handle_at(2)
 * and listmount(2). Called by the hooks of these. */
#ifndef FJ_MOUNT_IDS_H
#define FJ_MOUNT_IDS_H

#include <stdbool.h>
#include <stdint.h>

struct fj_thread;

#define FJ_MOUNT_ROOT_ID 1u	  /* the root's own tree */
#define FJ_MOUNT_OWN_IDS 1u	  /* added to the number of a mount of the jail */
#define FJ_MOUNT_HOST_IDS 100000u /* added to the number of a mount of the host */

#define FJ_STATX_MNT_ID 0x1000u /* these three: linux/stat.h, since 5.8, 6.8 and 5.8 */
#define FJ_STATX_MNT_ID_UNIQUE 0x4000u
#define FJ_STATX_ATTR_MOUNT_ROOT 0x2000u

/* The 64-bit id of the same mount: these begin after all 32-bit ids, MNT_UNIQUE_ID_OFFSET of
 * fs/namespace.c. */
#define FJ_MOUNT_UNIQUE (1UL << 31)

/* The kernel's id of the mount that contains `name` in `dirfd` ("": `dirfd` itself). `flags`:
 * AT_SYMLINK_NOFOLLOW or 0. Returns 0 if the kernel does not tell (before Linux 5.8). `*is_root`, if not
 * NULL: whether it is the root of that mount. */
uint64_t fj_mount_kernel_id(int dirfd, const char *name, unsigned flags, bool *is_root);
/* The id of the root's own tree. If the root is the root of a mount of the host, this is the id of that
 * mount. */
uint32_t fj_mount_root_id(void);
/* The id of the mount that contains position `pos` (NULL: the file has none). `host_id`: the kernel's id.
 * `*is_root`, if not NULL: whether the file is the root of the mount. */
uint32_t fj_mount_id_at(struct fj_thread *t, const char *pos, uint64_t host_id, bool *is_root);

#endif
