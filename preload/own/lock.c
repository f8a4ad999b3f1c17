/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * lock.c - the writers' lock of a file of records, which may be taken from its holder.
 *
 * A word in the mapping: taken and given back without a system call. A holder who is killed or
 * stopped must not stop the others, and of one in another PID namespace nobody can tell. So it may
 * be taken from anybody, at any time; when it is, is only a question of what that costs. Whoever
 * takes it from somebody else replaces the slot array first (replace.c), and what that one still
 * does is in vain: he learns of it at the end of his change, and makes it once more.
 *
 * FJ_LOCK_ROBBED in the word says that the array is still to be replaced. Whoever takes the word
 * from a holder sets it, and takes it back only when the array is new, or when he finds afterwards
 * that the holder is dead: in our own PID namespace kill(2) knows.
 *
 * Where other machines may have the file: shared.c. All signals but SIGBUS are blocked while the
 * lock is held: a handler on this thread may want it. */
#include "own/store.h"
#include "sys/guest.h"

#include <asm/stat.h>
#include <linux/futex.h>
#include <linux/time_types.h>

#define SPINS 200
#define YIELDS 20
#define WAIT_NS 2000000 /* between two looks at what the holder does */

/* How many of these looks one and the same holding lasts: who sleeps is held by the freezer of his
 * cgroup, since nobody sleeps here; who is in another PID namespace is in a bad way, for the lock
 * is held for a microsecond; and from a processor or a disk that is that slow the lock is taken, so
 * that there is an end. To replace an array takes time: each LARGE slots are one look more. */
#define SLEEPING 5
#define ELSEWHERE 50
#define DISK 500
#define RUNNING 5000
#define LARGE 4096

/* Process id in the high half, its PID namespace in the low one; 0: nobody knows. Belongs to this
 * process, or after fork(2) to its parent, and then the high half tells. */
static uint64_t namespace;

static uint32_t my_namespace(uint32_t pid)
{
	uint64_t known = __atomic_load_n(&namespace, __ATOMIC_RELAXED);
	struct stat st = {0};

	if (known >> 32 == pid)
		return (uint32_t)known;
	if (fj_sys4(__NR_newfstatat, AT_FDCWD, "/proc/self/ns/pid", &st, 0) < 0 || st.st_ino >> 32)
		st.st_ino = 0;
	known = (uint64_t)pid << 32 | st.st_ino;
	__atomic_store_n(&namespace, known, __ATOMIC_RELAXED);
	return (uint32_t)known;
}

/* Is the holder of `word` in our PID namespace? What he has not said yet is 0. */
static uint32_t namespace_of(const struct fj_store_head *h, uint64_t word)
{
	const uint64_t said = __atomic_load_n(&h->holder, __ATOMIC_ACQUIRE);

	return (said ^ word) >> 33 ? 0 : (uint32_t)said;
}

/* Has one and the same holding lasted for so many looks that it is over? */
static bool is_over(const struct fj_store_head *h, uint64_t word, uint32_t looks)
{
	const uint32_t pid = (uint32_t)fj_sys0(__NR_getpid);
	const uint32_t its = namespace_of(h, word);
	const uint32_t more = (1u << (fj_table_log(h->table) & 31)) / LARGE;

	if (!looks)
		return false; /* it may be over by itself */
	if (its && its != my_namespace(pid))
		return looks >= ELSEWHERE + more;
	switch (fj_doing((int32_t)(uint32_t)word)) {
	case FJ_IS_GONE:
	case FJ_IS_STOPPED:
		return true;
	case FJ_SLEEPS:
		return looks >= SLEEPING;
	case FJ_WAITS_FOR_DISK:
		return looks >= DISK + more;
	default:
		return looks >= RUNNING + more;
	}
}

/* Will nobody ever go on who held it by `word`? To be asked when it is ours. */
static bool is_dead(uint64_t word, uint64_t said)
{
	const uint32_t mine = my_namespace((uint32_t)fj_sys0(__NR_getpid));

	return mine && !((said ^ word) >> 33) && (uint32_t)said == mine &&
	       fj_sys2(__NR_kill, (uint32_t)word, 0) == -ESRCH;
}

/* From whoever has it by `word`. */
static bool take(struct fj_store_hold *hold, uint64_t word)
{
	struct fj_store_head *h = fj_store_head(hold->s);
	const uint32_t pid = (uint32_t)fj_sys0(__NR_getpid), robbed = (uint32_t)word;
	const uint64_t said = __atomic_load_n(&h->holder, __ATOMIC_ACQUIRE),
		       who = my_namespace(pid);
	uint64_t next = ((word >> 33) + 1) << 33 | (word & FJ_LOCK_ROBBED) | pid;

	if (robbed)
		next |= FJ_LOCK_ROBBED;
	if (!__atomic_compare_exchange_n(
		    &h->lock, &word, next, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
		return false;
	__atomic_store_n(&h->holder, (next & ~0xffffffffUL) | who, __ATOMIC_RELEASE);
	/* (`said` was read before: if another holder had the same word since, he wrote the same.)
	 */
	hold->is_robbed = (word & FJ_LOCK_ROBBED) || (robbed && !is_dead(word, said));
	hold->word = next;
	return true;
}

/* What is done under the lock is done in this array. Whoever takes the lock away replaces it after
 * that; so when the lock is ours still, it was the right one. */
static long begin(struct fj_store_hold *hold)
{
	struct fj_store_head *h = fj_store_head(hold->s);

	hold->table = __atomic_load_n(&h->table, __ATOMIC_SEQ_CST);
	if (!hold->s->is_shared && __atomic_load_n(&h->lock, __ATOMIC_SEQ_CST) != hold->word)
		return FJ_STORE_ROBBED;
	return hold->is_robbed || h->version < FJ_STORE_VERSION ? fj_store_replace(hold) : 0;
}

static void wait_for(struct fj_store_head *h, uint32_t holder)
{
	const struct __kernel_timespec timeout = {.tv_nsec = WAIT_NS};

	__atomic_fetch_add(&h->waiters, 1, __ATOMIC_SEQ_CST);
	fj_sys6(__NR_futex, &h->lock, FUTEX_WAIT, holder, &timeout, 0, 0);
	__atomic_fetch_sub(&h->waiters, 1, __ATOMIC_SEQ_CST);
}

/* Bounded by is_over() for each holding; one that goes from hand to hand is waited for as long as
 * it does. */
static void take_word(struct fj_store_hold *hold)
{
	struct fj_store_head *h = fj_store_head(hold->s);
	uint64_t last = 0;
	uint32_t looks = 0;

	for (uint32_t tries = 0;; tries++) {
		const uint64_t word = __atomic_load_n(&h->lock, __ATOMIC_RELAXED);
		const uint32_t holder = (uint32_t)word;

		if (!holder && take(hold, word))
			return;
		if (tries < SPINS) {
			__builtin_ia32_pause();
		} else if (tries < SPINS + YIELDS) {
			fj_sys0(__NR_sched_yield);
		} else if (holder) {
			looks = word == last ? looks + 1 : 0;
			last = word;
			if (is_over(h, word, looks) && take(hold, word))
				return;
			wait_for(h, holder);
		}
	}
}

static void let_go(const struct fj_store_hold *hold)
{
	struct fj_store_head *h = fj_store_head(hold->s);
	uint64_t word = hold->word;
	const uint64_t next = word >> 33 << 33 | (hold->is_robbed ? FJ_LOCK_ROBBED : 0);

	/* Else somebody has taken it. */
	__atomic_compare_exchange_n(
		&h->lock, &word, next, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
	if (__atomic_load_n(&h->waiters, __ATOMIC_SEQ_CST))
		fj_sys6(__NR_futex, &h->lock, FUTEX_WAKE, 1, 0, 0, 0);
}

long fj_store_lock(struct fj_store *s, struct fj_store_hold *hold)
{
	/* But SIGBUS (lost.c), and SIGSEGV where that may be the program's bad pointer. */
	const uint64_t all = ~(1UL << 6) & ~((uint64_t)fj_guest_catches_faults() << 10);
	uint32_t times = 0;
	long r;

	hold->s = s;
	hold->is_robbed = false;
	if (s->is_lost)
		return -EIO;
	if (s->is_read_only)
		return -EROFS;
	fj_sys4(__NR_rt_sigprocmask, 2 /* SIG_SETMASK */, &all, &hold->mask, sizeof(all));
	do {
		r = 0;
		if (s->is_shared)
			r = fj_store_lock_shared(s, hold);
		else
			take_word(hold);
		if (r)
			break;
		r = begin(hold);
		if (r)
			s->is_shared ? (void)fj_store_unlock_shared(s, hold) : let_go(hold);
	} while (fj_store_again(&r, &times));
	if (r)
		fj_sys4(__NR_rt_sigprocmask, 2 /* SIG_SETMASK */, &hold->mask, 0,
			sizeof(hold->mask));
	return s->is_lost && r ? -EIO : r;
}

long fj_store_unlock(struct fj_store_hold *hold)
{
	long r = 0;

	if (hold->s->is_shared)
		r = fj_store_unlock_shared(hold->s, hold);
	else
		let_go(hold);
	fj_sys4(__NR_rt_sigprocmask, 2 /* SIG_SETMASK */, &hold->mask, 0, sizeof(hold->mask));
	return r;
}

void fj_store_lock_start(struct fj_store *s)
{
	struct fj_store_head *h = fj_store_head(s);
	uint64_t word = __atomic_load_n(&h->lock, __ATOMIC_RELAXED);
	const uint32_t pid = (uint32_t)word;

	/* The other threads of the program before are gone: who has our process id is dead. (Who
	 * has it in a namespace that we do not know of is not.) */
	if (s->is_read_only || s->is_shared || !pid || pid != (uint32_t)fj_sys0(__NR_getpid) ||
		!namespace_of(h, word) || namespace_of(h, word) != my_namespace(pid))
		return;
	__atomic_compare_exchange_n(
		&h->lock, &word, word & ~0xffffffffUL, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}
