/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * settle.c - makes sure that a file's key will last, before a record is made or changed.
 *
 * On FUSE the file gets a tag (ownership/tag.c). On overlayfs, while the file is in a lower layer,
 * the next change (a write, a rename, a chmod, a new name in a directory) makes the kernel copy it
 * up. The copy has another birth time, and sometimes another number, so a record would be lost. A
 * change of owner or mode would copy it up under a real root, too. So it is copied up here before
 * its key is taken; after that the key stays the same.
 *
 * Called before a record of a file is written that this process has not just made. */
#include "cred/ids.h"
#include "inode/owned.h"
#include "ownership/ownership.h"
#include "records/disk.h"
#include "records/records.h"
#include "sys/abi.h"
#include "syscall/unistd_names.h"

#include <linux/fcntl.h>

#define SET_ID (FJ_S_ISUID | FJ_S_ISGID)

bool fj_file_is_layered(const struct fj_file *file, int dirfd, const char *name)
{
	return fj_owner_is_layered(file->dev, dirfd, name);
}

/* Makes a change that changes nothing, so that the kernel copies the file up. A chown would clear
 * set-id bits. If another user owns such a file, this user cannot change it at all, so it is never
 * copied up. */
static long make_kernel_copy_up(int dirfd, const char *name, const struct fj_file *file)
{
	if ((file->real_mode & FJ_S_IFMT) == FJ_S_IFREG && (file->real_mode & SET_ID))
		return fj_file_chmod_disk(dirfd, name, file->real_mode & 07777);
	return fj_sys_fchownat(
		dirfd, name, FJ_NO_ID, FJ_NO_ID, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW);
}

static bool is_same_key(const struct fj_owner_key *a, const struct fj_owner_key *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->stamp == b->stamp;
}

/* From now on the record is under the file's own key. */
static long take_key(
	int dirfd, const char *name, const struct fj_owner_key *from, struct fj_file *file)
{
	const uint32_t home = file->key.home;

	file->key = file->natural;
	file->key.home = home;
	fj_owner_mark(&file->key, file->dev, dirfd, name, file->real_mode);
	return file->has_record && !is_same_key(from, &file->key) ?
		       fj_owner_renew(from, &file->key) :
		       0;
}

long fj_file_settle(struct fj_call *c, int dirfd, const char *name, struct fj_file *file)
{
	const struct fj_owner_key key = file->key;
	struct fj_file before;
	long r;

	/* A descriptor of a pretended device is the host's device. The node was made in the jail,
	 * so it is in the upper layer already. */
	if (file->owner.flags & FJ_OWNER_DEVICE)
		return 0;
	if (file->key.stamp == FJ_OWNER_NO_STAMP)
		return take_key(dirfd, name, &key, file);
	if (!fj_file_is_layered(file, dirfd, name) || make_kernel_copy_up(dirfd, name, file) < 0)
		return 0; /* a user who may not change the file may pretend to, as on any file
			     system */
	before = *file;
	r = fj_file_look(c, dirfd, name, AT_EMPTY_PATH, file);
	if (r < 0)
		return r;
	if (!before.has_record || is_same_key(&before.key, &file->natural))
		return file->has_record ? 0 : take_key(dirfd, name, &before.key, file);
	/* The record was made in a container whose layer is a lower one now. */
	file->has_record = true;
	r = take_key(dirfd, name, &before.key, file);
	return r < 0 ? r : fj_file_look(c, dirfd, name, AT_EMPTY_PATH, file);
}
