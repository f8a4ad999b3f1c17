/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * news.c - how jails learn that a root was made or moved inside theirs while they run.
 *
 * A process that makes or moves a root raises a count in the heads of the records around it and of
 * the host's records. The first process of a jail that finds a new count there advances the jail's
 * generation: everything that the jail remembers of directories becomes old. Then each process of
 * the jail looks whether its working directory and its open files lie in a root. So each look-up
 * compares both counts: `news` belongs to the trees, the generation to the jail, and each process
 * has its own number of what it has heard.
 *
 * Called by nested/roots.c, and before each look-up. */
#include "bytes/equal.h"
#include "met-roots/met_roots.h"
#include "met-roots/stores.h"
#include "records/store.h"
#include "sys/hot.h"

#include <stdbool.h>
#include <stdint.h>

static uint64_t count_news(void)
{
	uint64_t news = 0;

	for (uint32_t i = 0; i < fj_store_count; i++)
		news += __atomic_load_n(&fj_store_head(&fj_store[i])->news, __ATOMIC_ACQUIRE);
	return news;
}

/* The generation that this process has heard. A new program has heard nothing: it may have
 * inherited descriptors of a program that had not. */
static uint32_t heard_generation = FJ_OWNER_CALM;

FJ_HOT bool fj_owner_has_news(void)
{
	return fj_owner_roots &&
	       (count_news() != __atomic_load_n(
					&fj_owner_roots_state->known_news, __ATOMIC_RELAXED) ||
		       __atomic_load_n(&fj_owner_roots_state->generation, __ATOMIC_RELAXED) !=
			       __atomic_load_n(&heard_generation, __ATOMIC_RELAXED));
}

void fj_owner_hear(uint32_t generation)
{
	__atomic_store_n(&heard_generation, generation, __ATOMIC_RELEASE);
}

bool fj_owner_is_told(uint64_t *news)
{
	*news = count_news();
	return *news != __atomic_load_n(&fj_owner_roots_state->known_news, __ATOMIC_SEQ_CST);
}

void fj_owner_know_news(uint64_t news)
{
	__atomic_store_n(&fj_owner_roots_state->known_news, news, __ATOMIC_SEQ_CST);
}

static void tell_news(struct fj_store *s)
{
	/* In files that other machines have, no page is changed without their lock (shared.c). */
	if (s && !s->is_read_only && !s->is_truncated && !s->is_shared)
		__atomic_fetch_add(&fj_store_head(s)->news, 1, __ATOMIC_SEQ_CST);
}

void fj_owner_tell_news(void)
{
	for (uint32_t i = 0; i < fj_owner_roots_met(); i++)
		if (fj_owner_roots->root[i].kind == FJ_OWNER_ROOT_OUTER)
			tell_news(fj_store_of_root(i, true));
	if (fj_store_count > 1)
		tell_news(&fj_store[1]);
}

void fj_owner_tell_of(const char *path)
{
	for (uint32_t i = 0; i < fj_owner_roots_met(); i++)
		if (fj_owner_roots->root[i].kind == FJ_OWNER_ROOT_INNER &&
			fj_path_has_prefix(path, fj_owner_roots->root[i].path))
			tell_news(fj_store_of_root(i, false));
	if (fj_store_count)
		tell_news(&fj_store[0]);
	fj_owner_tell_news();
}
