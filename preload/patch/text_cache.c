/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * text_cache.c - the sites of texts, found once for all processes of the jail. Called by the files of this
 * room.
 *
 * Entries are never removed. A file that has changed is another text. */
#include "patch/text_cache.h"

#include "bytes/copy.h"
#include "jail/texts.h"
#include "sys/page.h"

#include <asm/unistd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool fj_text_cache_is_same(const struct fj_sited_text *t, const struct fj_text_key *k)
{
	return t->ino == k->st.st_ino && t->dev == k->st.st_dev && t->offset == k->offset &&
	       t->len == k->len && t->mtime == (int64_t)k->st.st_mtime &&
	       t->mtime_ns == (int64_t)k->st.st_mtime_nsec && t->ctime == (int64_t)k->st.st_ctime &&
	       t->ctime_ns == (int64_t)k->st.st_ctime_nsec;
}

/* The i-th entry to look at: the inode number and offset choose the first. */
static uint32_t cache_place(const struct fj_text_key *k, uint32_t i)
{
	return (uint32_t)(k->st.st_ino + k->offset / FJ_PAGE + i) % FJ_SITED_TEXTS;
}

struct fj_sited_text *fj_text_cache_find(const struct fj_text_key *k)
{
	for (uint32_t i = 0; i < FJ_SITED_TEXTS; i++) {
		struct fj_sited_text *t = &fj_texts()->sited[cache_place(k, i)];
		const uint32_t state = __atomic_load_n(&t->state, __ATOMIC_ACQUIRE);

		if (!state)
			return NULL;
		if (state == 2 && fj_text_cache_is_same(t, k))
			return t;
	}
	return NULL;
}

uint32_t fj_sites_calls(const struct fj_site *site, uint32_t count)
{
	uint32_t calls = 0;

	for (uint32_t i = 0; i < count; i++)
		calls |= (site[i].nr == __NR_munmap ? FJ_SITES_UNMAP : 0) |
			 (site[i].nr == __NR_mprotect ? FJ_SITES_PROTECT : 0);
	return calls;
}

uint32_t fj_sites_changes(const struct fj_site *site, uint32_t count)
{
	uint32_t changes = 0;

	for (uint32_t i = 0; i < count; i++)
		changes += site[i].nr == __NR_munmap || site[i].nr == __NR_mprotect ||
			   site[i].nr == __NR_mremap;
	return changes;
}

struct fj_sited_text *fj_text_cache_add(
	const struct fj_text_key *k, const struct fj_site *site, uint32_t count)
{
	const uint32_t first = __atomic_fetch_add(&fj_texts()->sites_used, count, __ATOMIC_RELAXED);

	if (first > FJ_SITES || FJ_SITES - first < count)
		return NULL;
	memcpy(&fj_texts()->site[first], site, count * sizeof(*site));
	for (uint32_t i = 0; i < FJ_SITED_TEXTS; i++) {
		struct fj_sited_text *t = &fj_texts()->sited[cache_place(k, i)];
		uint32_t none = 0;

		if (!__atomic_compare_exchange_n(
			    &t->state, &none, 1, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
			continue;
		t->first = first;
		t->count = count;
		for (uint32_t j = 0; j < count; j++)
			t->hot += site[j].is_hot;
		t->calls = fj_sites_calls(site, count);
		t->dev = k->st.st_dev;
		t->ino = k->st.st_ino;
		t->offset = k->offset;
		t->len = k->len;
		t->mtime = (int64_t)k->st.st_mtime;
		t->mtime_ns = (int64_t)k->st.st_mtime_nsec;
		t->ctime = (int64_t)k->st.st_ctime;
		t->ctime_ns = (int64_t)k->st.st_ctime_nsec;
		__atomic_store_n(&t->state, 2, __ATOMIC_RELEASE);
		return t;
	}
	return NULL;
}
