/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * perm.c - what an identity may do with a file, judged by what the file shows: generic_permission()
 * of fs/namei.c and similar functions. Called by permission/ and inode/. */
#include "bytes/equal.h"
#include "cred/ids.h"
#include "ownership/ownership.h"
#include "records/records.h"
#include "sys/abi.h"

#include <linux/errno.h>
#include <stdbool.h>
#include <stdint.h>

#define ANY_X 0111u

/* Do the mode bits, or the access control list, allow it? */
static bool bits_allow(const struct fj_ids *ids, const struct fj_owner *file, unsigned want)
{
	const long listed = fj_acl_may(ids, file, want);
	unsigned bits = file->mode;

	if (listed != -ENODATA)
		return !listed;
	if (ids->fsuid == file->uid)
		bits >>= 6;
	else if (fj_ids_in_group(ids, file->gid))
		bits >>= 3;
	return !(want & ~bits);
}

long fj_may(const struct fj_ids *ids, const struct fj_owner *file, unsigned want)
{
	const bool is_dir = (file->mode & FJ_S_IFMT) == FJ_S_IFDIR;

	if (bits_allow(ids, file, want))
		return 0;
	if ((is_dir ? !(want & FJ_MAY_WRITE) : want == FJ_MAY_READ) &&
		fj_ids_can(ids, FJ_CAP_DAC_READ_SEARCH))
		return 0;
	if ((is_dir || !(want & FJ_MAY_EXEC) || (file->mode & ANY_X)) &&
		fj_ids_can(ids, FJ_CAP_DAC_OVERRIDE))
		return 0;
	return -EACCES;
}

bool fj_is_owner(const struct fj_ids *ids, const struct fj_owner *file)
{
	return ids->fsuid == file->uid || fj_ids_can(ids, FJ_CAP_FOWNER);
}

long fj_may_delete(
	const struct fj_ids *ids, const struct fj_owner *dir, const struct fj_owner *victim)
{
	const long r = fj_may(ids, dir, FJ_MAY_WRITE | FJ_MAY_EXEC);

	if (r < 0)
		return r;
	if ((dir->mode & FJ_S_ISVTX) && ids->fsuid != victim->uid && ids->fsuid != dir->uid &&
		!fj_ids_can(ids, FJ_CAP_FOWNER))
		return -EPERM;
	return 0;
}

long fj_may_chown(const struct fj_ids *ids, const struct fj_owner *file, uint32_t uid, uint32_t gid)
{
	const bool is_owner = ids->fsuid == file->uid;

	if (fj_ids_can(ids, FJ_CAP_CHOWN))
		return 0;
	if (uid != FJ_NO_ID && !(is_owner && uid == file->uid))
		return -EPERM;
	if (gid != FJ_NO_ID && !(is_owner && (gid == file->gid || fj_ids_in_group(ids, gid))))
		return -EPERM;
	return 0;
}

/* xattr_permission() of fs/xattr.c, cap_inode_setxattr() of security/commoncap.c. */
long fj_may_attribute(
	const struct fj_ids *ids, const struct fj_owner *file, const char *name, bool writes)
{
	const uint32_t type = file->mode & FJ_S_IFMT;

	if (fj_begins(name, "system."))
		return 0; /* inode/acl.c asks that, after it has read the list */
	if (fj_begins(name, "security.")) {
		if (!writes)
			return 0;
		return fj_ids_can(ids, fj_streq(name, "security.capability") ? FJ_CAP_SETFCAP :
									       FJ_CAP_SYS_ADMIN) ?
			       0 :
			       -EPERM;
	}
	if (fj_begins(name, "trusted.")) /* whatever the file's mode is */
		return fj_ids_can(ids, FJ_CAP_SYS_ADMIN) ? 0 : writes ? -EPERM : -ENODATA;
	if (fj_begins(name, "user.")) {
		if (type != FJ_S_IFDIR && type != FJ_S_IFREG)
			return writes ? -EPERM : -ENODATA;
		if (writes && type == FJ_S_IFDIR && (file->mode & FJ_S_ISVTX) &&
			!fj_is_owner(ids, file))
			return -EPERM;
	}
	return fj_may(ids, file, writes ? FJ_MAY_WRITE : FJ_MAY_READ);
}
