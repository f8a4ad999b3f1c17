/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * acl.c - access control lists, judged as the kernel judges them (fs/posix_acl.c).
 *
 * A list is kept among the file's attributes as it was set, in the form of its extended attribute
 * (linux/posix_acl_xattr.h). The entries for owner, mask (or group) and others show the mode's
 * bits. They are taken from the mode whenever the list is read, so chmod need not change the list.
 * Called by perm.c and inode/acl.c. */
#include "bytes/copy.h"
#include "cred/ids.h"
#include "ownership/ownership.h"
#include "records/records.h"

#include <linux/errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { /* linux/posix_acl.h */
	USER_OBJ = 1,
	USER = 2,
	GROUP_OBJ = 4,
	GROUP = 8,
	MASK = 16,
	OTHER = 32
};

#define ACL_VERSION 2u /* POSIX_ACL_XATTR_VERSION */
#define HEAD 4u	       /* struct posix_acl_xattr_header: the version */

struct entry { /* struct posix_acl_xattr_entry */
	uint16_t tag, perm;
	uint32_t id;
};

static struct entry acl_entry_at(const char *value, size_t i)
{
	struct entry e;

	memcpy(&e, value + HEAD + i * sizeof(e), sizeof(e));
	return e;
}

static size_t count_of(size_t size)
{
	return size < HEAD ? 0 : (size - HEAD) / sizeof(struct entry);
}

/* posix_acl_from_xattr(), posix_acl_valid(), posix_acl_equiv_mode() of fs/posix_acl.c. */
long fj_acl_read(const char *value, size_t size, bool *is_mode)
{
	uint32_t version, last_tag = 0, mode = 0, seen = 0;

	if (size < HEAD)
		return -EINVAL;
	memcpy(&version, value, sizeof(version));
	if (version != ACL_VERSION)
		return -EOPNOTSUPP;
	if ((size - HEAD) % sizeof(struct entry))
		return -EINVAL;
	for (size_t i = 0; i < count_of(size); i++) {
		const struct entry e = acl_entry_at(value, i);
		const bool is_named = e.tag == USER || e.tag == GROUP;

		if (e.perm & ~7u || e.tag < last_tag || (e.tag == last_tag && !is_named) ||
			(is_named && e.id == FJ_NO_ID))
			return -EINVAL;
		last_tag = e.tag;
		seen |= e.tag;
		switch (e.tag) {
		case USER_OBJ:
			mode |= (uint32_t)e.perm << 6;
			break;
		case GROUP_OBJ:
			mode |= (uint32_t)e.perm << 3;
			break;
		case MASK:
			mode = (mode & ~070u) | (uint32_t)e.perm << 3;
			break;
		case OTHER:
			mode |= e.perm;
			break;
		case USER:
		case GROUP:
			break;
		default:
			return -EINVAL;
		}
	}
	*is_mode = !(seen & (USER | GROUP | MASK));
	if (size == HEAD)
		return 0; /* an empty list */
	if ((seen & (USER_OBJ | GROUP_OBJ | OTHER)) != (USER_OBJ | GROUP_OBJ | OTHER) ||
		((seen & (USER | GROUP)) && !(seen & MASK)))
		return -EINVAL;
	return (long)mode;
}

/* __posix_acl_chmod_masq() of fs/posix_acl.c */
void fj_acl_take_mode(char *value, size_t size, uint32_t mode)
{
	struct entry *const e = (struct entry *)(value + HEAD), *group = NULL;

	for (size_t i = 0; i < count_of(size); i++) {
		if (e[i].tag == USER_OBJ)
			e[i].perm = mode >> 6 & 7;
		if (e[i].tag == OTHER)
			e[i].perm = mode & 7;
		if (e[i].tag == MASK || (e[i].tag == GROUP_OBJ && !group))
			group = &e[i];
	}
	if (group)
		group->perm = mode >> 3 & 7;
}

struct question {
	const struct fj_ids *ids;
	const struct fj_owner *file;
	unsigned want;
};

static long acl_answer(bool allows)
{
	return allows ? 0 : -EACCES;
}

/* posix_acl_permission() of fs/posix_acl.c, for a caller who is not the owner. `value` may change
 * while it is read: each entry is copied, and attributes.c drops the answer then. */
static long judge_acl(const char *value, size_t size, void *context)
{
	const struct question *q = context;
	const uint32_t mode = q->file->mode, mask = mode >> 3 & 7;
	bool is_member = false, has_mask = false;

	for (size_t i = 0; i < count_of(size); i++)
		has_mask = has_mask || acl_entry_at(value, i).tag == MASK;
	for (size_t i = 0; i < count_of(size); i++) {
		const struct entry e = acl_entry_at(value, i);
		const uint32_t perm = e.tag == GROUP_OBJ && !has_mask ? mask : e.perm;

		switch (e.tag) {
		case USER:
			if (e.id == q->ids->fsuid)
				return acl_answer(!(q->want & ~(perm & mask)));
			break;
		case GROUP_OBJ:
		case GROUP:
			if (!fj_ids_in_group(q->ids, e.tag == GROUP ? e.id : q->file->gid))
				break;
			is_member = true;
			if (!(q->want & ~perm))
				return acl_answer(!(q->want & ~(perm & mask)));
			break;
		case OTHER:
			return acl_answer(!is_member && !(q->want & ~mode & 7));
		default:
			break;
		}
	}
	return -EACCES;
}

long fj_acl_may(const struct fj_ids *ids, const struct fj_owner *file, unsigned want)
{
	struct question q = {.ids = ids, .file = file, .want = want & 7};

	/* acl_permission_check() of fs/namei.c does not look at the list when no group bit is
	 * set. */
	if (!(file->flags & FJ_OWNER_ATTRIBUTES) || ids->fsuid == file->uid || !(file->mode & 070))
		return -ENODATA;
	return fj_owner_look_at_attribute(&file->key, FJ_ACL_ACCESS, judge_acl, &q);
}
