/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * record_flags.c - notes in a file's record that its last name is gone, or that it has got a name. Called by the
 * rooms that remove and make names. */
#include "met-roots/stores.h"
#include "ownership/ownership.h"
#include "records/records.h"
#include "records/store.h"

#include <stddef.h>
#include <stdint.h>

struct flags {
	const struct fj_owner_key *key;
	uint8_t set, clear;
};

static long put_flags(struct fj_store_hold *hold, void *data)
{
	const struct flags *q = data;
	struct fj_store_copy copy;

	if (!fj_store_find(hold->s, q->key, false, &copy, NULL, NULL))
		return 0;
	copy.flags = (uint8_t)((copy.flags | q->set) & ~q->clear);
	return fj_store_put(hold, q->key, &copy);
}

static void change_flags(const struct fj_owner_key *key, uint8_t set, uint8_t clear)
{
	struct flags q = {key, set, clear};
	struct fj_store *s;

	for (uint32_t at = 0; (s = fj_store_each(&at)) != NULL;) {
		struct fj_store_copy copy;

		if (fj_store_find(s, key, false, &copy, NULL, NULL))
			fj_store_change(s, put_flags, &q);
	}
}

void fj_owner_gone(const struct fj_owner_key *key)
{
	change_flags(key, FJ_OWNER_GONE, 0);
}

void fj_owner_named(const struct fj_owner_key *key)
{
	change_flags(key, 0, FJ_OWNER_NAMELESS);
}
