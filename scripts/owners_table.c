/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * owners_table.c - the verbs check and prune: the records one by one, as they lie in their file. */
#include "owners.h"

/* Every slot of the table, one by one. Returns how many are damaged. */
static unsigned long check_slots(unsigned long *live, unsigned long *gone)
{
	struct fj_store *s = &fj_store[0];
	unsigned long bad = 0;
	uint32_t mask;
	const struct fj_store_slot *slots = fj_store_slots(s, fj_store_head(s)->table, &mask);

	for (uint32_t i = 0; i <= mask; i++) {
		const struct fj_store_copy *copy = &slots[i].copy[slots[i].state & FJ_SLOT_SECOND];

		if (!(slots[i].state & FJ_SLOT_LIVE))
			continue;
		++*live;
		*gone += (copy->flags & FJ_OWN_GONE) != 0;
		bad += fj_store_check(&slots[i], copy) != copy->check;
	}
	return bad;
}

int owners_check(const char *db)
{
	unsigned long live = 0, gone = 0;
	const unsigned long bad = check_slots(&live, &gone);

	printf("%s: %lu records, %lu of removed files, %lu damaged\n", db, live, gone, bad);
	return bad != 0;
}

static struct fj_own_key *seen;
static size_t seen_count;

static int see_entry(struct entry *e)
{
	if (!e->has_record)
		return FTW_CONTINUE;
	if (!(seen_count & (seen_count + 1))) {
		seen = realloc(seen, (seen_count + 1) * 2 * sizeof(*seen));
		if (!seen)
			owners_fail("out of memory");
	}
	seen[seen_count++] = e->key;
	return FTW_CONTINUE;
}

static int by_key(const void *a, const void *b)
{
	const struct fj_own_key *x = a, *y = b;

	if (x->ino != y->ino)
		return x->ino < y->ino ? -1 : 1;
	return x->stamp < y->stamp ? -1 : x->stamp > y->stamp;
}

/* Drop the records that no file of the tree has, as far as they are of the device that the tree and
 * the records lie on: other devices may just not be mounted. */
void owners_prune(void)
{
	struct fj_store *s = &fj_store[0];
	struct fj_store_hold hold;
	struct fj_store_slot *slots;
	uint32_t mask;

	owners_walk(see_entry);
	if (owners_skipped)
		owners_fail("nothing is pruned, as some files could not be looked at");
	qsort(seen, seen_count, sizeof(*seen), by_key);
	if (fj_store_lock(s, &hold) < 0)
		owners_fail("the records may not be changed");
	slots = fj_store_slots(s, fj_store_head(s)->table, &mask);
	for (uint32_t i = 0; i <= mask; i++) {
		const struct fj_own_key key = {.ino = slots[i].ino, .stamp = slots[i].stamp};

		if (!(slots[i].state & FJ_SLOT_LIVE) || slots[i].dev ||
			bsearch(&key, seen, seen_count, sizeof(*seen), by_key))
			continue;
		fj_store_drop(s, &slots[i]);
		owners_count++;
	}
	if (owners_count)
		fj_store_grow(s); /* the passed-over slots are left behind */
	fj_store_unlock(s, &hold);
}
