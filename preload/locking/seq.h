/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * seq.h - sequence counts: data that others read while it is written, without a lock.
 *
 * A word beside the data is odd while somebody writes, and another one after each write. A reader
 * copies the data between two looks at the word, and the copy is good when both saw the same. Until
 * the second look what was read may be nonsense: lengths and offsets are checked before they are
 * used, and nothing is done that cannot be undone.
 *
 *	do {
 *		seen = fj_seq_begin(&x->seq);
 *		copy = x->data;
 *	} while (fj_seq_is_odd(seen) || fj_seq_retry(&x->seq, seen));
 *
 * A writer may be killed at any instruction, or stopped. So a reader's rounds are bounded, and each
 * user says what a word that stays odd means to him. Where a word is more than a count (the place
 * of a version of the mounts, the state of a record) its writer is there, and only the reader's two
 * functions are from here.
 *
 * Who uses it: facts, moves of roots, mounts, working directories, names of sockets, identities,
 * owner records. tests/unit/races.c runs them under ThreadSanitizer. */
#ifndef FJ_SEQ_H
#define FJ_SEQ_H

#include <stdbool.h>
#include <stdint.h>

/* Before the data is read. What comes back is for fj_seq_retry(). */
static inline uint32_t fj_seq_begin(const uint32_t *word)
{
	return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

static inline bool fj_seq_is_odd(uint32_t seen)
{
	return seen & 1;
}

/* After it was read: has somebody written since fj_seq_begin() said `seen`? */
static inline bool fj_seq_retry(const uint32_t *word, uint32_t seen)
{
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return __atomic_load_n(word, __ATOMIC_RELAXED) != seen;
}

/* Before the data is written. False: another writer is at it, or was killed while he was. Never
 * waits. Locked: one instruction. */
static inline bool fj_seq_write(uint32_t *word)
{
	uint32_t seen = __atomic_load_n(word, __ATOMIC_RELAXED);

	if (fj_seq_is_odd(seen) || !__atomic_compare_exchange_n(word, &seen, seen + 1, false,
					   __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
		return false;
	/* The data may not be seen before the odd word is: on x86_64 no instruction. */
	__atomic_thread_fence(__ATOMIC_RELEASE);
	return true;
}

/* The same where a place has to be used again whose writer was killed: who is at it for some 100 ms
 * counts as killed. If he was only stopped, what he still writes may be taken for good: so this is
 * for what is only shown, or looked at again before it is used. seq.c */
void fj_seq_write_at_last(uint32_t *word);

/* Before data is written whose word is its number, and never odd: from now on it is `number`, which
 * is read by nobody until he is told so elsewhere. */
static inline void fj_seq_renumber(uint32_t *word, uint32_t number)
{
	__atomic_store_n(word, number, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
}

/* After it was written. */
static inline void fj_seq_written(uint32_t *word)
{
	__atomic_store_n(word, __atomic_load_n(word, __ATOMIC_RELAXED) + 1, __ATOMIC_RELEASE);
}

#endif
