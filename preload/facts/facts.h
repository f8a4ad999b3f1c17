/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * facts.h - what the jail's processes remember of directories, so that most lookups cost one system call.
 * Called by the rooms that look up names, and by those whose calls can make a fact invalid. All functions
 * are async-signal-safe. */
#ifndef FJ_FACTS_H
#define FJ_FACTS_H

#include "jail/search.h"
#include "locking/seq.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fj_root;
struct fj_str;
struct fj_thread;

#define FJ_FACTS 2048u	     /* 1 MiB */
#define FJ_FACT_TEXT 460u    /* what is left of 512 bytes */
#define FJ_BLOOM_WORDS 1024u /* 65536 bits */

/* One fact: the jail path `text` (the key: an absolute path as written) is the real directory that the
 * value names. No symlink is on the way. The value is stored after the key. */
struct fj_fact {
	uint32_t sequence; /* locking/seq.h */
	uint16_t key_len, value_len;
	uint64_t root; /* the root in which the key begins: fj_root.id */
	uint64_t hash;
	uint64_t epoch;
	uint64_t flags; /* FJ_FACT_, and in a union its layers: layers/union_facts.c */
	uint64_t asker; /* who may search it and all above: fj_search.asker; 0: nobody is known */
	uint32_t born;	/* when it was stored, in units of 1 << FJ_FACT_TICK ticks */
	char text[FJ_FACT_TEXT];
};
_Static_assert(sizeof(struct fj_fact) == 512, "facts fill whole cache lines");

/* The bit of a fact's hash is set if the fact is in a far place (facts.c). So no page is needed for a far place
 * that is not in use. If another process overwrites the bit, the fact is stored again when it is missed. */
#define FJ_FACTS_FAR_AT 0x5e0u
struct fj_facts_far {
	uint64_t bits; /* never cleared */
};
#define FJ_FACTS_TABLE_AT 0x10000u
struct fj_facts_table {
	uint64_t bloom
		[FJ_BLOOM_WORDS]; /* names that facts depend on (Bloom filter); never cleared */
	struct fj_fact fact[FJ_FACTS]; /* the first FJ_FACTS_NEAR end with the first 16 pages */
};
#define FJ_FACTS_NEAR                                                                              \
	((0x10000u - (unsigned)offsetof(struct fj_facts_table, fact)) /                            \
		(unsigned)sizeof(struct fj_fact))
_Static_assert(FJ_FACTS_TABLE_AT % 0x10000 == 0, "16 pages");

/* Are facts that were read at `epoch` still valid? (0: no fact was used.) */
bool fj_facts_hold(uint64_t epoch);
/* Mark `name`: facts may depend on it. Call this before it is looked up. Returns whether it had no mark. */
bool fj_facts_saw_name(const char *name, size_t len);
/* Has `name` a mark? */
bool fj_facts_has_seen(const char *name, size_t len);
enum {
	FJ_FACT_HOST = 1, /* the value is an absolute host path; else it is relative to the root */
	FJ_FACT_OPEN = 2, /* everybody may search the directory and all above it */
	FJ_FACT_LITERAL = 4,	 /* the value is the key without its leading slash */
	FJ_FACT_PLAIN = 8,	 /* it is not the root, and nothing is mounted on a name in it */
	FJ_FACT_UNION = 16,	 /* it is in a union; the value is its directories in all layers,
				 * from the top, with a slash between two: layers/union_facts.c */
	FJ_FACT_MERGED = 32,	 /* several layers of the union have it */
	FJ_FACT_HAS_UPPER = 64,	 /* the union has an upper layer */
	FJ_FACT_MINE = 128,	 /* never stored: the caller of now is the fact's asker */
	FJ_FACT_IN_UPPER = 256,	 /* only the upper layer has it */
	FJ_FACT_UPPER_HAS = 512, /* the upper layer has it, perhaps not alone */
	FJ_FACT_IN_LOWER = 1024, /* the last of its directories lies in that of FJ_FD_LOWER */
	FJ_FACT_BY_KEY = 2048,	 /* it has no other directory, and the path there is the key */
	FJ_FACT_LETS = FJ_FACT_OPEN | FJ_FACT_MINE,
};
/* Call this after a directory was closed to somebody: all facts become invalid, since some say that it may
 * be searched. */
void fj_facts_forget(void);
/* Store the fact that directory `key` is `value`, with FJ_FACT_ `flags`, as seen at `epoch`. `asker`: who may
 * search it, or 0. Does nothing if the texts are too long or the place is being written. */
void fj_facts_add(const struct fj_root *root, const char *key, size_t key_len, const char *value,
	uint64_t flags, uint64_t asker, uint64_t epoch);
/* The fact for `key`, or NULL. What was read of it is valid if fj_fact_held() then returns true. */
const struct fj_fact *fj_facts_look(const struct fj_root *root, const char *key, size_t key_len,
	uint64_t epoch, uint32_t *sequence);
static inline bool fj_fact_held(const struct fj_fact *f, uint32_t sequence)
{
	return !fj_seq_retry(&f->sequence, sequence);
}
/* The time now, in the unit of FJ_FACT_TICK; 0 if facts do not become old. */
uint32_t fj_facts_now(void);
/* Is something that was seen at time `born` too old to be used? */
bool fj_facts_is_old(uint32_t born);
/* The flags of the fact, as they apply to the caller of thread `t`. */
static inline unsigned fj_fact_flags(const struct fj_fact *f, const struct fj_thread *t)
{
	return (unsigned)f->flags |
	       (fj_search(t)->asker && f->asker == fj_search(t)->asker ? FJ_FACT_MINE : 0);
}
/* Copy the value for `key` to `out`, except for FJ_FACT_LITERAL, and the fact's flags to `flags`, as
 * fj_fact_flags() returns them. Returns false if there is no fact. */
bool fj_facts_find(const struct fj_thread *t, const struct fj_root *root, const char *key,
	size_t key_len, struct fj_str *out, unsigned *flags, uint64_t epoch);
/* The hash of the last component of `name`, without slashes at its end. */
uint64_t fj_facts_name_hash(const char *name);
/* Called before and after a call that may replace a directory or change a symlink, whose name has that hash.
 * `at_once`: the call replaces a directory by a symlink in one step (RENAME_EXCHANGE), so it is announced even if no
 * fact depends on the name yet. fj_facts_after_change() gets what the first call has returned. */
bool fj_facts_before_change(uint64_t name_hash, bool at_once);
void fj_facts_after_change(uint64_t name_hash, bool was_announced);

#endif
