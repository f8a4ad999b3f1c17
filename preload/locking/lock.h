/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * lock.h - a lock in memory that processes share, which a dead or stopped holder cannot keep for
 * ever.
 *
 * The lock is a word, taken and given back without a system call. A holder may be killed or stopped
 * at any instruction; for a holder in another PID namespace this cannot be found out. What may be
 * done then depends on what the lock protects. So there are two ways to take it:
 *
 * - fj_lock_take() waits, and in the end takes the lock from any holder, whatever that does. The
 *   holder is then "robbed": what it still does must have no effect. The process that took the lock
 *   must make sure of that; `is_robbed` tells it. The word keeps the mark (FJ_LOCK_ROBBED) until a
 *   process that has done so gives the lock back. (Owner records, records/lock.c.)
 * - fj_lock_try() never waits. It takes the lock from a holder only if that is certainly dead: in
 *   our own PID namespace kill(2) tells. (Places for versions of the mounts.)
 *
 * The first lock of a process after its fork costs one fstatat, to learn the PID namespace. All
 * signals are blocked while a lock is held, if a handler on this thread may want it. */
#ifndef FJ_LOCK_H
#define FJ_LOCK_H

#include <stdbool.h>
#include <stdint.h>

#define FJ_LOCK_ROBBED (1UL << 32)

/* All zero: free. It lies in files, too: records/store.h. */
struct fj_lock {
	uint64_t word;	 /* low half: process or thread id of the holder, 0 free; bit 32:
			    FJ_LOCK_ROBBED; above it how often the lock was taken */
	uint64_t holder; /* low half: PID namespace of the holder; the high half equals that of
			    the `word` which it belongs to */
};

/* What a holder of the lock has. */
struct fj_lock_hold {
	uint64_t word;
	bool is_robbed; /* the lock was taken from a holder that may go on, now or earlier, and
			   nobody has made sure yet that this has no effect. The holder clears it
			   when it has; it may also set it, if it finds out later */
};

/* Takes the lock for `pid`, the calling process. The wait for one holder is bounded; if many
 * processes take turns, the wait lasts as long as they do.
 *
 *   waiters    a word beside the lock: how many processes wait
 *   patience   how many more looks, 2 ms apart, a running holder is given */
void fj_lock_take(struct fj_lock *l, uint32_t *waiters, uint32_t pid, uint32_t patience,
	struct fj_lock_hold *hold);
/* Takes the lock for `me`, a process or thread id, if it is free, or, with `of_the_dead`, if its
 * holder is dead. Returns false if not. `is_robbed` is false then. */
bool fj_lock_try(struct fj_lock *l, uint32_t me, bool of_the_dead, struct fj_lock_hold *hold);
/* Has no other process taken the lock away? */
static inline bool fj_lock_is_held(const struct fj_lock *l, const struct fj_lock_hold *hold)
{
	return __atomic_load_n(&l->word, __ATOMIC_SEQ_CST) == hold->word;
}
/* Gives the lock back, unless another process has taken it away. `waiters` as above, or NULL. */
void fj_lock_give(struct fj_lock *l, uint32_t *waiters, const struct fj_lock_hold *hold);
/* Is the holder `me`, in our PID namespace? */
bool fj_lock_is_of(const struct fj_lock *l, uint32_t me);
/* Call at process start: frees a lock that another thread of process `me` held before execve(2). (A
 * process of the same id in an unknown namespace is not meant.) */
void fj_lock_forget(struct fj_lock *l, uint32_t me);
/* Can no handler of the program run in this process, because it has never set one, and all calls that set one
 * are seen? The room signal says so at process start, and takes it back before the kernel gets the first
 * handler. A vfork(2) child, which shares this, takes it back for its parent, too. */
extern uint32_t fj_lock_lacks_handlers;
/* Call before the kernel gets an action. `is_one`: it is a handler of the program. */
static inline void fj_lock_saw_handler(bool is_one)
{
	if (is_one && __atomic_load_n(&fj_lock_lacks_handlers, __ATOMIC_RELAXED))
		__atomic_store_n(&fj_lock_lacks_handlers, 0, __ATOMIC_RELEASE);
}
/* The PID namespace of process `pid`, which is the calling one; 0: unknown. */
uint32_t fj_pid_namespace(uint32_t pid);

#endif
