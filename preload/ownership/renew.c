/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * renew.c - copies a record to another key, after overlayfs has copied its file up and so changed
 * the file's key. Called by inode/settle.c, union/copy_shown.c, and the tool behind `fakejail owners`. */
#include "met-roots/stores.h"
#include "ownership/ownership.h"
#include "records/store.h"

#include <linux/errno.h>

/* Runs with the lock. The old record stays, unless the new one takes its slot: other names of the
 * file may still lead to the old file. */
static long renew_record(struct fj_store_hold *hold, void *data)
{
	const struct fj_owner_key *const *keys = data, *from = keys[0], *to = keys[1];
	struct fj_store_copy copy, there;
	struct fj_store *s = hold->s, *old;
	uint32_t made = 0, at = 0;
	long r = 0;

	if (fj_store_find(s, to, false, &there, NULL, NULL))
		return 0; /* another process was faster */
	while ((old = fj_store_each(&at)))
		if (fj_store_find(old, from, false, &copy, NULL, NULL))
			break;
	if (!old)
		return 0;
	/* The attributes are copied, because taking over the slot frees the old block. */
	if (fj_store_attributes(&copy))
		r = fj_store_block_copy(old, fj_store_attributes(&copy), hold, &made);
	if (r < 0)
		return r;
	if (copy.flags & FJ_OWNER_ATTRIBUTES)
		copy.attributes = made;
	r = fj_store_put(hold, to, &copy);
	if (r < 0 && made)
		fj_store_block_give(hold, made);
	return r;
}

long fj_owner_renew(const struct fj_owner_key *from, const struct fj_owner_key *to)
{
	const struct fj_owner_key *keys[] = {from, to};

	return fj_store_count ? fj_store_change(fj_store_home(to), renew_record, keys) : -EROFS;
}
