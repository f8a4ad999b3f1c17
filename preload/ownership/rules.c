/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * rules.c - what a change of owner or mode means for the record and for the disk. Called by
 * file/hook_setattr.c, inode/ and others that change modes. */
#include "cred/ids.h"
#include "ownership/ownership.h"
#include "records/records.h"
#include "sys/abi.h"

#define SET_UID 04000u

uint32_t fj_owner_real_mode(uint32_t mode, bool keeps_write)
{
	uint32_t real = mode & (keeps_write ? 0777 : 0755);

	if ((mode & FJ_S_IFMT) == FJ_S_IFDIR)
		return real | 0700;
	/* Root may execute a file that anybody may execute: generic_permission() of fs/namei.c. */
	return real | 0600 | (real & 0111 ? 0100 : 0);
}

/* in_group_or_capable() of fs/inode.c */
static bool may_keep_group(const struct fj_ids *ids, const struct fj_owner *file)
{
	return fj_ids_can(ids, FJ_CAP_FSETID) || fj_ids_in_group(ids, file->gid);
}

uint32_t fj_owner_mode_allowed(const struct fj_ids *ids, const struct fj_owner *file, uint32_t mode)
{
	return may_keep_group(ids, file) ? mode : mode & ~FJ_S_ISGID;
}

uint32_t fj_owner_mode_after_chown(const struct fj_ids *ids, const struct fj_owner *file)
{
	const uint32_t mode = file->mode & ~SET_UID;

	if ((mode & FJ_S_IFMT) == FJ_S_IFDIR)
		return file->mode;
	/* Without group execute permission this bit is no set-id bit: setattr_should_drop_sgid() of
	 * fs/attr.c. */
	return mode & 0010 ? mode & ~FJ_S_ISGID : fj_owner_mode_allowed(ids, file, mode);
}

uint32_t fj_owner_mode_after_write(const struct fj_ids *ids, const struct fj_owner *file)
{
	return (file->mode & FJ_S_IFMT) != FJ_S_IFREG || fj_ids_can(ids, FJ_CAP_FSETID) ?
		       file->mode :
		       fj_owner_mode_after_chown(ids, file);
}
