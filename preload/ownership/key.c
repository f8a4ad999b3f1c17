/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * key.c - the key of a file. It tells a file from a later file with the same inode number.
 *
 * Called by inode/owned.c, union/whiteout.c and setup/make_jail.c, and by the tool behind `fakejail owners`, which
 * must give a file the same key as the engine does. */
#include "bytes/hash.h"
#include "ownership/ownership.h"
#include "records/disk.h"
#include "records/records.h"
#include "sys/abi.h"
#include "sys/hot.h"
#include "syscall/fcntl.h"
#include "syscall/stat.h"

#include <linux/errno.h>
#include <linux/stat.h>

#define HANDLE_MAX 128 /* MAX_HANDLE_SZ, linux/exportfs.h */
#define AT_HANDLE_FID_ 0x200
/* struct ovl_fh of fs/overlayfs/overlayfs.h: the flags say which layer */
#define FLAGS_OF_LAYERED 6
#define LAYERED_HANDLE 0xf8
/* FILEID_INO64_GEN, linux/exportfs.h; xfs has this type, too, and gives birth times */
#define HANDLE_OF_FUSE 0x81
#define SEED_OF_STAMP 0x9ae16a3b2f90404fUL

bool fj_owner_is_forgetful;

struct handle {
	uint32_t bytes;
	int32_t type;
	unsigned char text[HANDLE_MAX];
};

static uint64_t birth_of(const struct statx *sx)
{
	return (uint64_t)sx->stx_btime.tv_sec * 1000000000u + sx->stx_btime.tv_nsec;
}

static bool get_handle(int dirfd, const char *name, bool follows, struct handle *h)
{
	const unsigned at =
		(!name || !name[0] ? AT_EMPTY_PATH : 0) | (follows ? AT_SYMLINK_FOLLOW : 0);
	int mount_id;
	long r;

	*h = (struct handle){.bytes = HANDLE_MAX};
	r = fj_sys_name_to_handle_at(dirfd, name, h, &mount_id, at);
	if (r == -EOPNOTSUPP)
		r = fj_sys_name_to_handle_at(dirfd, name, h, &mount_id, at | AT_HANDLE_FID_);
	return r >= 0 && h->bytes <= HANDLE_MAX;
}

/* The key of a file of an overlay whose layers have inode numbers of their own. A directory is
 * known by the handle of the lowest layer's directory (since Linux 6.6). For other files all copies
 * of a lower file with several names would share that handle. Their inode numbers stay the same,
 * though two layers may use the same number: so the key has the birth time, too. */
static bool key_of_layered(
	const struct statx *sx, int dirfd, const char *name, bool follows, struct fj_owner_key *key)
{
	const uint64_t birth = birth_of(sx);
	struct handle h;

	if ((sx->stx_mode & FJ_S_IFMT) != FJ_S_IFDIR) {
		key->dev = FJ_OWNER_SCATTERED;
		key->ino = fj_hash((const char *)&birth, sizeof(birth), sx->stx_ino);
		key->stamp = birth;
		return sx->stx_mask & STATX_BTIME;
	}
	if (!get_handle(dirfd, name, follows, &h) || h.type != LAYERED_HANDLE ||
		h.bytes <= FLAGS_OF_LAYERED)
		return false;
	h.text[FLAGS_OF_LAYERED] = 0;
	key->dev = FJ_OWNER_SCATTERED;
	key->ino = fj_hash((const char *)h.text, h.bytes, FJ_HASH_SEED);
	key->stamp = fj_hash((const char *)h.text, h.bytes, SEED_OF_STAMP) | 1;
	return true;
}

/* A handle of FUSE has a number that lasts only while the kernel remembers the inode. */
static bool is_passing(const struct handle *h)
{
	return h->type == HANDLE_OF_FUSE && h->bytes == 12;
}

__attribute__((noinline)) static void find_stamp(
	const struct statx *sx, int dirfd, const char *name, bool follows, struct fj_owner_key *key)
{
	struct handle h;

	key->stamp = FJ_OWNER_NO_STAMP;
	if (get_handle(dirfd, name, follows, &h) && !is_passing(&h))
		key->stamp = fj_hash((const char *)h.text, h.bytes, FJ_HASH_SEED) | 1;
	else if ((sx->stx_mode & FJ_S_IFMT) == FJ_S_IFREG ||
		 (sx->stx_mode & FJ_S_IFMT) == FJ_S_IFDIR)
		fj_owner_tag(dirfd, name, follows, key);
}

bool fj_owner_forgets(int root_fd)
{
	struct statx sx;
	struct handle h;

	return !fj_sys_statx(root_fd, "", AT_EMPTY_PATH, STATX_BTIME, &sx) &&
	       !(sx.stx_mask & STATX_BTIME) &&
	       (!get_handle(root_fd, "", false, &h) || is_passing(&h));
}

FJ_HOT void fj_owner_key_of(
	const struct statx *sx, int dirfd, const char *name, bool follows, struct fj_owner_key *key)
{
	const uint32_t dev = (sx->stx_dev_minor & 0xff) | sx->stx_dev_major << 8 |
			     (sx->stx_dev_minor & ~0xffu)
				     << 12; /* new_encode_dev() of linux/kdev_t.h */

	if (__builtin_expect(fj_owner_is_scattered, 0) && fj_owner_is_layered(dev, dirfd, name) &&
		key_of_layered(sx, dirfd, name, follows, key))
		return;
	*key = (struct fj_owner_key){.dev = dev, .ino = sx->stx_ino};
	if (sx->stx_mask & STATX_BTIME)
		key->stamp = birth_of(sx);
	else
		find_stamp(sx, dirfd, name, follows, key);
}
