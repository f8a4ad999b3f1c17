/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * mount_ids.c - which mount contains a file. Called through mount_ids.h.
 *
 * The kernel's id tells which mount of the host contains the file. If a mount of the jail begins in that
 * mount, it is the jail's mount. Otherwise it is a mount of the host below it, which is listed with its own
 * id. */
#include "mountinfo/mount_ids.h"

#include "bytes/str.h"
#include "jail/fds.h"
#include "mount-table/mounts.h"
#include "sys/scratch_mark.h"
#include "sys/scratch_str.h"
#include "syscall/stat.h"

#include <linux/fcntl.h>
#include <linux/limits.h>
#include <linux/stat.h>
#include <stddef.h>

uint64_t fj_mount_kernel_id(int dirfd, const char *name, unsigned flags, bool *is_root)
{
	struct statx sx;
	const long r = fj_sys_statx(
		dirfd, name, flags | AT_EMPTY_PATH | AT_NO_AUTOMOUNT, FJ_STATX_MNT_ID, &sx);

	if (r || !(sx.stx_mask & FJ_STATX_MNT_ID))
		return 0;
	if (is_root)
		*is_root = sx.stx_attributes & FJ_STATX_ATTR_MOUNT_ROOT;
	/* (struct statx of older headers ends before it.) */
	return *(const uint64_t *)((const char *)&sx + 0x90);
}

uint32_t fj_mount_root_id(void)
{
	bool is_root = false;
	const uint64_t id = fj_mount_kernel_id(FJ_FD_ROOT(fj_jail), "", 0, &is_root);

	return is_root ? (uint32_t)id + FJ_MOUNT_HOST_IDS : FJ_MOUNT_ROOT_ID;
}

uint32_t fj_mount_id_at(struct fj_thread *t, const char *pos, uint64_t host_id, bool *is_root)
{
	const uint32_t mark = fj_scratch_mark(t), hosts = (uint32_t)host_id + FJ_MOUNT_HOST_IDS;
	struct fj_mount_found m;
	struct fj_str host;
	uint32_t id;

	if (is_root)
		*is_root = false;
	fj_scratch_str(t, &host, PATH_MAX);
	if (!pos || !fj_mount_of(pos, &m, &host)) {
		id = host_id == fj_mount_kernel_id(FJ_FD_ROOT(fj_jail), "", 0, NULL) ?
			     fj_mount_root_id() :
			     hosts;
	} else if (m.flags & FJ_MOUNT_ENTRY) { /* like all of /dev */
		id = fj_mount_around(pos, &m) ? m.id + FJ_MOUNT_OWN_IDS : fj_mount_root_id();
	} else if ((m.flags & (FJ_MOUNT_DEFAULT | FJ_MOUNT_FILE)) ==
		   (FJ_MOUNT_DEFAULT | FJ_MOUNT_FILE)) {
		/* The host's resolv.conf, which is not listed. */
		id = fj_mount_around(pos, &m) ? m.id + FJ_MOUNT_OWN_IDS : fj_mount_root_id();
	} else {
		id = !(m.flags & FJ_MOUNT_WITH_SUBMOUNTS) ||
				     host_id == fj_mount_kernel_id(AT_FDCWD,
							host.len ? host.at : "/",
							AT_SYMLINK_NOFOLLOW, NULL) ?
			     m.id + FJ_MOUNT_OWN_IDS :
			     hosts;
		if (is_root)
			*is_root = !pos[m.jail_len];
	}
	fj_scratch_release(t, mark);
	return id;
}
