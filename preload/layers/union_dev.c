/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * union_dev.c - which device the directories of a union show whose layers are on several devices. Called by
 * the hooks of stat(2) and of listings, in jails that have such a union.
 *
 * Programs that stay on one file system (find -xdev, du -x, tar --one-file-system, git on the way up to its
 * repository) compare the devices of directories. So all directories of a union have one device, that of
 * the topmost layer, which its mount shows, too. As in ovl_map_dev_ino() of fs/overlayfs/inode.c, other
 * files keep the device of their layer, for inode numbers alone may be equal. Inode numbers of directories
 * of other layers get bits of their own device, where inode numbers have none. */
#include "bytes/hash.h"
#include "bytes/str.h"
#include "layers/union.h"
#include "mount-table/mount_flags.h"
#include "sys/scratch_mark.h"
#include "sys/scratch_str.h"
#include "syscall/stat.h"

#include <asm/stat.h>
#include <linux/fcntl.h>

#define NUMBER_BITS 48
#define DEVICE_BITS 15 /* the highest bit stays clear: some programs use signed numbers */

/* A cache of one entry: the upper 32 bits are a hash of a host path, the lower 32 bits are the device of the
 * directory there. */
static uint64_t last;

static uint64_t device_of(const struct fj_str *host)
{
	const uint64_t hash = fj_hash(host->at, host->len, FJ_HASH_SEED) >> 32 << 32;
	const uint64_t known = __atomic_load_n(&last, __ATOMIC_RELAXED);
	struct stat st;

	if (known && known >> 32 << 32 == hash)
		return (uint32_t)known;
	if (fj_sys_newfstatat(AT_FDCWD, host->len ? host->at : "/", &st, 0))
		return 0;
	__atomic_store_n(&last, hash | (uint32_t)st.st_dev, __ATOMIC_RELAXED);
	return st.st_dev;
}

uint64_t fj_union_dir_device(struct fj_thread *t, const char *pos)
{
	const uint32_t mark = fj_scratch_mark(t);
	struct fj_mount_found m;
	struct fj_str host;
	uint64_t dev = 0;

	if (!(fj_mount_flags()->has_unions & FJ_UNIONS_ON_DEVICES))
		return 0;
	fj_scratch_str(t, &host, PATH_MAX);
	if (fj_mount_of(pos, &m, &host) && (m.flags & FJ_MOUNT_DEVICES) && !host.overflowed)
		dev = device_of(&host);
	fj_scratch_release(t, mark);
	return dev;
}

uint64_t fj_union_dir_number(uint64_t of_union, uint64_t dev, uint64_t ino)
{
	const uint64_t bits = (dev * 0x9e3779b97f4a7c15u) >> (64 - DEVICE_BITS);

	return !of_union || dev == of_union ? ino : ino ^ (bits | 1) << NUMBER_BITS;
}
