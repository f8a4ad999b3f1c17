/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * facts.c - what the jail's processes remember of directories, so that a lookup costs one system call.
 * Called through facts.h.
 *
 * A fact says: the jail path K is the real directory V, and no symlink and no mount point is on the way.
 * The kernel walks V again at every use, so a directory that was renamed, removed or made again does no
 * harm. A fact becomes invalid only if a component becomes a symlink, or a symlink is changed. The calls of
 * the jail that can do so are unlink, rename, link and symlink. They announce themselves:
 *
 *     changers++ ; the call ; epoch++ ; changers--
 *
 * A reader checks before and after its own call that no change is in progress, and that the epoch is that
 * of the fact. If the change took effect before the reader's call, the reader sees `changers` or the new
 * epoch, and walks. `rm` and `ln` are common, and most names never were directories. So a change is
 * announced only if its name is in `bloom`, the names of all components that facts have met. The bit is set
 * before the component is looked up. So a walk that saw the old state either set the bit before the change
 * tested it, or its fact is dropped by the change's second test, afterwards. Between the change and that
 * test the fact may still be used. It names a directory that is gone, or that is no symlink yet, since
 * these are two calls. (To exchange two names is one call: it is always announced.)
 *
 * A fact may also say that everybody, or one asker, may search the directory and all above it. A call that
 * closes a directory to somebody, by its mode, owner or access list, advances the epoch afterwards. An
 * asker who has changed identity does not match the fact.
 *
 * A process that is killed during an announced change leaves `changers` above zero. Facts are then never
 * used again in that jail: this is slower, and correct. Changes from outside the jail are not announced. So
 * a fact is used only for 0.4 to 2 s (FJ_FACT_LIFETIME), and then looked up again (docs/LIMITS.md). */
#include "facts/facts.h"

#include "bytes/copy.h"
#include "bytes/hash.h"
#include "bytes/len.h"
#include "facts/fact_value.h"
#include "jail/epoch.h"
#include "jail/memory.h"
#include "jail/root.h"
#include "mount-table/mount_table.h"
#include "mount-table/namespace_id.h"
#include "sys/arch.h"
#include "sys/hot.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline struct fj_facts_table *jail_facts(void)
{
	return (struct fj_facts_table *)fj_jail_at(FJ_FACTS_TABLE_AT);
}

static inline uint64_t *word_of_hash(uint64_t hash, uint64_t *bit)
{
	*bit = 1UL << (hash & 63);
	return &jail_facts()->bloom[(hash >> 6) % FJ_BLOOM_WORDS];
}

bool fj_facts_saw_name(const char *name, size_t len)
{
	uint64_t bit;
	uint64_t *word = word_of_hash(fj_hash_quick(name, len), &bit);

	return !(__atomic_load_n(word, __ATOMIC_RELAXED) & bit) &&
	       !(__atomic_fetch_or(word, bit, __ATOMIC_SEQ_CST) & bit);
}

bool fj_facts_has_seen(const char *name, size_t len)
{
	uint64_t bit;

	return __atomic_load_n(word_of_hash(fj_hash_quick(name, len), &bit), __ATOMIC_SEQ_CST) &
	       bit;
}

uint64_t fj_facts_name_hash(const char *name)
{
	size_t len = fj_text_len(name), first;

	while (len && name[len - 1] == '/')
		len--;
	for (first = len; first && name[first - 1] != '/'; first--)
		;
	/* A place that was found by text has directories before the name. */
	return fj_hash_quick(name + first, len - first);
}

static bool is_seen_name(uint64_t hash)
{
	uint64_t bit;

	return __atomic_load_n(word_of_hash(hash, &bit), __ATOMIC_SEQ_CST) & bit;
}

bool fj_facts_hold(uint64_t epoch)
{
	return !epoch ||
	       (!__atomic_load_n(&fj_facts_state()->changers, __ATOMIC_SEQ_CST) &&
		       __atomic_load_n(&fj_facts_state()->epoch, __ATOMIC_SEQ_CST) == epoch);
}

bool fj_facts_before_change(uint64_t name_hash, bool at_once)
{
	if (!at_once && !is_seen_name(name_hash))
		return false;
	__atomic_fetch_add(&fj_facts_state()->changers, 1, __ATOMIC_SEQ_CST);
	return true;
}

void fj_facts_after_change(uint64_t name_hash, bool was_announced)
{
	if (was_announced || is_seen_name(name_hash))
		__atomic_fetch_add(&fj_facts_state()->epoch, 1, __ATOMIC_SEQ_CST);
	if (was_announced)
		__atomic_fetch_sub(&fj_facts_state()->changers, 1, __ATOMIC_SEQ_CST);
}

/* Two processes may see different files at one path, by their roots and by their mounts. */
static uint64_t view_of(const struct fj_root *root)
{
	return root->id + ((uint64_t)fj_namespace_id() << 48);
}

void fj_facts_forget(void)
{
	__atomic_fetch_add(&fj_facts_state()->epoch, 1, __ATOMIC_SEQ_CST);
}

/* The two places that a fact may have. The near places are in 16 pages, which one page fault maps. So a new
 * program, or a forked child, pays one page fault for its first lookups, and not one for each directory. */
static struct fj_fact *near_place(uint64_t hash)
{
	return &jail_facts()->fact[(hash >> 32) * FJ_FACTS_NEAR >> 32];
}
static struct fj_fact *far_place(uint64_t hash)
{
	return &jail_facts()->fact[hash % FJ_FACTS];
}

static inline bool may_be_far(uint64_t hash, bool becomes_far)
{
	struct fj_facts_far *far = fj_jail_at(FJ_FACTS_FAR_AT);
	const uint64_t bits = __atomic_load_n(&far->bits, __ATOMIC_RELAXED),
		       bit = 1UL << (hash & 63);

	if (becomes_far && !(bits & bit))
		__atomic_store_n(&far->bits, bits | bit, __ATOMIC_RELAXED);
	return bits & bit;
}

static inline uint32_t current_tick(void)
{
	return (uint32_t)(fj_arch_ticks() >> FJ_FACT_TICK);
}

/* (A fact from the future, stored by another processor, counts as old.) */
static inline bool is_old(uint32_t born)
{
	const uint32_t lifetime = __atomic_load_n(&fj_facts_state()->lifetime, __ATOMIC_RELAXED);

	return lifetime && current_tick() - born > lifetime;
}

bool fj_facts_is_old(uint32_t born)
{
	return is_old(born);
}

uint32_t fj_facts_now(void)
{
	return fj_facts_state()->lifetime ? current_tick() : 0;
}

FJ_HOT const struct fj_fact *fj_facts_look(const struct fj_root *root, const char *key,
	size_t key_len, uint64_t epoch, uint32_t *sequence)
{
	const uint64_t view = view_of(root);
	const uint64_t hash = fj_hash_quick(key, key_len) + view;
	const struct fj_fact *f = near_place(hash);

	for (;; f = far_place(hash)) {
		*sequence = fj_seq_begin(&f->sequence);
		if (f->hash == hash && f->epoch == epoch && !fj_seq_is_odd(*sequence) &&
			f->root == view && f->key_len == key_len &&
			key_len + f->value_len < FJ_FACT_TEXT && fj_same(f->text, key, key_len) &&
			!is_old(f->born))
			return f;
		if (f == far_place(hash) || !may_be_far(hash, false))
			return NULL;
	}
}

bool fj_facts_find(const struct fj_thread *t, const struct fj_root *root, const char *key,
	size_t key_len, struct fj_str *out, unsigned *flags, uint64_t epoch)
{
	uint32_t sequence;
	const struct fj_fact *f = fj_facts_look(root, key, key_len, epoch, &sequence);

	if (!f)
		return false;
	*flags = fj_fact_flags(f, t);
	if (!(*flags & FJ_FACT_LITERAL))
		fj_fact_value(f, key_len, out);
	return !out->overflowed && fj_fact_held(f, sequence);
}

/* Does the place have a fact of another key that can still be used? Another process may write to it
 * meanwhile: then any answer does. */
static bool has_other(const struct fj_fact *f, uint64_t hash, uint64_t epoch)
{
	return __atomic_load_n(&f->hash, __ATOMIC_RELAXED) != hash &&
	       __atomic_load_n(&f->epoch, __ATOMIC_RELAXED) == epoch &&
	       !is_old(__atomic_load_n(&f->born, __ATOMIC_RELAXED));
}

void fj_facts_add(const struct fj_root *root, const char *key, size_t key_len, const char *value,
	uint64_t flags, uint64_t asker, uint64_t epoch)
{
	const size_t value_len = fj_strlen(value);
	const uint64_t view = view_of(root);
	const uint64_t hash = fj_hash_quick(key, key_len) + view;
	struct fj_fact *f = near_place(hash);

	/* Do not replace another fact that is in use. */
	if (fj_seq_is_odd(fj_seq_begin(&f->sequence)) || has_other(f, hash, epoch)) {
		f = far_place(hash);
		may_be_far(hash, true);
	}
	/* A place whose writer was killed is not used again. */
	if (key_len + value_len >= FJ_FACT_TEXT || !fj_seq_write(&f->sequence))
		return;
	__atomic_store_n(&f->hash, hash, __ATOMIC_RELAXED); /* has_other() */
	__atomic_store_n(&f->epoch, epoch, __ATOMIC_RELAXED);
	f->root = view;
	f->key_len = (uint16_t)key_len;
	f->value_len = (uint16_t)value_len;
	f->flags = flags;
	__atomic_store_n(&f->born, fj_facts_now(), __ATOMIC_RELAXED);
	f->asker = asker;
	memcpy(f->text, key, key_len);
	memcpy(f->text + key_len, value, value_len);
	fj_seq_written(&f->sequence);
}
