/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * facts.h - what the jail's processes remember of directories, so that most lookups cost one system
 * call. Called by the rooms that look up names, and by those whose calls make a fact wrong. All
 * functions are async-signal-safe. */
#ifndef FJ_FACTS_H
#define FJ_FACTS_H

#include "jail/memory.h"
#include "jail/search.h"
#include "locking/seq.h"
#include "sys/sys.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fj_root;
struct fj_thread;

#define FJ_FACTS 2048u
#define FJ_FACT_TEXT 464u
#define FJ_BLOOM_WORDS 1024u

/* One remembered fact: the directory that `text` (a key: an absolute jail path as written) names is
 * the real directory that the value (behind the key) names, on the way to which no symlink is met.
 */
struct fj_fact {
	uint32_t sequence; /* locking/seq.h */
	uint16_t key_len, value_len;
	uint64_t root; /* which root the key starts at: fj_root.id */
	uint64_t hash;
	uint64_t epoch;
	uint32_t flags; /* FJ_FACT_ */
	uint32_t born;	/* when it was seen: FJ_FACT_TICK */
	uint64_t asker; /* who may search the directory, and all on the way: fj_thread.asker; 0:
			   that is not known of anybody */
	char text[FJ_FACT_TEXT];
};
_Static_assert(sizeof(struct fj_fact) == 512, "facts fill whole cache lines");

/* Whether facts may be used just now: jail/memory.h. */
#define FJ_FACTS_STATE_AT 0x80u
struct fj_facts_state {
	uint64_t epoch;	   /* advances when a remembered fact may have become wrong */
	uint32_t changers; /* calls under way that may make one wrong */
	uint32_t lifetime; /* of a fact, in units of FJ_FACT_TICK; 0: without end */
};
/* A unit of time for facts: so many bits of fj_arch_ticks() less, which is 0.2 to 1 ms. */
#define FJ_FACT_TICK 20
/* Who changes the tree from outside the jail, or in another jail, cannot tell this one: what he did
 * is seen after 0.4 to 2 s. */
#define FJ_FACT_LIFETIME 2048u
static inline struct fj_facts_state *fj_facts_state(void)
{
	return (struct fj_facts_state *)fj_jail_at(FJ_FACTS_STATE_AT);
}

#define FJ_FACTS_TABLE_AT 0x10000u
struct fj_facts_table {
	uint64_t bloom[FJ_BLOOM_WORDS]; /* names of components that facts depend on; bits are only
					   ever set */
	struct fj_fact fact[FJ_FACTS];
};
static inline struct fj_facts_table *fj_facts_table(void)
{
	return (struct fj_facts_table *)fj_jail_at(FJ_FACTS_TABLE_AT);
}

/* Are facts that were read at `epoch` still right? (0: no fact was used.) */
bool fj_facts_hold(uint64_t epoch);
/* 0: facts may not be used just now. */
static inline uint64_t fj_facts_epoch(void)
{
	return __builtin_expect(
		       __atomic_load_n(&fj_facts_state()->changers, __ATOMIC_SEQ_CST) != 0, 0) ?
		       0 :
		       __atomic_load_n(&fj_facts_state()->epoch, __ATOMIC_SEQ_CST);
}
/* Say that facts may hang on `name`; before it is looked up. Returns whether nobody had said so. */
bool fj_facts_saw_name(const char *name, size_t len);
enum {
	FJ_FACT_HOST = 1, /* the value is an absolute host path; else it is relative to the root */
	FJ_FACT_OPEN = 2, /* whoever it is may search the directory, and all on the way */
	FJ_FACT_LITERAL = 4,	/* the value is the key without the slash that it begins with */
	FJ_FACT_PLAIN = 8,	/* it is not the root, and nothing is mounted on a name in it */
	FJ_FACT_UNION = 16,	/* it lies in a union, and the values are all its directories, from
				   the top, with a slash between two: union_facts.c */
	FJ_FACT_MERGED = 32,	/* and these are several */
	FJ_FACT_HAS_UPPER = 64, /* and the union has an upper layer */
	FJ_FACT_MINE = 128,	/* never stored: it says so of who asks now */
	FJ_FACT_IN_UPPER = 256, /* it is in the upper layer alone */
	FJ_FACT_LETS = FJ_FACT_OPEN | FJ_FACT_MINE,
};
/* A directory has become closed to somebody: what was said to be open, to everybody or to one, may
 * no more be so. */
void fj_facts_forget(void);
void fj_facts_add(const struct fj_root *root, const char *key, size_t key_len, const char *value,
	uint64_t flags, uint64_t asker, uint64_t epoch);
/* The fact for `key`, or NULL. What was read of it is right when fj_fact_held() says so afterwards.
 */
const struct fj_fact *fj_facts_look(const struct fj_root *root, const char *key, size_t key_len,
	uint64_t epoch, uint32_t *sequence);
static inline bool fj_fact_held(const struct fj_fact *f, uint32_t sequence)
{
	return !fj_seq_retry(&f->sequence, sequence);
}
/* What it says to `t`. */
static inline unsigned fj_fact_flags(const struct fj_fact *f, const struct fj_thread *t)
{
	return (unsigned)f->flags |
	       (fj_search(t)->asker && f->asker == fj_search(t)->asker ? FJ_FACT_MINE : 0);
}
/* (The length that fj_facts_look() saw may have changed: nothing is read beyond the text.) */
static inline void fj_fact_value(const struct fj_fact *f, size_t key_len, struct fj_str *out)
{
	const size_t len = __atomic_load_n(&f->value_len, __ATOMIC_RELAXED);

	if (key_len + len < FJ_FACT_TEXT)
		fj_str_add(out, f->text + key_len, len);
}
/* Copies the value for `key` into `out`, unless it is FJ_FACT_LITERAL; false when there is none. */
bool fj_facts_find(const struct fj_thread *t, const struct fj_root *root, const char *key,
	size_t key_len, struct fj_str *out, unsigned *flags, uint64_t epoch);
/* Around a call that may replace a directory or change a symlink called `name`. `at_once`: it makes
 * a symlink of a directory in one step (RENAME_EXCHANGE), so it is announced whether or not a fact
 * hangs on it yet. */
bool fj_facts_before_change(const char *name, bool at_once);
void fj_facts_after_change(const char *name, bool was_announced);

#endif
