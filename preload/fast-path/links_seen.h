/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * links_seen.h - which names were symlinks when a process of the jail followed them last. Called by
 * fast-path/fast_links.c and fast-path/fast.h.
 *
 * This is only a hint: the caller then reads the link first, and so learns what it is now. That saves one
 * look at the name. */
#ifndef FJ_LINKS_SEEN_H
#define FJ_LINKS_SEEN_H

#include "facts/facts.h"
#include "jail/memory.h"

#include <stdbool.h>
#include <stdint.h>

#define FJ_LINKS_SEEN 256u
#define FJ_LINKS_SEEN_AT 0xfc00u
struct fj_links_seen {
	uint32_t tag[FJ_LINKS_SEEN]; /* a part of the path's hash; 0: free */
};

static inline uint32_t *fj_link_seen_at(uint64_t hash)
{
	struct fj_links_seen *seen = fj_jail_at(FJ_LINKS_SEEN_AT);

	return &seen->tag[hash % FJ_LINKS_SEEN];
}
static inline uint32_t fj_link_tag(uint64_t hash)
{
	return (uint32_t)(hash >> 32) | 1;
}
static inline bool fj_link_was_seen(uint64_t hash)
{
	return __atomic_load_n(fj_link_seen_at(hash), __ATOMIC_RELAXED) == fj_link_tag(hash);
}
/* Note that the name is a symlink, or that it is none any more. */
static inline void fj_link_see(uint64_t hash, bool is_link)
{
	const bool was = fj_link_was_seen(hash);

	if (was != is_link)
		__atomic_store_n(
			fj_link_seen_at(hash), is_link ? fj_link_tag(hash) : 0, __ATOMIC_RELAXED);
}

/* A bit of fj_fact.flags: a symlink in the directory was followed since the fact was stored. So names in other
 * directories need no look at the table. (It may be set in a fact that has just taken the place of the one
 * that was meant, which costs a look and no more.) */
#define FJ_FACT_HAS_LINKS 0x8000u /* from bit 16 on there are layers: layers/union_facts.c */
static inline bool fj_links_are_in(const struct fj_fact *f)
{
	return __atomic_load_n(&f->flags, __ATOMIC_RELAXED) & FJ_FACT_HAS_LINKS;
}
static inline void fj_links_found_in(const struct fj_fact *f)
{
	if (!fj_links_are_in(f))
		__atomic_fetch_or(&((struct fj_fact *)(uintptr_t)f)->flags, FJ_FACT_HAS_LINKS,
			__ATOMIC_RELAXED);
}

#endif
