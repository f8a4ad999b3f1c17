/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * disk.c - the file system that a file is on, as far as that bears on its record: what tells the
 * file from the next one with its number, and whether its number may change.
 *
 * An overlay whose layers lie on several file systems shows directories under numbers that it gives
 * them as it meets them, and other files under those of their layer, on a device for each; unless
 * it can put the layer into the number (xino=on).
 *
 * Called by inode/owned.c and inode/settle.c, by the other files of this room, and by the tool
 * behind `fakejail owners`, which must know a file by the same key as the engine does. */
#include "own/store.h"
#include "sys/abi.h"

#include <asm/statfs.h>
#include <linux/magic.h>
#include <linux/stat.h>

#define HANDLE_MAX 128 /* MAX_HANDLE_SZ, linux/exportfs.h */
#define AT_HANDLE_FID_ 0x200
#define FLAGS_OF_LAYERED 6 /* struct ovl_fh of fs/overlayfs/overlayfs.h: in which layer it is */
#define LAYERED_HANDLE 0xf8
#define HANDLE_OF_FUSE 0x81 /* FILEID_INO64_GEN, linux/exportfs.h; xfs has it, too, and births */
#define SEED_OF_STAMP 0x9ae16a3b2f90404fUL

bool fj_own_is_scattered, fj_own_is_forgetful;

/* statfs(2) and the file systems' own headers. What is on one machine only and is among them costs
 * time, and nothing else. */
static const uint32_t networks[] = {NFS_SUPER_MAGIC, SMB_SUPER_MAGIC, CIFS_SUPER_MAGIC,
	SMB2_SUPER_MAGIC, CEPH_SUPER_MAGIC, AFS_SUPER_MAGIC, AFS_FS_MAGIC, CODA_SUPER_MAGIC,
	OCFS2_SUPER_MAGIC, V9FS_MAGIC, 0x0bd00bd0 /* Lustre */, 0x47504653 /* GPFS */,
	0x01161970 /* GFS2 */, 0x19830326 /* BeeGFS */, 0xaad7aaea /* PanFS */,
	0x20030528 /* OrangeFS */, 0x564c /* NCP */, 0x786f4256 /* VirtualBox */,
	0x7c7c6673 /* Parallels */};

enum fj_disk fj_own_disk(int fd)
{
	struct statfs fs;

	if (fj_sys2(__NR_fstatfs, fd, &fs))
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

bool fj_own_counts_directories(int root_fd)
{
	static const uint32_t those[] = {EXT4_SUPER_MAGIC, XFS_SUPER_MAGIC, TMPFS_MAGIC};
	struct statfs fs;

	if (fj_sys2(__NR_fstatfs, root_fd, &fs))
		return false;
	for (size_t i = 0; i < sizeof(those) / sizeof(those[0]); i++)
		if ((uint32_t)fs.f_type == those[i])
			return true;
	return false;
}

static bool ask(int dirfd, const char *name)
{
	long fd;
	bool is;

	if (!name || !name[0])
		return fj_own_disk(dirfd) == FJ_DISK_LAYERED;
	fd = fj_open_path(dirfd, name, O_NOFOLLOW);
	if (fj_is_err(fd))
		return false;
	is = fj_own_disk((int)fd) == FJ_DISK_LAYERED;
	fj_close((int)fd);
	return is;
}

/* What was learned of a device: bit 63 set, bit 62 layered, then the device. */
static uint64_t learned[8];

bool fj_own_is_layered(uint32_t dev, int dirfd, const char *name)
{
	const uint64_t known = 1UL << 63 | dev, layered = 1UL << 62;
	uint64_t *const place = &learned[dev % 8];
	uint64_t what = __atomic_load_n(place, __ATOMIC_RELAXED);

	if (dev >> 8 & 0xfff) /* a disk's; an overlay has a number without one */
		return false;
	if ((what & ~layered) != known) {
		what = known | (ask(dirfd, name) ? layered : 0);
		__atomic_store_n(place, what, __ATOMIC_RELAXED);
	}
	return what & layered;
}

static long look(int dirfd, const char *name, struct statx *sx)
{
	return fj_sys5(__NR_statx, dirfd, name, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW,
		STATX_BASIC_STATS | STATX_MNT_ID, sx);
}

bool fj_own_scatters(int root_fd)
{
	/* What most roots have, and is no directory. */
	static const char files[][16] = {".fakejail/owners", "bin", "lib", "sbin", "bin/sh",
		"etc/passwd", "etc/os-release", "etc/hosts", "usr/bin/env"};
	struct statx root, sx;

	if (fj_own_disk(root_fd) != FJ_DISK_LAYERED || look(root_fd, "", &root))
		return false;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		char name[sizeof(files[0]) + 1] = {0};

		memcpy(name, files[i], sizeof(files[0]));
		if (!look(root_fd, name, &sx) && (sx.stx_mode & FJ_S_IFMT) != FJ_S_IFDIR &&
			sx.stx_mnt_id == root.stx_mnt_id)
			return sx.stx_dev_minor != root.stx_dev_minor;
	}
	return true; /* where it is not so, that is as good, and costs more */
}

static uint64_t birth_of(const struct statx *sx)
{
	return (uint64_t)sx->stx_btime.tv_sec * 1000000000u + sx->stx_btime.tv_nsec;
}

struct handle {
	uint32_t bytes;
	int32_t type;
	unsigned char text[HANDLE_MAX];
};

static bool get_handle(int dirfd, const char *name, bool follows, struct handle *h)
{
	const unsigned at =
		(!name || !name[0] ? AT_EMPTY_PATH : 0) | (follows ? AT_SYMLINK_FOLLOW : 0);
	int mount_id;
	long r;

	*h = (struct handle){.bytes = HANDLE_MAX};
	r = fj_sys5(__NR_name_to_handle_at, dirfd, name, h, &mount_id, at);
	if (r == -EOPNOTSUPP)
		r = fj_sys5(__NR_name_to_handle_at, dirfd, name, h, &mount_id, at | AT_HANDLE_FID_);
	return r >= 0 && h->bytes <= HANDLE_MAX;
}

/* A file of an overlay whose layers have numbers of their own. A directory has the handle of the
 * lowest layer's (since Linux 6.6). Of other files that is shared by all copies of a lower file
 * with several names; but their numbers stay, though each layer has its own. */
static bool key_of_layered(
	const struct statx *sx, int dirfd, const char *name, bool follows, struct fj_own_key *key)
{
	const uint64_t birth = birth_of(sx);
	struct handle h;

	if ((sx->stx_mode & FJ_S_IFMT) != FJ_S_IFDIR) {
		key->dev = FJ_OWN_SCATTERED;
		key->ino = fj_hash((const char *)&birth, sizeof(birth), sx->stx_ino);
		key->stamp = birth;
		return sx->stx_mask & STATX_BTIME;
	}
	if (!get_handle(dirfd, name, follows, &h) || h.type != LAYERED_HANDLE ||
		h.bytes <= FLAGS_OF_LAYERED)
		return false;
	h.text[FLAGS_OF_LAYERED] = 0;
	key->dev = FJ_OWN_SCATTERED;
	key->ino = fj_hash((const char *)h.text, h.bytes, FJ_HASH_SEED);
	key->stamp = fj_hash((const char *)h.text, h.bytes, SEED_OF_STAMP) | 1;
	return true;
}

/* A handle of FUSE has the number that the kernel gave the inode for as long as it remembers it. */
static bool is_passing(const struct handle *h)
{
	return h->type == HANDLE_OF_FUSE && h->bytes == 12;
}

__attribute__((noinline)) static void find_stamp(
	const struct statx *sx, int dirfd, const char *name, bool follows, struct fj_own_key *key)
{
	struct handle h;

	key->stamp = FJ_OWN_NO_STAMP;
	if (get_handle(dirfd, name, follows, &h) && !is_passing(&h))
		key->stamp = fj_hash((const char *)h.text, h.bytes, FJ_HASH_SEED) | 1;
	else if ((sx->stx_mode & FJ_S_IFMT) == FJ_S_IFREG ||
		 (sx->stx_mode & FJ_S_IFMT) == FJ_S_IFDIR)
		fj_own_tag(dirfd, name, follows, key);
}

bool fj_own_forgets(int root_fd)
{
	struct statx sx;
	struct handle h;

	return !fj_sys5(__NR_statx, root_fd, "", AT_EMPTY_PATH, STATX_BTIME, &sx) &&
	       !(sx.stx_mask & STATX_BTIME) &&
	       (!get_handle(root_fd, "", false, &h) || is_passing(&h));
}

FJ_HOT void fj_own_key_of(
	const struct statx *sx, int dirfd, const char *name, bool follows, struct fj_own_key *key)
{
	const uint32_t dev = (sx->stx_dev_minor & 0xff) | sx->stx_dev_major << 8 |
			     (sx->stx_dev_minor & ~0xffu)
				     << 12; /* new_encode_dev() of linux/kdev_t.h */

	if (__builtin_expect(fj_own_is_scattered, 0) && fj_own_is_layered(dev, dirfd, name) &&
		key_of_layered(sx, dirfd, name, follows, key))
		return;
	*key = (struct fj_own_key){.dev = dev, .ino = sx->stx_ino};
	if (sx->stx_mask & STATX_BTIME)
		key->stamp = birth_of(sx);
	else
		find_stamp(sx, dirfd, name, follows, key);
}
