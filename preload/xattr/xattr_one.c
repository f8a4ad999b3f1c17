/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * xattr_one.c - sets, reads and removes one attribute of a file that was found. hook_xattr.c, which
 * calls this, says which attributes are the disk's and which the record's. */
#include "bytes/equal.h"
#include "guest/guest.h"
#include "inode/owned.h"
#include "inode/writes.h"
#include "ownership/ownership.h"
#include "xattr/xattr.h"

#include <linux/errno.h>
#include <linux/xattr.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool fj_xattr_is_acl(const char *name)
{
	return fj_streq(name, FJ_ACL_ACCESS) || fj_streq(name, FJ_ACL_DEFAULT);
}

bool fj_xattr_is_kept(const char *name)
{
	return fj_begins(name, XATTR_SECURITY_PREFIX) || fj_begins(name, XATTR_TRUSTED_PREFIX) ||
	       fj_xattr_is_acl(name);
}

long fj_xattr_check_capability(uint64_t value, uint64_t size)
{
	uint32_t magic;

	if (!size) /* vfs_setxattr() of fs/xattr.c */
		return 0;
	if (size != 12 && size != 20 && size != 24)
		return -EINVAL;
	if (fj_guest_read(&magic, value, sizeof(magic)))
		return -EFAULT;
	magic &= 0xff000000u; /* VFS_CAP_REVISION_MASK, linux/capability.h; revision 1 has 12 bytes,
				 2 has 20, 3 has 24 */
	return (size == 20 && magic == 0x02000000u) || (size == 24 && magic == 0x03000000u) ?
		       0 :
		       -EINVAL;
}

/* A device can have no user attributes (xattr(7)), but on the disk a pretended device is a regular
 * file. */
static bool refuses_attribute(const struct fj_xattr *q, const struct fj_file *file)
{
	return (file->owner.flags & FJ_OWNER_DEVICE) && fj_begins(q->text, XATTR_USER_PREFIX);
}

long fj_xattr_set(struct fj_call *c, const struct fj_xattr *q, struct fj_file *file)
{
	long r;

	if (q->flags & ~(uint32_t)(XATTR_CREATE | XATTR_REPLACE))
		return -EINVAL;
	if (q->size > FJ_ATTRIBUTE_MAX)
		return -E2BIG;
	if (!fj_xattr_is_kept(q->text))
		return refuses_attribute(q, file) ? -EPERM : fj_xattr_ask(q, FJ_XATTR_SET);
	if (fj_xattr_is_acl(q->text) &&
		(r = fj_acl_may_set(c, q->text, file, q->value, q->size)) <= 0)
		return r;
	r = fj_file_settle(c, q->file.dirfd, q->file.name, file);
	if (!r)
		r = fj_file_touch(q->file.dirfd, q->file.name, file, true);
	if (r < 0)
		return r;
	if (fj_xattr_is_acl(q->text))
		return fj_acl_set(c, &q->file, q->text, file, q->value, q->size);
	if (fj_streq(q->text, FJ_CAPABILITY)) {
		r = fj_xattr_check_capability(q->value, q->size);
		if (r < 0)
			return r;
		fj_writes_watch_capability(); /* the process may have the file open */
	}
	return fj_owner_set_attribute(&file->key, q->text, q->size ? (const void *)q->value : "",
		q->size, (int)q->flags, &file->owner);
}

long fj_xattr_get(struct fj_call *c, const struct fj_xattr *q, const struct fj_file *file)
{
	long r;

	if (!fj_xattr_is_kept(q->text))
		return refuses_attribute(q, file) ? -ENODATA : fj_xattr_ask(q, FJ_XATTR_GET);
	if (fj_begins(q->text, XATTR_SYSTEM_PREFIX))
		r = fj_acl_get(c, q->text, file, q->value, q->size);
	else
		r = fj_owner_get_attribute(&file->key, q->text, (void *)q->value, q->size);
	if (!r && fj_streq(q->text, FJ_CAPABILITY))
		return -EINVAL; /* an empty one: cap_inode_getsecurity() of security/commoncap.c */
	/* If the record has none, the disk may have one. */
	return r == -ENODATA ? fj_xattr_ask(q, FJ_XATTR_GET) : r;
}

long fj_xattr_remove(struct fj_call *c, const struct fj_xattr *q, struct fj_file *file)
{
	long r;

	if (!fj_xattr_is_kept(q->text))
		return refuses_attribute(q, file) ? -EPERM : fj_xattr_ask(q, FJ_XATTR_REMOVE);
	if (fj_xattr_is_acl(q->text) && (r = fj_acl_may_set(c, q->text, file, 0, 0)) <= 0)
		return r;
	r = fj_file_settle(c, q->file.dirfd, q->file.name, file);
	if (!r)
		r = fj_file_touch(q->file.dirfd, q->file.name, file, true);
	if (!r)
		r = fj_owner_set_attribute(&file->key, q->text, NULL, 0, 0, &file->owner);
	return r == -ENODATA && fj_xattr_is_acl(q->text) ? 0 : r; /* removing a missing ACL
								     succeeds */
}
