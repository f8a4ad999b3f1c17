/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * disk.c - the file system that a file is on, as far as that bears on its record: what tells the
 * file from the next one with its number, and whether its number may change.
 *
 * Called by call/owned.c and call/settle.c, by the other files of this room, and by the tool behind
 * `fakejail owners`, which must know a file by the same key as the engine does. */
#include "own/store.h"

#include <asm/statfs.h>
#include <linux/magic.h>

#define HANDLE_MAX 128 /* MAX_HANDLE_SZ, linux/exportfs.h */
#define AT_HANDLE_FID_ 0x200

enum fj_disk fj_own_disk(int fd)
{
	struct statfs fs;

	return !fj_sys2(__NR_fstatfs, fd, &fs) && fs.f_type == OVERLAYFS_SUPER_MAGIC ?
		       FJ_DISK_LAYERED :
		       FJ_DISK_PLAIN;
}

uint64_t fj_own_stamp(int dirfd, const char *name, bool follows)
{
	struct {
		uint32_t bytes;
		int32_t type;
		unsigned char handle[HANDLE_MAX];
	} h = {.bytes = HANDLE_MAX};
	const unsigned at = (name[0] ? 0 : AT_EMPTY_PATH) | (follows ? AT_SYMLINK_FOLLOW : 0);
	int mount_id;
	long r = fj_sys5(__NR_name_to_handle_at, dirfd, name, &h, &mount_id, at);

	if (r == -EOPNOTSUPP)
		r = fj_sys5(
			__NR_name_to_handle_at, dirfd, name, &h, &mount_id, at | AT_HANDLE_FID_);
	return r < 0 || h.bytes > HANDLE_MAX ?
		       1 :
		       fj_hash((const char *)h.handle, h.bytes, FJ_HASH_SEED) | 1;
}
