/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * xattr_list.c - which extended attributes of a file the program may know of: the names that a list
 * tells, the kernel's and the record's. Called by hook_xattr.c. */
#include "xattr/xattr.h"

#include "inode/owned.h"
#include "layers/union.h"
#include "union/union.h"
#include "sys/guest.h"
#include "call/call.h"
#include "cred/ids.h"
#include "jail/mount_flags.h"
#include "own/own.h"
#include "path/path.h"
#include "records/records.h"
#include "sys/scratch.h"
#include "sys/sys.h"

#include <linux/xattr.h>

#define NAMES_MAX 8192u

/* What the kernel has listed without our own (own/tag.c). Of the length alone, which may be too
 * much, nothing is known. */
static long without_tag(const struct fj_xattr *q, const struct fj_file *file, long len)
{
	char *names = (char *)q->value;
	const long size = (long)sizeof(FJ_OWN_TAG);

	if (!q->size || (!file->has_record && !fj_own_is_forgetful &&
				!fj_file_is_layered(file, q->file.dirfd, q->file.name)))
		return len;
	for (long at = 0; at + size <= len; at += (long)fj_strlen(names + at) + 1)
		if (fj_streq(names + at, FJ_OWN_TAG)) {
			memmove(names + at, names + at + size, (size_t)(len - at - size));
			return len - size;
		}
	return len;
}

/* Is it one of those by which a union knows its layers? The origin nobody may see, or a copy that
 * somebody makes with all attributes would pass for the lower file too; the others are not to be
 * seen in the union. */
bool fj_xattr_is_unions(struct fj_call *c, const struct fj_xattr *q, const char *name)
{
	const uint32_t mark = fj_scratch_mark(c->thread);
	struct fj_str pos;
	bool is;

	if (!fj_begins(name, FJ_UNION_PREFIX))
		return false;
	if (fj_streq(name, FJ_UNION_ORIGIN))
		return true;
	if (!fj_mount_flags()->has_unions || q->file.name[0])
		return false;
	fj_str_init(&pos, fj_scratch_path(c->thread), FJ_PATH_MAX);
	is = fj_path_of_dir(c->thread, q->file.dirfd, &pos) && fj_union_holds(pos.at);
	fj_scratch_release(c->thread, mark);
	return is;
}

/* The kernel's names, then the kept ones that are not among them. */
long fj_xattr_list(struct fj_call *c, const struct fj_xattr *q, const struct fj_file *file)
{
	const uint32_t mark = fj_scratch_mark(c->thread);
	const long kernel = without_tag(q, file, fj_xattr_ask(q, FJ_XATTR_LIST));
	long kept, total = kernel;
	char *names;

	if (kernel < 0 || !(file->owner.flags & FJ_OWN_ATTRIBUTES))
		return kernel;
	kept = fj_own_list_attributes(&file->key, NULL, 0);
	if (kept <= 0 || kept > (long)NAMES_MAX)
		return kept < 0 ? kept : kernel;
	names = fj_scratch(c->thread, NAMES_MAX);
	kept = fj_own_list_attributes(&file->key, names, NAMES_MAX);
	for (long at = 0; at < kept && total >= 0; at += (long)fj_strlen(names + at) + 1) {
		const long len = (long)fj_strlen(names + at) + 1;
		bool is_known = false;

		for (long k = 0; q->size && k < kernel;
			k += (long)fj_strlen((char *)q->value + k) + 1)
			is_known = is_known || fj_streq((char *)q->value + k, names + at);
		if (is_known || fj_xattr_is_unions(c, q, names + at) ||
			(fj_begins(names + at, XATTR_TRUSTED_PREFIX) &&
				!fj_ids_can(fj_ids(), FJ_CAP_SYS_ADMIN)))
			continue;
		if (!q->size)
			total += len;
		else if (total + len > (long)q->size)
			total = -ERANGE;
		else
			total = fj_guest_write(
					q->value + (uint64_t)total, names + at, (size_t)len) ?
					-EFAULT :
					total + len;
	}
	fj_scratch_release(c->thread, mark);
	return total;
}
