/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * records.c - the files of records of a tree and of its private copy, by the engine's own code. The
 * copy's file is like the jail's own, the tree's like the host's records. Called by copy.c. */
#define _GNU_SOURCE
#include "records.h"
#include "bytes/hash.h"
#include "ownership/ownership.h"
#include "records/store.h"
#include "say.h"
#include "records/disk.h"
#include "records/start.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static struct fj_owner_key key_of(const struct looked *l)
{
	struct fj_owner_key key;

	fj_owner_key_of(l->x, l->dir, l->name, false, &key);
	return key;
}

/* What the file shows in a jail on the tree, if its copy would not show the same without a
 * record. */
static bool pretends(const struct looked *from, struct fj_owner *owner)
{
	const struct statx *x = from->x;
	const struct fj_owner_key key = key_of(from);
	struct fj_owner record;
	const bool is_device = S_ISCHR(x->stx_mode) || S_ISBLK(x->stx_mode);

	*owner = (struct fj_owner){.uid = x->stx_uid, .gid = x->stx_gid, .mode = x->stx_mode};
	if (x->stx_uid == (uint32_t)geteuid())
		owner->uid = owner->gid = 0;
	else
		owner->flags =
			FJ_OWNER_UID | FJ_OWNER_GID | (S_ISLNK(x->stx_mode) ? 0 : FJ_OWNER_MODE);
	if (is_device) {
		owner->rdev = (uint32_t)makedev(x->stx_rdev_major, x->stx_rdev_minor);
		owner->flags |= FJ_OWNER_DEVICE | FJ_OWNER_MODE;
	}
	if (fj_owner_find(&key, &record)) {
		owner->uid = record.uid;
		owner->gid = record.gid;
		owner->flags =
			FJ_OWNER_UID | FJ_OWNER_GID |
			(record.flags & (FJ_OWNER_MODE | FJ_OWNER_DEVICE | FJ_OWNER_ATTRIBUTES));
		if (record.flags & FJ_OWNER_MODE)
			owner->mode = (owner->mode & S_IFMT) | (record.mode & 07777);
		if (record.flags & FJ_OWNER_DEVICE) {
			owner->mode = record.mode;
			owner->rdev = record.rdev;
			owner->flags |= FJ_OWNER_MODE;
		}
	}
	return owner->flags != 0;
}

static void copy_attributes(const struct fj_owner_key *from, const struct fj_owner_key *to,
	const struct fj_owner *owner)
{
	static char names[FJ_ATTRIBUTE_MAX], value[FJ_ATTRIBUTE_MAX];
	const long size = fj_owner_list_attributes(from, names, sizeof(names));

	for (long at = 0; at < size; at += (long)strlen(names + at) + 1) {
		const long n = fj_owner_get_attribute(from, names + at, value, sizeof(value));

		if (n >= 0 &&
			fj_owner_set_attribute(to, names + at, value, (size_t)n, 0, owner) < 0)
			fail("cannot record an attribute in the copy");
	}
}

bool records_pretend(const struct looked *from)
{
	struct fj_owner owner;

	return pretends(from, &owner);
}

void records_copy(const struct looked *from, const struct looked *to)
{
	const struct fj_owner_key old = key_of(from);
	struct fj_owner_key key = key_of(to);
	struct fj_owner owner, without = {.mode = to->x->stx_mode};
	long r;

	if (!pretends(from, &owner))
		return;
	fj_owner_mark(&key, (uint32_t)makedev(to->x->stx_dev_major, to->x->stx_dev_minor), to->dir,
		to->name, to->x->stx_mode);
	r = fj_owner_set(&key,
		owner.flags & (FJ_OWNER_UID | FJ_OWNER_GID | FJ_OWNER_MODE | FJ_OWNER_DEVICE),
		&owner, &without, to->x->stx_mode & 07777);
	if (r < 0)
		fail("cannot record the owner of '%s' in the copy: %s", shown(from->name),
			strerror((int)-r));
	if (owner.flags & FJ_OWNER_ATTRIBUTES)
		copy_attributes(&old, &key, &owner);
}

unsigned records_disk_mode(const struct statx *x)
{
	if (x->stx_uid == (uint32_t)geteuid())
		return x->stx_mode & 07777;
	return fj_owner_real_mode(x->stx_mode, false) & 07777;
}

uint64_t records_hash(const char *root)
{
	return fj_hash(root, strlen(root), FJ_HASH_SEED);
}

bool records_create(int fd)
{
	const long r = fj_owner_create(fd);

	errno = r < 0 ? (int)-r : errno;
	return r >= 0;
}

void records_start(int fd, int host_owners, const char *name, int root)
{
	long r;

	fj_owner_is_scattered = fj_owner_scatters(root);
	if (host_owners >= 0 && fj_owner_check(host_owners) < 0)
		fail("'%s' is damaged: see fakejail owners check", name);
	fj_owner_shared = fj_owner_shared_with_others(fd, host_owners);
	if ((r = fj_owner_start(fd, host_owners)) < 0)
		fail("'%s' cannot be used: %s", name, strerror((int)-r));
}
