/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * stores.h - which files of records count, and in which order. Called by the room ownership. */
#ifndef FJ_STORES_H
#define FJ_STORES_H

#include "met-roots/met_roots.h"
#include "records/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Returns the files of records that count, one at each call, in the order of lookup. `*at` begins
 * at 0. NULL: no more. */
struct fj_store *fj_store_each_met(uint32_t *at);
static inline struct fj_store *fj_store_each(uint32_t *at)
{
	if (__builtin_expect(fj_owner_roots_met() != 0, 0))
		return fj_store_each_met(at);
	return *at < fj_store_count ? &fj_store[(*at)++] : NULL;
}
/* True if no met root has a record. False, too, when there are many met roots, or when a root that was met
 * before has moved. */
bool fj_store_met_are_empty(void);
/* The store in which a change of the file is recorded. */
struct fj_store *fj_store_home(const struct fj_owner_key *key);
/* The store of entry `i` of fj_owner_roots, if this process has opened it, else NULL. */
struct fj_store *fj_store_opened(uint32_t i);
/* The store of fj_owner_roots->root[i], or NULL. `is_last`: return it only if it is one of those
 * that are looked up last, else only if it is not. */
struct fj_store *fj_store_of_root(uint32_t i, bool is_last);
/* May changes be written to this store? */
bool fj_store_is_written(const struct fj_store *s);

#endif
