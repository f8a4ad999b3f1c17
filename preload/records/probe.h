/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * probe.h - in which slots of an array a file's record is searched. Called by table.c, and by ownership/ to see
 * quickly that there is none. */
#ifndef FJ_PROBE_H
#define FJ_PROBE_H

#include "locking/seq.h"
#include "records/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What struct fj_store_slot.dev is for a file on `dev`. */
static inline uint32_t fj_store_dev(const struct fj_store *s, uint64_t dev)
{
	return (uint32_t)dev == s->device ? 0 : (uint32_t)dev;
}

/* The path of a search for a file. A run of neighbouring inode numbers, as the files of a directory
 * often have, has its slots in one page. A program that looks at one of them soon looks at others,
 * and each new page costs a page fault once and a TLB miss often. Fibonacci hashing spreads the
 * runs. The n-th slot of a search is in the n-th page from the run's own: so two runs that meet in
 * a page do not push each other on slot by slot. */
struct fj_store_probe {
	uint32_t run, run_mask, in_run, runs_log, run_log;
};

static inline struct fj_store_probe fj_store_probe_of(uint64_t table, uint32_t dev, uint64_t ino)
{
	const uint32_t log = fj_table_run_log(table);
	const uint64_t hash = ((ino >> log) + (uint64_t)dev * 0x9e3779b1u) * 0x9e3779b97f4a7c15UL;

	/* Inode numbers may all be multiples of a number: the hash varies the slot in the run. */
	return (struct fj_store_probe){.run = (uint32_t)(hash >> 32),
		.run_mask = (1u << (fj_table_log(table) - log)) - 1,
		.in_run = (uint32_t)(ino ^ hash >> 58),
		.runs_log = fj_table_log(table) - log,
		.run_log = log};
}

static inline uint32_t fj_store_probe_nth(const struct fj_store_probe *p, uint32_t n)
{
	return ((p->run + n) & p->run_mask) << p->run_log |
	       ((p->in_run + (n >> p->runs_log)) & ((1u << p->run_log) - 1));
}

/* The first slot of the search for a file in the present array, which goes to `*table`. NULL: the array is not mapped as
 * long as that, or only fj_store_find() can tell. */
static inline const struct fj_store_slot *fj_store_first_slot(
	const struct fj_store *s, uint64_t dev, uint64_t ino, uint64_t *table)
{
	const uint64_t t = __atomic_load_n(&fj_store_head(s)->table, __ATOMIC_ACQUIRE),
		       at = fj_table_at(t);
	const uint32_t k = __atomic_load_n(&s->last_window, __ATOMIC_ACQUIRE);
	const char *const base = __atomic_load_n(&s->window[k], __ATOMIC_ACQUIRE);
	const uint64_t length = s->first_window << k;
	struct fj_store_probe path;

	/* (An overwritten head must not lead outside the window.) */
	if (s->is_truncated || s->is_shared || !fj_table_is_sound(t) || at > length ||
		sizeof(struct fj_store_slot) << fj_table_log(t) > length - at)
		return NULL;
	*table = t;
	path = fj_store_probe_of(t, fj_store_dev(s, dev), ino);
	return &((const struct fj_store_slot *)(base + at))[fj_store_probe_nth(&path, 0)];
}

/* Was the array replaced, and perhaps cleared, since fj_store_first_slot()? */
static inline bool fj_store_is_replaced(const struct fj_store *s, uint64_t table)
{
	return __atomic_load_n(&fj_store_head(s)->table, __ATOMIC_ACQUIRE) != table;
}

/* Has the file no record in `s`, as the first slot of its search tells? False: only a search can tell. Takes some 60
 * instructions, and a search 200. Most files have no record. */
static inline bool fj_store_surely_lacks(const struct fj_store *s, uint64_t dev, uint64_t ino)
{
	uint64_t table;
	const struct fj_store_slot *const slot = fj_store_first_slot(s, dev, ino, &table);

	return slot && !(fj_seq_begin(&slot->state) & FJ_SLOT_KIND) &&
	       !fj_store_is_replaced(s, table);
}

/* Copies the record of `key` if it is in the first slot of its search, as most are. False: only a search can tell. */
static inline bool fj_store_find_first(
	const struct fj_store *s, const struct fj_owner_key *key, struct fj_store_copy *copy)
{
	uint64_t table;
	const struct fj_store_slot *const slot = fj_store_first_slot(s, key->dev, key->ino, &table);
	uint32_t state;

	if (!slot)
		return false;
	state = fj_seq_begin(&slot->state);
	if (!(state & FJ_SLOT_LIVE) || slot->ino != key->ino || slot->stamp != key->stamp ||
		slot->dev != fj_store_dev(s, key->dev))
		return false;
	*copy = slot->copy[state & FJ_SLOT_SECOND];
	return fj_store_check(slot, copy) == copy->check && !fj_seq_retry(&slot->state, state);
}

#endif
