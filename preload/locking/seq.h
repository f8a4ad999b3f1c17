/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * seq.h - sequence counts: for data that others read while it is written, without a lock.
 *
 * A word beside the data is odd while it is written, and has another value after each write. A
 * reader copies the data between two looks at the word; the copy is good if both looks saw the same
 * value. Until the second look the copy may be nonsense: the reader checks lengths and offsets
 * before it uses them, and does nothing that cannot be undone.
 *
 * 	do {
 * 		seen = fj_seq_begin(&x->seq);
 * 		copy = x->data;
 * 	} while (fj_seq_is_odd(seen) || fj_seq_retry(&x->seq, seen));
 *
 * A writer may be killed at any instruction, or stopped. So a reader tries a bounded number of
 * times, and each user of this file says what a word that stays odd means. If the word is more than
 * a count (the place of a version of the mounts, the state of a record), the user has a writer of
 * its own, and takes only the two functions for readers from here.
 *
 * Users: facts, moves of roots, mounts, working directories, names of sockets, identities, owner
 * records. tests/unit/races.c runs them under ThreadSanitizer. */
#ifndef FJ_SEQ_H
#define FJ_SEQ_H

#include <stdbool.h>
#include <stdint.h>

/* Call before the data is read. The result is for fj_seq_retry(). */
static inline uint32_t fj_seq_begin(const uint32_t *word)
{
	return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

static inline bool fj_seq_is_odd(uint32_t seen)
{
	return seen & 1;
}

/* Call after the data was read: was it written since fj_seq_begin() returned `seen`? */
static inline bool fj_seq_retry(const uint32_t *word, uint32_t seen)
{
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return __atomic_load_n(word, __ATOMIC_RELAXED) != seen;
}

/* Call before the data is written. Returns false if another writer is at work, or was killed at
 * work. Never waits. Costs one locked instruction. */
static inline bool fj_seq_write(uint32_t *word)
{
	uint32_t seen = __atomic_load_n(word, __ATOMIC_RELAXED);

	if (fj_seq_is_odd(seen) || !__atomic_compare_exchange_n(word, &seen, seen + 1, false,
					   __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
		return false;
	/* The odd word must be visible before the data is: no instruction on x86_64. */
	__atomic_thread_fence(__ATOMIC_RELEASE);
	return true;
}

/* As fj_seq_write(), for a place that must be used again although its writer was killed. It waits: a
 * writer that is at work for about 100 ms counts as killed. If it was only stopped, what it still writes may be taken
 * for good. So use this only for data that is shown, or checked again before use. In seq.c. */
void fj_seq_write_at_last(uint32_t *word);

/* Call before data is written whose word is a number of it, and never odd. The word becomes
 * `number`. No process reads the data until it is told `number` elsewhere. */
static inline void fj_seq_renumber(uint32_t *word, uint32_t number)
{
	__atomic_store_n(word, number, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
}

/* Call after the data was written. */
static inline void fj_seq_written(uint32_t *word)
{
	__atomic_store_n(word, __atomic_load_n(word, __ATOMIC_RELAXED) + 1, __ATOMIC_RELEASE);
}

#endif
