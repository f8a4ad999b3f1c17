/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * trap_count.c - counts how often system calls in the texts of this process are trapped. Those with a high
 * count become jumps when the text is mapped again. sites.c calls fj_text_noted(); the trap calls
 * fj_sites_trapped(). */
#include "jail/texts.h"
#include "patch/text_cache.h"
#include "text/sites.h"

#include <stdint.h>

/* The texts that this process has mapped; the oldest is overwritten. Most programs have no more than the first few,
 * which lie in a page that a start writes to anyway (order.ld). */
#define FEW 8u
#define MAPPED 64u
static struct mapped_text {
	uint64_t start, len;
	struct fj_sited_text *text;
} mapped[MAPPED - FEW], few_mapped[FEW];
static uint32_t mapped_count;

static struct mapped_text *mapped_at(uint32_t i)
{
	return i < FEW ? &few_mapped[i] : &mapped[i - FEW];
}

void fj_text_noted(uint64_t start, uint64_t len, struct fj_sited_text *text)
{
	struct mapped_text *const m =
		mapped_at(__atomic_fetch_add(&mapped_count, 1, __ATOMIC_RELAXED) % MAPPED);

	m->len = 0;
	m->start = start;
	m->text = text;
	m->len = len;
}

/* A site becomes hot after this many traps, if there were at least two per mapping of the text. */
#define TRAPS_WANTED 8u

static void count_trap(struct fj_sited_text *t, uint32_t at)
{
	struct fj_site *site = &fj_texts()->site[t->first];
	uint32_t low = 0, high = t->count;
	uint16_t traps;

	while (low < high) {
		const uint32_t middle = (low + high) / 2;

		if (site[middle].at < at)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == t->count || site[low].at != at || site[low].is_hot ||
		(site[low].is_copied &&
			__atomic_load_n(&t->copy_state, __ATOMIC_RELAXED) == FJ_COPY_READY))
		return;
	traps = site[low].trap_count;
	if (traps < UINT16_MAX)
		__atomic_store_n(&site[low].trap_count, ++traps, __ATOMIC_RELAXED);
	if (traps >= TRAPS_WANTED && traps / 2 >= __atomic_load_n(&t->maps, __ATOMIC_RELAXED) &&
		!__atomic_exchange_n(&site[low].is_hot, 1, __ATOMIC_RELAXED))
		__atomic_fetch_add(&t->hot, 1, __ATOMIC_RELAXED);
}

void fj_sites_trapped(uint64_t ip)
{
	const uint32_t count = mapped_count < MAPPED ? mapped_count : MAPPED;

	for (uint32_t i = 0; i < count; i++) {
		const struct mapped_text *const m = mapped_at(i);

		if (ip - m->start < m->len) {
			count_trap(m->text, (uint32_t)(ip - m->start - 2));
			return;
		}
	}
}
