/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * disk.c - the file system of a file, as far as the file's record depends on it: do other machines
 * have it, and can a file's inode number change?
 *
 * An overlay whose layers lie on several file systems gives inode numbers to directories when they
 * are looked up. Its other files show the numbers of their layer, with a device for each layer. But
 * with xino=on it puts the layer into the number.
 *
 * Called by ownership/key.c and ownership/tag.c, by other files of this room, and at the start of a
 * jail. */
#include "records/disk.h"

#include "bytes/copy.h"
#include "records/start.h"
#include "sys/abi.h"
#include "sys/fd.h"
#include "syscall/mount.h"
#include "syscall/stat.h"
#include "syscall/unistd_close.h"

#include <asm/statfs.h>
#include <linux/magic.h>
#include <linux/stat.h>
#include <stdbool.h>
#include <stddef.h>

bool fj_owner_is_scattered;

/* From statfs(2) and the headers of the file systems. If one in this list is used by one machine
 * only, that costs time and nothing else. */
static const uint32_t networks[] = {NFS_SUPER_MAGIC, SMB_SUPER_MAGIC, CIFS_SUPER_MAGIC,
	SMB2_SUPER_MAGIC, CEPH_SUPER_MAGIC, AFS_SUPER_MAGIC, AFS_FS_MAGIC, CODA_SUPER_MAGIC,
	OCFS2_SUPER_MAGIC, V9FS_MAGIC, 0x0bd00bd0 /* Lustre */, 0x47504653 /* GPFS */,
	0x01161970 /* GFS2 */, 0x19830326 /* BeeGFS */, 0xaad7aaea /* PanFS */,
	0x20030528 /* OrangeFS */, 0x564c /* NCP */, 0x786f4256 /* VirtualBox */,
	0x7c7c6673 /* Parallels */};

enum fj_disk fj_owner_disk(int fd)
{
	struct statfs fs;

	if (fj_sys_fstatfs(fd, &fs))
		return FJ_DISK_PLAIN;
	if (fs.f_type == OVERLAYFS_SUPER_MAGIC)
		return FJ_DISK_LAYERED;
	if (fs.f_type == FUSE_SUPER_MAGIC)
		return FJ_DISK_FUSE;
	for (size_t i = 0; i < sizeof(networks) / sizeof(networks[0]); i++)
		if ((uint32_t)fs.f_type == networks[i])
			return FJ_DISK_NETWORK;
	return FJ_DISK_PLAIN;
}

bool fj_owner_counts_directories(int root_fd)
{
	static const uint32_t those[] = {EXT4_SUPER_MAGIC, XFS_SUPER_MAGIC, TMPFS_MAGIC};
	struct statfs fs;

	if (fj_sys_fstatfs(root_fd, &fs))
		return false;
	for (size_t i = 0; i < sizeof(those) / sizeof(those[0]); i++)
		if ((uint32_t)fs.f_type == those[i])
			return true;
	return false;
}

static bool is_on_layered_disk(int dirfd, const char *name)
{
	long fd;
	bool is;

	if (!name || !name[0])
		return fj_owner_disk(dirfd) == FJ_DISK_LAYERED;
	fd = fj_open_path(dirfd, name, O_NOFOLLOW);
	if (fd < 0)
		return false;
	is = fj_owner_disk((int)fd) == FJ_DISK_LAYERED;
	fj_sys_close((int)fd);
	return is;
}

/* What is known of a device: bit 63 is set, bit 62 means overlayfs, then the device number. */
static uint64_t learned[8];

bool fj_owner_is_layered(uint32_t dev, int dirfd, const char *name)
{
	const uint64_t known = 1UL << 63 | dev, layered = 1UL << 62;
	uint64_t *const place = &learned[dev % 8];
	uint64_t what = __atomic_load_n(place, __ATOMIC_RELAXED);

	if (dev >> 8 & 0xfff) /* the major number of a disk; an overlay has major 0 */
		return false;
	if ((what & ~layered) != known) {
		what = known | (is_on_layered_disk(dirfd, name) ? layered : 0);
		__atomic_store_n(place, what, __ATOMIC_RELAXED);
	}
	return what & layered;
}

static long look_at_disk(int dirfd, const char *name, struct statx *sx)
{
	return fj_sys_statx(dirfd, name, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW,
		STATX_BASIC_STATS | STATX_MNT_ID, sx);
}

bool fj_owner_scatters(int root_fd)
{
	/* Files, not directories, that most roots have. */
	static const char files[][16] = {".fakejail/owners", "bin", "lib", "sbin", "bin/sh",
		"etc/passwd", "etc/os-release", "etc/hosts", "usr/bin/env"};
	struct statx root, sx;

	if (fj_owner_disk(root_fd) != FJ_DISK_LAYERED || look_at_disk(root_fd, "", &root))
		return false;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		char name[sizeof(files[0]) + 1] = {0};

		memcpy(name, files[i], sizeof(files[0]));
		if (!look_at_disk(root_fd, name, &sx) && (sx.stx_mode & FJ_S_IFMT) != FJ_S_IFDIR &&
			sx.stx_mnt_id == root.stx_mnt_id)
			return sx.stx_dev_minor != root.stx_dev_minor;
	}
	return true; /* safe when it is wrong: it only costs more */
}

uint32_t fj_owner_shared;

uint32_t fj_owner_shared_with_others(int fd, int host_owners_fd)
{
	return (fj_owner_disk(fd) >= FJ_DISK_FUSE) |
	       (host_owners_fd >= 0 && fj_owner_disk(host_owners_fd) >= FJ_DISK_FUSE) << 1;
}
