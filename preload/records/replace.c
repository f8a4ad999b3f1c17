/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * replace.c - puts a new slot array in the place of the current one: when the table is full
 * (table.c), when the lock was taken from another process (lock.c), or when the file is of an older
 * version.
 *
 * The new array belongs to its maker alone until a compare-and-swap puts it into head.table. If the
 * lock was taken from another process, the slots of the old array are frozen first, one by one.
 * That other process then fills copies that nobody reads, and cannot make one of them the record. If it
 * made one the record before its slot was frozen, this record is copied. No place of the file is used for an array twice. So what
 * that process still writes lies in an array that is not used any more. */
#include "records/store.h"
#include "sys/page.h"
#include "syscall/mman.h"
#include "syscall/time.h"

#define MADV_REMOVE_ 9 /* asm-generic/mman-common.h */

static void freeze_slot(struct fj_store_slot *slot)
{
	uint32_t state = __atomic_load_n(&slot->state, __ATOMIC_RELAXED);

	/* The compare-and-swap fails only when a process that has lost the lock changes the slot. That
	 * process notices the loss at the end of its change. */
	while (!(state & FJ_SLOT_FROZEN) &&
		!__atomic_compare_exchange_n(&slot->state, &state, state | FJ_SLOT_FROZEN, false,
			__ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
		;
}

static bool is_live(const struct fj_store_slot *slot)
{
	return __atomic_load_n(&slot->state, __ATOMIC_ACQUIRE) & FJ_SLOT_LIVE;
}

static bool is_slot_kept(const struct fj_store_slot *slot)
{
	return is_live(slot) && !(slot->copy[slot->state & FJ_SLOT_SECOND].flags & FJ_OWNER_GONE);
}

struct array {
	struct fj_store_slot *slot;
	uint32_t mask;
	uint64_t table;
};

static bool open_array(struct fj_store *s, uint64_t table, struct array *a)
{
	a->table = table;
	a->slot = fj_store_slots(s, table, &a->mask);
	return a->slot;
}

/* An empty array for `keep` records, whose head is all zeros. */
static long make_array(struct fj_store *s, uint64_t keep, struct array *a)
{
	uint32_t log = FJ_STORE_FIRST_LOG;
	long at;

	while (1UL << log < keep * 3)
		log++;
	if (log > FJ_STORE_LOG_MAX)
		return -ENOSPC;
	at = fj_store_extend(s, FJ_PAGE + (sizeof(struct fj_store_slot) << log));
	if (at < 0)
		return at;
	if (!open_array(s, fj_table((uint64_t)at + FJ_PAGE, log, FJ_STORE_RUN_LOG), a))
		return -ENOMEM;
	for (uint64_t i = 0; i <= a->mask; i++)
		a->slot[i].state = FJ_SLOT_EMPTY;
	return 0;
}

/* Copies the live records of `from`, and returns their number. `*left`: how many are not copied. */
static uint64_t copy_records(const struct array *from, struct array *to, uint64_t *left)
{
	uint64_t kept = 0;

	*left = 0;
	for (uint64_t i = 0; i <= from->mask; i++) {
		struct fj_store_slot *slot = is_slot_kept(&from->slot[i]) ?
						     fj_store_slot_for(to->slot, to->table,
							     from->slot[i].dev, from->slot[i].ino) :
						     NULL;

		*left += !slot && is_live(&from->slot[i]);
		if (!slot) /* a kept record finds no slot only if another program writes to the
			      file */
			continue;
		kept++;
		*slot = from->slot[i];
		slot->state = (slot->state & FJ_SLOT_KIND) + FJ_SLOT_EMPTY;
	}
	return kept;
}

static uint64_t count_kept(const struct array *a)
{
	uint64_t kept = 0;

	for (uint64_t i = 0; i <= a->mask; i++)
		kept += is_slot_kept(&a->slot[i]);
	return kept;
}

/* Only a process that has lost the lock may still write to the old array. Readers in it find it
 * empty, and look again. */
static void give_up_array(struct fj_store *s, const struct array *a, bool has_head)
{
	const uint64_t before = has_head ? FJ_PAGE : 0;

	/* Another machine may not know of the new array yet. */
	if (!s->is_shared)
		fj_sys_madvise((char *)a->slot - before,
			before + sizeof(struct fj_store_slot) * (a->mask + 1UL), MADV_REMOVE_);
}

/* `is_ours`: no other process can be changing the array. */
static long replace_array(struct fj_store_hold *hold, bool is_ours, bool has_head)
{
	struct fj_store *s = hold->s;
	struct fj_store_head *h = fj_store_head(s);
	struct array old, new;
	struct fj_store_array_head *head;
	uint64_t left, table;
	long r;

	if (!open_array(s, hold->table, &old))
		return -ENOMEM;
	/* Records may be added before the slots are frozen: one by each process that has lost the
	 * lock. */
	r = make_array(s, count_kept(&old) + (is_ours ? 0 : FJ_STORE_FEW), &new);
	/* The file may have become longer than the mapping. */
	if (r < 0 || !open_array(s, hold->table, &old))
		return r < 0 ? r : -ENOMEM;
	head = fj_store_array_head(s, new.table);
	if (!head)
		return -ENOMEM;
	for (uint64_t i = 0; !is_ours && i <= old.mask; i++)
		freeze_slot(&old.slot[i]);
	/* A process that has lost the lock has taken blocks, and may be writing to them: so they
	 * are not reused. */
	if (is_ours && has_head && fj_store_array_head(s, old.table))
		*head = *fj_store_array_head(s, old.table);
	head->used = copy_records(&old, &new, &left);
	table = old.table;
	if (s->is_truncated)
		return -EIO;
	/* From here on the new array is the table. */
	if (!__atomic_compare_exchange_n(
		    &h->table, &table, new.table, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
		return FJ_STORE_ROBBED;
	hold->table = new.table;
	__atomic_fetch_sub(&h->records, left, __ATOMIC_SEQ_CST);
	give_up_array(s, &old, has_head);
	return 0;
}

long fj_store_grow(struct fj_store_hold *hold)
{
	return replace_array(hold, true, true);
}

/* Keeps programs of older versions from writing. If one of them holds the lock, wait for it; after
 * two seconds take it for dead. */
static void close_old_lock(struct fj_store_head *h)
{
	const int64_t wait[2] = {0, 2000000};
	uint64_t word = __atomic_load_n(&h->old_lock, __ATOMIC_SEQ_CST);

	for (uint32_t i = 0; (uint32_t)word != FJ_STORE_OLD_LOCKED;) {
		if ((uint32_t)word && i++ < 1000) {
			fj_sys_nanosleep(wait, 0);
			word = __atomic_load_n(&h->old_lock, __ATOMIC_SEQ_CST);
			continue;
		}
		__atomic_compare_exchange_n(&h->old_lock, &word,
			((word >> 32) + 1) << 32 | FJ_STORE_OLD_LOCKED, false, __ATOMIC_SEQ_CST,
			__ATOMIC_SEQ_CST);
	}
}

long fj_store_replace(struct fj_store_hold *hold)
{
	struct fj_store_head *h = fj_store_head(hold->s);
	const bool is_old = h->version < FJ_STORE_VERSION;
	long r;

	if (is_old && !hold->s->is_shared) {
		close_old_lock(h);
		hold->table = __atomic_load_n(&h->table, __ATOMIC_ACQUIRE);
	}
	r = replace_array(hold, is_old && !hold->lock.is_robbed, !is_old);
	if (r < 0)
		return r;
	hold->lock.is_robbed = false;
	__atomic_store_n(&h->version, FJ_STORE_VERSION, __ATOMIC_RELEASE);
	return 0;
}
