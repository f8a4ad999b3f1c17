/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * acl.c - access control lists of files: setting, reading and inheriting them (acl(5)). Called by
 * making.c and xattr/.
 *
 * An access list and the mode belong together: setting one changes the other. ownership/acl.c reads
 * what a list says. */
#include "bytes/equal.h"
#include "call/call.h"
#include "cred/ids.h"
#include "facts/facts.h"
#include "guest/guest.h"
#include "inode/owned.h"
#include "layers/place.h"
#include "ownership/ownership.h"
#include "sys/abi.h"
#include "sys/scratch.h"
#include "sys/scratch_mark.h"

#include <linux/errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ACL_MAX 8192u /* about 1000 entries; ext4 holds about 500 */
#define HEAD 4u	      /* struct posix_acl_xattr_header of linux/posix_acl_xattr.h */

bool fj_acl_default(struct fj_call *c, const struct fj_owner_key *key, uint32_t *mode)
{
	const uint32_t mark = fj_scratch_mark(c->thread);
	char *value = fj_scratch(c->thread, ACL_MAX);
	const long size = fj_owner_get_attribute(key, FJ_ACL_DEFAULT, value, ACL_MAX);
	bool is_mode;
	const long granted =
		size > (long)HEAD ? fj_acl_read(value, (size_t)size, &is_mode) : -ENODATA;

	fj_scratch_release(c->thread, mark);
	if (granted < 0)
		return false;
	*mode &= ~0777u | (uint32_t)granted; /* posix_acl_create_masq() of fs/posix_acl.c */
	return true;
}

void fj_acl_inherit(
	struct fj_call *c, const struct fj_owner_key *parent, const struct fj_file *file)
{
	const uint32_t mark = fj_scratch_mark(c->thread);
	char *value = fj_scratch(c->thread, ACL_MAX);
	const long size = fj_owner_get_attribute(parent, FJ_ACL_DEFAULT, value, ACL_MAX);
	bool is_mode;

	if (size > (long)HEAD && fj_acl_read(value, (size_t)size, &is_mode) >= 0) {
		/* In this order, which listxattr(2) shows. */
		if ((file->real_mode & FJ_S_IFMT) == FJ_S_IFDIR)
			fj_owner_set_attribute(
				&file->key, FJ_ACL_DEFAULT, value, (size_t)size, 0, &file->owner);
		if (!is_mode)
			fj_owner_set_attribute(
				&file->key, FJ_ACL_ACCESS, value, (size_t)size, 0, &file->owner);
	}
	fj_scratch_release(c->thread, mark);
}

/* Removing a list that does not exist succeeds: set_posix_acl() of fs/posix_acl.c. */
static long set_none(const struct fj_file *file, const char *name)
{
	const long r = fj_owner_set_attribute(&file->key, name, NULL, 0, 0, &file->owner);

	return r == -ENODATA ? 0 : r;
}

static long set_list(struct fj_call *c, const struct fj_place *place, const char *name,
	struct fj_file *file, const char *value, size_t size)
{
	const bool is_access = fj_streq(name, FJ_ACL_ACCESS);
	bool is_mode = false;
	const long mode = fj_acl_read(value, size, &is_mode);
	long r = 0;

	if (mode < 0)
		return mode;
	if (size == HEAD)
		return set_none(file, name);
	if (is_access) /* posix_acl_update_mode() of fs/posix_acl.c */
		r = fj_file_chmod(c, place->dirfd, place->name, file,
			fj_owner_mode_allowed(fj_ids(), &file->owner,
				(file->owner.mode & 07000) | (uint32_t)mode));
	if (r < 0)
		return r;
	return is_access && is_mode ?
		       set_none(file, name) :
		       fj_owner_set_attribute(&file->key, name, value, size, 0, &file->owner);
}

/* do_set_acl() of fs/posix_acl.c checks the list before it checks the caller. */
long fj_acl_may_set(struct fj_call *c, const char *name, const struct fj_file *file, uint64_t value,
	uint64_t size)
{
	const uint32_t mark = fj_scratch_mark(c->thread);
	bool is_mode;
	char *copy;
	long r = 0;

	if (size > ACL_MAX)
		return -ENOSPC;
	copy = fj_scratch(c->thread, ACL_MAX);
	if (size)
		r = fj_guest_read(copy, value, size);
	if (size && !r)
		r = fj_acl_read(copy, size, &is_mode);
	fj_scratch_release(c->thread, mark);
	if (r < 0)
		return r;
	if ((file->owner.mode & FJ_S_IFMT) == FJ_S_IFLNK)
		return -EOPNOTSUPP;
	if (!fj_streq(name, FJ_ACL_ACCESS) && (file->owner.mode & FJ_S_IFMT) != FJ_S_IFDIR)
		return size > HEAD ? -EACCES : 0;
	return fj_is_owner(fj_ids(), &file->owner) ? 1 : -EPERM;
}

long fj_acl_set(struct fj_call *c, const struct fj_place *place, const char *name,
	struct fj_file *file, uint64_t value, uint64_t size)
{
	const uint32_t mark = fj_scratch_mark(c->thread);
	char *copy;
	long r;

	copy = fj_scratch(c->thread, ACL_MAX);
	r = fj_guest_read(copy, value, size);
	if (!r)
		r = size ? set_list(c, place, name, file, copy, size) : set_none(file, name);
	fj_scratch_release(c->thread, mark);
	/* Remembered search permissions of this directory may be wrong now. */
	if ((file->owner.mode & FJ_S_IFMT) == FJ_S_IFDIR)
		fj_facts_forget();
	return r;
}

long fj_acl_get(struct fj_call *c, const char *name, const struct fj_file *file, uint64_t value,
	uint64_t size)
{
	const uint32_t mark = fj_scratch_mark(c->thread);
	char *copy = fj_scratch(c->thread, ACL_MAX);
	long r = fj_owner_get_attribute(&file->key, name, copy, ACL_MAX);

	if (r > 0 && fj_streq(name, FJ_ACL_ACCESS))
		fj_acl_take_mode(copy, (size_t)r, file->owner.mode);
	if (r > 0 && size)
		r = (uint64_t)r > size			   ? -ERANGE :
		    fj_guest_write(value, copy, (size_t)r) ? -EFAULT :
							     r;
	fj_scratch_release(c->thread, mark);
	return r;
}
