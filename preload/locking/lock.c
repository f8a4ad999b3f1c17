/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * lock.c - the lock of lock.h, which says what it is for.
 *
 * A lock can be taken from its holder at any time, which is always right: see lock.h. But the work
 * that makes it right costs time. So a process first waits as long as the numbers below say. */
#include "locking/lock.h"

#include "locking/doing.h"
#include "syscall/futex.h"
#include "syscall/sched.h"
#include "syscall/signal.h"
#include "syscall/stat.h"
#include "syscall/unistd_ids.h"

#include <asm/stat.h>
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/futex.h>
#include <linux/time_types.h>

#define SPINS 200
#define YIELDS 20
#define WAIT_NS 2000000 /* between two looks at the holder */

/* For how many looks at one and the same holding a process waits before it takes the lock away. A
 * holder that sleeps is frozen with its cgroup, since a holder never sleeps. A holder in another
 * PID namespace has a problem, since a lock is held for a microsecond. A disk or processor may be
 * slow, but the wait must end. */
#define SLEEPING 5
#define ELSEWHERE 50
#define DISK 500
#define RUNNING 5000

uint32_t fj_lock_lacks_handlers;

/* Process id in the high half, its PID namespace in the low half; 0: unknown. After fork(2) it is
 * still the parent's, as the high half tells. */
static uint64_t namespace;

uint32_t fj_pid_namespace(uint32_t pid)
{
	uint64_t known = __atomic_load_n(&namespace, __ATOMIC_RELAXED);
	struct stat st = {0};

	if (known >> 32 == pid)
		return (uint32_t)known;
	if (fj_sys_newfstatat(AT_FDCWD, "/proc/self/ns/pid", &st, 0) < 0 || st.st_ino >> 32)
		st.st_ino = 0;
	known = (uint64_t)pid << 32 | st.st_ino;
	__atomic_store_n(&namespace, known, __ATOMIC_RELAXED);
	return (uint32_t)known;
}

static uint64_t holder_word(const struct fj_lock *l)
{
	return __atomic_load_n(&l->holder, __ATOMIC_ACQUIRE);
}

/* The PID namespace of the holder of `word`. 0: the holder has not written it yet, or does not know
 * it. */
static uint32_t namespace_of(uint64_t holder, uint64_t word)
{
	return (holder ^ word) >> 33 ? 0 : (uint32_t)holder;
}

/* Is the holder's namespace certainly ours? `pid` is this process. */
static bool is_lock_ours(uint64_t holder, uint64_t word, uint32_t pid)
{
	const uint32_t its = namespace_of(holder, word);

	return its && its == fj_pid_namespace(pid);
}

/* Has one and the same holding lasted for so many looks that the lock may be taken away? */
static bool is_over(
	const struct fj_lock *l, uint64_t word, uint32_t pid, uint32_t looks, uint32_t patience)
{
	const uint64_t holder = holder_word(l);

	if (!looks)
		return false; /* the holder may be about to give it back */
	if (namespace_of(holder, word) && !is_lock_ours(holder, word, pid))
		return looks >= ELSEWHERE + patience;
	switch (fj_doing((int32_t)(uint32_t)word)) {
	case FJ_IS_GONE:
	case FJ_IS_STOPPED:
		return true;
	case FJ_SLEEPS:
		return looks >= SLEEPING;
	case FJ_WAITS_FOR_DISK:
		return looks >= DISK + patience;
	default:
		return looks >= RUNNING + patience;
	}
}

/* Is the process that held the lock by `word` certainly dead? */
static bool is_dead(uint64_t word, uint64_t holder, uint32_t pid)
{
	return is_lock_ours(holder, word, pid) && fj_sys_kill((uint32_t)word, 0) == -ESRCH;
}

/* Takes the lock that is held by `word`, or free. */
static bool take_lock(
	struct fj_lock *l, uint32_t pid, uint32_t me, uint64_t word, struct fj_lock_hold *hold)
{
	const uint32_t robbed = (uint32_t)word;
	const uint64_t holder = holder_word(l), mine = fj_pid_namespace(pid);
	uint64_t next = ((word >> 33) + 1) << 33 | (word & FJ_LOCK_ROBBED) | me;

	if (robbed)
		next |= FJ_LOCK_ROBBED;
	if (!__atomic_compare_exchange_n(
		    &l->word, &word, next, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
		return false;
	__atomic_store_n(&l->holder, (next & ~0xffffffffUL) | mine, __ATOMIC_RELEASE);
	/* `holder` was read before. If another holder had the same word since, it wrote the same
	 * value. Whether the holder is dead is asked only now, when the lock is ours. */
	hold->is_robbed = (word & FJ_LOCK_ROBBED) || (robbed && !is_dead(word, holder, pid));
	hold->word = next;
	return true;
}

static void wait_for(struct fj_lock *l, uint32_t *waiters, uint32_t holder)
{
	const struct __kernel_timespec timeout = {.tv_nsec = WAIT_NS};

	__atomic_fetch_add(waiters, 1, __ATOMIC_SEQ_CST);
	fj_sys_futex(&l->word, FUTEX_WAIT, holder, &timeout, 0, 0);
	__atomic_fetch_sub(waiters, 1, __ATOMIC_SEQ_CST);
}

void fj_lock_take(struct fj_lock *l, uint32_t *waiters, uint32_t pid, uint32_t patience,
	struct fj_lock_hold *hold)
{
	uint64_t last = 0;
	uint32_t looks = 0;

	/* No holder is waited for longer than `patience` says. Other holders may be faster when the lock
	 * is given back: then they make a change each. */
	for (uint32_t tries = 0;; tries++) {
		const uint64_t word = __atomic_load_n(&l->word, __ATOMIC_RELAXED);
		const uint32_t holder = (uint32_t)word;

		if (!holder && take_lock(l, pid, pid, word, hold))
			return;
		if (tries < SPINS) {
			__builtin_ia32_pause();
		} else if (tries < SPINS + YIELDS) {
			fj_sys_sched_yield();
		} else if (holder) {
			looks = word == last ? looks + 1 : 0;
			last = word;
			if (is_over(l, word, pid, looks, patience) &&
				take_lock(l, pid, pid, word, hold))
				return;
			wait_for(l, waiters, holder);
		}
	}
}

bool fj_lock_try(struct fj_lock *l, uint32_t me, bool of_the_dead, struct fj_lock_hold *hold)
{
	const uint64_t word = __atomic_load_n(&l->word, __ATOMIC_ACQUIRE);
	uint32_t pid;

	if ((uint32_t)word && !of_the_dead)
		return false;
	pid = (uint32_t)fj_sys_getpid();
	if ((uint32_t)word && !is_dead(word, holder_word(l), pid))
		return false;
	if (!take_lock(l, pid, me, word, hold))
		return false;
	hold->is_robbed = false;
	return true;
}

void fj_lock_give(struct fj_lock *l, uint32_t *waiters, const struct fj_lock_hold *hold)
{
	uint64_t word = hold->word;
	const uint64_t next = word >> 33 << 33 | (hold->is_robbed ? FJ_LOCK_ROBBED : 0);

	/* This fails if another process has taken the lock. */
	__atomic_compare_exchange_n(
		&l->word, &word, next, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
	if (waiters && __atomic_load_n(waiters, __ATOMIC_SEQ_CST))
		fj_sys_futex(&l->word, FUTEX_WAKE, 1, 0, 0, 0);
}

bool fj_lock_is_of(const struct fj_lock *l, uint32_t me)
{
	const uint64_t word = __atomic_load_n(&l->word, __ATOMIC_ACQUIRE);

	return (uint32_t)word == me &&
	       is_lock_ours(holder_word(l), word, (uint32_t)fj_sys_getpid());
}

void fj_lock_forget(struct fj_lock *l, uint32_t me)
{
	uint64_t word = __atomic_load_n(&l->word, __ATOMIC_ACQUIRE);

	if ((uint32_t)word == me && is_lock_ours(holder_word(l), word, (uint32_t)fj_sys_getpid()))
		__atomic_compare_exchange_n(&l->word, &word, word & ~0xffffffffUL, false,
			__ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}
