/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * xattr_list.c - which extended attributes of a file the program may see: the kernel's names and
 * the record's in a list. Called by hook_xattr.c. */
#include "bytes/bytes.h"
#include "bytes/copy.h"
#include "bytes/equal.h"
#include "bytes/len.h"
#include "bytes/str.h"
#include "cred/ids.h"
#include "guest/guest.h"
#include "inode/owned.h"
#include "layers/union.h"
#include "mount-table/mount_flags.h"
#include "ownership/ownership.h"
#include "path/path.h"
#include "records/records.h"
#include "sys/scratch.h"
#include "sys/scratch_mark.h"
#include "union/union.h"
#include "xattr/xattr.h"

#include <linux/errno.h>
#include <linux/xattr.h>

#define ESCAPE "overlay." /* OVL_XATTR_ESCAPE_PREFIX of fs/overlayfs/overlayfs.h */
#define NAMES_MAX 8192u

/* The beginning of the name after the one at `at`, in a list of `len` bytes. The list is in the program's memory: another
 * thread may change it, and then perhaps no name ends. */
static long next_name(const char *names, long at, long len)
{
	while (at < len && names[at])
		at++;
	return at + 1;
}

/* Takes our own tag (ownership/tag.c) from the kernel's list. If only the length was asked for,
 * the length may be too large. */
static long without_tag(const struct fj_xattr *q, const struct fj_file *file, long len)
{
	char *names = (char *)q->value;
	const long size = (long)sizeof(FJ_OWNER_TAG);

	if (!q->size || (!file->has_record && !fj_owner_is_forgetful &&
				!fj_file_is_layered(file, q->file.dirfd, q->file.name)))
		return len;
	for (long at = 0; at + size <= len; at = next_name(names, at, len))
		if (fj_streq(names + at, FJ_OWNER_TAG)) {
			memmove(names + at, names + at + size, (size_t)(len - at - size));
			return len - size;
		}
	return len;
}

/* How many unions' escapes are in the names there; 0 outside unions. */
static unsigned escapes_at(struct fj_thread *t, const struct fj_xattr *q)
{
	const uint32_t mark = fj_scratch_mark(t);
	struct fj_mount_found m;
	struct fj_str pos;
	unsigned n = 0;

	if (!fj_mount_flags()->has_unions || q->file.name[0])
		return 0;
	fj_str_init(&pos, fj_scratch_path(t), PATH_MAX);
	if (fj_path_of_dir(t, q->file.dirfd, &pos) && fj_mount_of(pos.at, &m, NULL) &&
		(m.flags & FJ_MOUNT_UNION))
		n = m.flags & FJ_MOUNT_NESTED ? 2 : 1;
	fj_scratch_release(t, mark);
	return n;
}

uint64_t fj_xattr_copy_name(struct fj_thread *t, uint64_t name)
{
	char *copy = fj_scratch(t, FJ_XATTR_NAME);
	const long r = fj_guest_string(copy, name, FJ_XATTR_NAME);

	if (r == -EFAULT)
		return UINT64_MAX;
	if (r < 0)
		copy[0] = 0;
	return (uint64_t)copy;
}

/* A union knows its layers by some of these attributes. No program may see the origin: if a program
 * copied a file with all attributes, the copy would pass for the lower file, too. The others must
 * not be seen in the union. An attribute with such a name that is set in the union has another name
 * on the disk: ovl_xattr_escape_name() of fs/overlayfs/xattrs.c. */
long fj_xattr_escape(struct fj_thread *t, struct fj_xattr *q)
{
	const size_t before = sizeof(FJ_UNION_PREFIX) - 1, len = sizeof(ESCAPE) - 1;
	unsigned n;
	size_t all;

	if (!fj_begins(q->text, FJ_UNION_PREFIX))
		return 0;
	n = escapes_at(t, q);
	if (!n)
		return fj_streq(q->text, FJ_UNION_ORIGIN) ? -EPERM : 0;
	all = fj_strlen(q->text) + 1;
	if (all + n * len > sizeof(q->text))
		return -EPERM;
	memmove(q->text + before + n * len, q->text + before, all - before);
	while (n--)
		memcpy(q->text + before + n * len, ESCAPE, len);
	return 0;
}

/* The name to show for the kept attribute `name` of a file whose names have `n` escapes; NULL: do
 * not show it. */
static const char *shown_name(const char *name, unsigned n)
{
	const size_t before = sizeof(FJ_UNION_PREFIX) - 1, len = sizeof(ESCAPE) - 1;

	if (!fj_begins(name, FJ_UNION_PREFIX))
		return name;
	if (fj_streq(name, FJ_UNION_ORIGIN) || fj_streq(name, FJ_UNION_NESTED_WHITEOUT))
		return NULL;
	for (unsigned i = 0; i < n; i++)
		if (!fj_begins(name + before + i * len, ESCAPE))
			return NULL;
	/* The escape is in the middle: the part before it moves up, in the buffer of the names. */
	memmove((char *)name + n * len, name, n ? before : 0);
	return name + n * len;
}

/* The kernel's names, then those kept names that are not among them. */
long fj_xattr_list(struct fj_thread *t, const struct fj_xattr *q, const struct fj_file *file)
{
	const uint32_t mark = fj_scratch_mark(t);
	const long kernel = without_tag(q, file, fj_xattr_ask(q, FJ_XATTR_LIST));
	long kept, total = kernel;
	unsigned escapes;
	char *names;

	if (kernel < 0 || !(file->owner.flags & FJ_OWNER_ATTRIBUTES))
		return kernel;
	kept = fj_owner_list_attributes(&file->key, NULL, 0);
	if (kept <= 0 || kept > (long)NAMES_MAX)
		return kept < 0 ? kept : kernel;
	names = fj_scratch(t, NAMES_MAX);
	kept = fj_owner_list_attributes(&file->key, names, NAMES_MAX);
	escapes = escapes_at(t, q);
	for (long at = 0, next; at < kept && total >= 0; at = next) {
		next = at + (long)fj_strlen(names + at) + 1;
		const char *name = shown_name(names + at, escapes);
		const long len = name ? (long)fj_strlen(name) + 1 : 0;
		bool is_known = !name;

		for (long k = 0; q->size && k + len <= kernel;
			k = next_name((char *)q->value, k, kernel))
			is_known = is_known || fj_streq((char *)q->value + k, name);
		if (is_known || (fj_begins(name, XATTR_TRUSTED_PREFIX) &&
					!fj_ids_can(fj_ids(), FJ_CAP_SYS_ADMIN)))
			continue;
		if (!q->size)
			total += len;
		else if (total + len > (long)q->size)
			total = -ERANGE;
		else
			total = fj_guest_write(q->value + (uint64_t)total, name, (size_t)len) ?
					-EFAULT :
					total + len;
	}
	fj_scratch_release(t, mark);
	return total;
}
