/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * lock.h - a lock in memory that processes share, which outlives its holder.
 *
 * A word, taken and given back without a system call. A holder may be killed or stopped at any
 * instruction, and of one in another PID namespace nobody can tell. What may be done about him
 * depends on what he guards, and so there are two ways to take it:
 *
 * - fj_lock_take() waits, and in the end takes it from anybody, whatever he does. What he still
 * does must be in vain then, and whoever has taken it sees to that: `is_robbed` tells. The word
 *   remembers it (FJ_LOCK_ROBBED) until one who has seen to it gives the lock back. (Owner records,
 *   records/lock.c.)
 * - fj_lock_try() never waits, and takes it at most from one who is dead for certain: who is in our
 *   own PID namespace, where kill(2) knows. (Places for versions of the mounts.)
 *
 * A process that has locked for the first time since its fork looks up its PID namespace: one
 * fstatat. All signals are blocked while a lock is held: a handler on this thread may want it. */
#ifndef FJ_LOCK_H
#define FJ_LOCK_H

#include <stdbool.h>
#include <stdint.h>

#define FJ_LOCK_ROBBED (1UL << 32)

/* All zero: free. Lies in files, too: store.h. */
struct fj_lock {
	uint64_t word;	 /* low half: process or thread id of the holder, 0 free; bit 32:
			    FJ_LOCK_ROBBED; above it how often it was taken */
	uint64_t holder; /* low half: PID namespace of the holder whose high half of `word` this has
			  */
};

/* Of whoever has taken one. */
struct fj_lock_hold {
	uint64_t word;
	bool is_robbed; /* from one who may go on, or somebody before has, and it was not seen to.
			   To be cleared by who has seen to it, and may be set by who finds out
			   later */
};

/* Take it for `pid`, the calling process. Bounded for each holding; a lock that
 * goes from hand to hand is waited for as long as it does.
 *
 * waiters    a word beside it: how many wait
 * patience   how many looks of 2 ms more than usual somebody who runs may have it */
void fj_lock_take(struct fj_lock *l, uint32_t *waiters, uint32_t pid, uint32_t patience,
	struct fj_lock_hold *hold);
/* Take it for `me`, a process or thread id, if it is free, or (`of_the_dead`) its holder is dead.
 * `is_robbed` is false then. */
bool fj_lock_try(struct fj_lock *l, uint32_t me, bool of_the_dead, struct fj_lock_hold *hold);
/* Has nobody taken it away? */
static inline bool fj_lock_is_held(const struct fj_lock *l, const struct fj_lock_hold *hold)
{
	return __atomic_load_n(&l->word, __ATOMIC_SEQ_CST) == hold->word;
}
/* Give it back, unless somebody has taken it away. `waiters` as above, or NULL. */
void fj_lock_give(struct fj_lock *l, uint32_t *waiters, const struct fj_lock_hold *hold);
/* Is its holder called `me`, in our PID namespace? */
bool fj_lock_is_of(const struct fj_lock *l, uint32_t me);
/* At process start: what another thread of process `me` held in its life before execve(2), nobody
 * does any more. (Who has that id in a namespace that we do not know of is not meant.) */
void fj_lock_forget(struct fj_lock *l, uint32_t me);
/* The PID namespace of process `pid`, which calls; 0: unknown. */
uint32_t fj_pid_namespace(uint32_t pid);

#endif
