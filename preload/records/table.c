/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * table.c - the records: an open-addressed hash table in a shared file. Called by ownership/ and by
 * other files of this room.
 *
 * A file has one slot, found by device and inode number. A reader copies the record and then checks
 * that the slot's state is still the same; it never waits. A writer, with the lock, fills the copy
 * that is not the record, and then changes the state in one step. So a reader, and whoever comes
 * after a SIGKILL, finds the old record or the new one. Searches end at a slot that was never used.
 * So a slot is not emptied, but passed over; such slots are left out when the table grows
 * (replace.c), which publishes the new array last.
 *
 * Another process may take the lock from a writer at any instruction, and the writer may go on
 * later (lock.c). So a change counts only by one compare-and-swap of a slot's state. */
#include "locking/seq.h"
#include "records/probe.h"
#include "records/store.h"
#include "sys/hot.h"
#include "sys/page.h"
#include "syscall/mman.h"

struct fj_store fj_store[2];
uint32_t fj_store_count;

/* Returns the address of `offset` in window `k`, which is mapped now, or NULL. */
__attribute__((noinline)) static void *map_window(struct fj_store *s, uint32_t k, uint64_t offset)
{
	char *none = NULL;
	long r;

	/* Maps the first window again, longer: mremap(2) with an old size of 0. The held descriptor
	 * is O_PATH and cannot be mapped. */
	r = fj_sys_mremap(s->window[0], 0, s->first_window << k, 1 /* MREMAP_MAYMOVE */, 0);
	if (fj_is_err(r))
		return NULL;
	/* Another thread may have been faster. */
	if (!__atomic_compare_exchange_n(
		    &s->window[k], &none, (char *)r, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
		fj_sys_munmap((void *)r, s->first_window << k);
		return none + offset;
	}
	__atomic_store_n(&s->last_window, k, __ATOMIC_RELEASE);
	return (char *)r + offset;
}

static inline void *in_window(struct fj_store *s, uint64_t offset, uint64_t size)
{
	uint32_t k = __atomic_load_n(&s->last_window, __ATOMIC_ACQUIRE);
	char *base;

	while (k + 1 < FJ_STORE_WINDOWS && offset + size > s->first_window << k)
		k++;
	base = __atomic_load_n(&s->window[k], __ATOMIC_ACQUIRE);
	return __builtin_expect(base != NULL, 1) ? base + offset : map_window(s, k, offset);
}

__attribute__((noinline)) static void *in_shared_file(
	struct fj_store *s, uint64_t offset, uint64_t size)
{
	return fj_store_reaches(s, offset + size) ? in_window(s, offset, size) : NULL;
}

FJ_HOT void *fj_store_at(struct fj_store *s, uint64_t offset, uint64_t size)
{
	/* An overwritten head must not lead outside the mapping. */
	if (s->is_truncated || (offset | size) >> FJ_STORE_SIZE_LOG)
		return NULL;
	return __builtin_expect(s->is_shared, 0) ? in_shared_file(s, offset, size) :
						   in_window(s, offset, size);
}

FJ_HOT struct fj_store_slot *fj_store_slots(struct fj_store *s, uint64_t table, uint32_t *mask)
{
	const uint32_t log = fj_table_log(table);

	if (!fj_table_is_sound(table))
		return NULL;
	*mask = (1u << log) - 1;
	return fj_store_at(s, fj_table_at(table), sizeof(struct fj_store_slot) << log);
}

struct fj_store_array_head *fj_store_array_head(struct fj_store *s, uint64_t table)
{
	const uint64_t at = fj_table_at(table);

	return at < 2 * FJ_PAGE ? NULL :
				  fj_store_at(s, at - FJ_PAGE, sizeof(struct fj_store_array_head));
}

FJ_HOT uint8_t fj_store_check(const struct fj_store_slot *slot, const struct fj_store_copy *copy)
{
	uint64_t h = slot->ino ^ (slot->stamp << 1) ^ slot->dev;

	h = (h ^ ((uint64_t)copy->uid << 32 | copy->gid)) * 0x9e3779b97f4a7c15UL;
	h = (h ^ (h >> 29) ^
		    ((uint64_t)copy->mode << 40 | (uint64_t)copy->flags << 32 | copy->rdev)) *
	    0xbf58476d1ce4e5b9UL;
	h ^= (h >> 31) ^ ((uint64_t)copy->attributes << 7);
	return (uint8_t)((h * 0x94d049bb133111ebUL) >> 56);
}

/* Searches one array. 1: found, 0: not there, -1: the slot changed meanwhile. */
static int search_array(struct fj_store_slot *slots, uint64_t table, uint32_t dev,
	const struct fj_owner_key *key, bool any_stamp, struct fj_store_copy *copy,
	struct fj_store_slot **found, uint32_t *state)
{
	const struct fj_store_probe path = fj_store_probe_of(table, dev, key->ino);

	for (uint32_t n = 0; n >> fj_table_log(table) == 0; n++) {
		struct fj_store_slot *slot = &slots[fj_store_probe_nth(&path, n)];
		const uint32_t before = fj_seq_begin(&slot->state);
		uint8_t check;

		if (!(before & FJ_SLOT_KIND))
			return 0;
		if (!(before & FJ_SLOT_LIVE) || slot->ino != key->ino || slot->dev != dev)
			continue;
		if (!any_stamp && slot->stamp != key->stamp)
			return 0; /* an older file's with this inode number; the file has no
				     other slot */
		*copy = slot->copy[before & FJ_SLOT_SECOND];
		check = fj_store_check(slot, copy);
		if (fj_seq_retry(&slot->state, before))
			return -1;
		if (check != copy->check)
			return 0;
		if (found)
			*found = slot;
		if (state)
			*state = before;
		return 1;
	}
	return 0;
}

FJ_HOT bool fj_store_find(struct fj_store *s, const struct fj_owner_key *key, bool any_stamp,
	struct fj_store_copy *copy, struct fj_store_slot **slot, uint32_t *state)
{
	const struct fj_store_head *h = fj_store_head(s);
	const uint32_t dev = fj_store_dev(s, key->dev);

	/* Each round but the last means that another process has changed this record, or grown the
	 * table, during the search. */
	for (uint32_t round = 0; round < FJ_STORE_ROUNDS; round++) {
		const uint64_t table = __atomic_load_n(&h->table, __ATOMIC_ACQUIRE);
		uint32_t mask;
		struct fj_store_slot *slots = fj_store_slots(s, table, &mask);
		int r;

		if (!slots)
			return false;
		r = search_array(slots, table, dev, key, any_stamp, copy, slot, state);
		if (r > 0)
			return true;
		/* The array may have been replaced, and cleared, meanwhile. */
		if (r == 0 && __atomic_load_n(&h->table, __ATOMIC_ACQUIRE) == table)
			return false;
	}
	return false;
}

static void write_copy(struct fj_store_slot *slot, uint32_t which, const struct fj_store_copy *copy)
{
	slot->copy[which] = *copy;
	slot->copy[which].check = fj_store_check(slot, copy);
}

struct fj_store_slot *fj_store_slot_for(
	struct fj_store_slot *slots, uint64_t table, uint32_t dev, uint64_t ino)
{
	const struct fj_store_probe path = fj_store_probe_of(table, dev, ino);

	for (uint32_t n = 0; n >> fj_table_log(table) == 0; n++) {
		struct fj_store_slot *slot = &slots[fj_store_probe_nth(&path, n)];

		if (!(slot->state & FJ_SLOT_KIND) || (slot->ino == ino && slot->dev == dev))
			return slot;
	}
	return NULL;
}

/* Changes the state from `*state` to `next`, unless the slot is frozen. Only the holder writes to
 * this array. So if the compare-and-swap fails otherwise, the file is damaged, and a new array
 * repairs it. */
static long change_state(
	struct fj_store_hold *hold, struct fj_store_slot *slot, uint32_t *state, uint32_t next)
{
	if (!(*state & FJ_SLOT_FROZEN) && __atomic_compare_exchange_n(&slot->state, state, next,
						  false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)) {
		*state = next;
		return 0;
	}
	hold->lock.is_robbed = true;
	return FJ_STORE_ROBBED;
}

/* Finds the slot for the file's record, and grows the table when it is too full. */
static long find_room(struct fj_store_hold *hold, uint32_t dev, uint64_t ino,
	struct fj_store_slot **slot, struct fj_store_array_head **head)
{
	for (bool has_grown = false;; has_grown = true) {
		uint32_t mask;
		struct fj_store_slot *slots = fj_store_slots(hold->s, hold->table, &mask);
		long r;

		*head = fj_store_array_head(hold->s, hold->table);
		if (!slots || !*head)
			return -ENOMEM;
		*slot = fj_store_slot_for(slots, hold->table, dev, ino);
		if (has_grown || (*slot && ((*slot)->state & FJ_SLOT_KIND)) ||
			(*head)->used + 1 <= (mask + 1UL) / 5 * 3)
			return *slot ? 0 : -ENOSPC;
		r = fj_store_grow(hold);
		if (r < 0)
			return r;
	}
}

long fj_store_put(struct fj_store_hold *hold, const struct fj_owner_key *key,
	const struct fj_store_copy *copy)
{
	struct fj_store_head *h = fj_store_head(hold->s);
	const uint32_t dev = fj_store_dev(hold->s, key->dev);
	struct fj_store_array_head *head;
	struct fj_store_slot *slot;
	uint32_t state;
	long r = find_room(hold, dev, key->ino, &slot, &head);

	if (r < 0)
		return r;
	if (copy->flags & FJ_OWNER_DEVICE)
		__atomic_fetch_add(&h->devices, 1, __ATOMIC_RELAXED);
	state = __atomic_load_n(&slot->state, __ATOMIC_ACQUIRE);
	if ((state & FJ_SLOT_LIVE) && slot->stamp == key->stamp) {
		write_copy(slot, !(state & FJ_SLOT_SECOND), copy);
		return change_state(hold, slot, &state, (state ^ FJ_SLOT_SECOND) + FJ_SLOT_TURN);
	}
	if (state & FJ_SLOT_LIVE) { /* an earlier file's: first make it invisible for readers */
		const uint32_t attributes =
			fj_store_attributes(&slot->copy[state & FJ_SLOT_SECOND]);

		r = change_state(
			hold, slot, &state, (state & ~(uint32_t)FJ_SLOT_LIVE) + FJ_SLOT_TURN);
		if (r < 0)
			return r;
		if (attributes)
			fj_store_block_give(hold, attributes);
	} else {
		__atomic_fetch_add(&h->records, 1, __ATOMIC_SEQ_CST);
		if (!(state & FJ_SLOT_KIND)) {
			__atomic_store_n(&head->used, head->used + 1, __ATOMIC_RELEASE);
			if (state != FJ_SLOT_EMPTY) /* in an array that was given up */
				state |= FJ_SLOT_FROZEN;
		}
	}
	slot->ino = key->ino;
	slot->stamp = key->stamp;
	slot->dev = dev;
	write_copy(slot, state & FJ_SLOT_SECOND, copy);
	r = change_state(hold, slot, &state, (state | FJ_SLOT_USED | FJ_SLOT_LIVE) + FJ_SLOT_TURN);
	if (r < 0)
		__atomic_fetch_sub(&h->records, 1, __ATOMIC_SEQ_CST);
	return r;
}

long fj_store_drop(struct fj_store_hold *hold, struct fj_store_slot *slot, uint32_t state)
{
	struct fj_store_head *h = fj_store_head(hold->s);
	const uint32_t attributes = fj_store_attributes(&slot->copy[state & FJ_SLOT_SECOND]);
	const long r =
		change_state(hold, slot, &state, (state & ~(uint32_t)FJ_SLOT_LIVE) + FJ_SLOT_TURN);

	if (r < 0)
		return r;
	if (attributes)
		fj_store_block_give(hold, attributes);
	__atomic_fetch_sub(&h->records, 1, __ATOMIC_SEQ_CST);
	return 0;
}
