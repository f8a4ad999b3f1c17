/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * lock.c - the writers' lock of a file of records.
 *
 * A word in the mapping: taken and given back without a system call. Whoever waits must be able to
 * tell that the holder is dead, also across PID namespaces: so each process that writes keeps, as
 * long as it lives, a lock of fcntl(2) on one byte of the file, far behind its end, whose position
 * is its id; the kernel takes that away with the process. The id is the process id, or, when that
 * byte is another's (a PID namespace), the process id plus a multiple of PIDS. Where fcntl locks do
 * not work, NO_TOKEN is set and kill(2) is asked instead.
 *
 * Where other machines may have the file: shared.c.
 *
 * Every change is complete at each instruction (table.c), so taking over from a dead holder needs
 * no repair. All signals but SIGBUS are blocked while the lock is held: a handler on this thread
 * may want it.
 */
#include "own/store.h"
#include "sys/guest.h"

#include <linux/futex.h>
#include <linux/time_types.h>

#define PIDS (1u << 22) /* PID_MAX_LIMIT, include/linux/threads.h */
#define NO_TOKEN (1u << 31)
#define TOKENS_AT (1L << 40) /* bytes; files of records stay below: FJ_BLOCK_UNIT << 32 */
#define SPINS 200
#define YIELDS 20
#define WAIT_NS 2000000 /* between two looks at whether the holder lives */
#define NAMESAKE_WAITS 50
#define WAITS 5000 /* for one and the same holding, ten seconds: then the holder is stopped */

struct flock_ { /* struct flock of asm-generic/fcntl.h, 64 bit */
	int16_t type, whence;
	int64_t start, len;
	int32_t pid;
};

/* Process id in the high half, id in the low one; for each file. Belongs to this process, or after
 * fork(2) to its parent, and then the high half tells. */
static uint64_t token[2]; /* of fj_store; other roots' files are kept open by nobody: NO_TOKEN */

/* The O_PATH descriptor takes no locks. In its place one to read by, which stays: it cannot change
 * the file, and to close any that can be locked would take away all locks of the process. (That is
 * why only one thread may do it.) */
static long make_lockable(struct fj_store *s)
{
	static int32_t maker;
	const int32_t me = (int32_t)fj_sys0(__NR_getpid);
	const uint64_t all = ~0UL;
	int32_t was = 0;
	uint64_t mask;
	long fd, r = 0;

	fj_sys4(__NR_rt_sigprocmask, 2 /* SIG_SETMASK */, &all, &mask, sizeof(all));
	/* Bounded by the few calls below, in a thread of this very process. Another process's id
	 * is that of a parent which forked meanwhile, or of one whose memory we borrow. */
	while (!__atomic_compare_exchange_n(
		       &maker, &was, me, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED) &&
		was == me) {
		was = 0;
		fj_sys0(__NR_sched_yield);
	}
	if (fj_sys3(__NR_fcntl, s->fd, F_GETFL, 0) & O_PATH) {
		fd = fj_open_anew(s->fd, O_RDONLY);
		r = fj_is_err(fd) ? fd : fj_sys3(__NR_dup3, fd, s->fd, 0);
		if (!fj_is_err(fd))
			fj_close((int)fd);
	}
	__atomic_store_n(&maker, 0, __ATOMIC_RELEASE);
	fj_sys4(__NR_rt_sigprocmask, 2 /* SIG_SETMASK */, &mask, 0, sizeof(mask));
	return r < 0 ? r : 0;
}

/* To ask only: to close it takes locks away. */
static long byte_of_other(struct fj_store *s, int command, struct flock_ *lock)
{
	const long fd = fj_store_open(s->path, O_RDONLY);
	long r = fd;

	if (!fj_is_err(fd)) {
		r = fj_sys3(__NR_fcntl, fd, command, lock);
		fj_close((int)fd);
	}
	return r < 0 ? r : lock->type;
}

long fj_store_byte(struct fj_store *s, int command, int type, int64_t at)
{
	struct flock_ lock = {.type = (int16_t)type, .start = at, .len = 1};
	long r;

	if (s->fd < 0)
		return byte_of_other(s, command, &lock);
	r = fj_sys3(__NR_fcntl, s->fd, command, &lock);
	if (r == -EBADF) {
		r = make_lockable(s);
		if (!r)
			r = fj_sys3(__NR_fcntl, s->fd, command, &lock);
	}
	return r < 0 ? r : lock.type;
}

/* Does another process have it? */
static long is_taken(struct fj_store *s, uint32_t id)
{
	const long r = fj_store_byte(s, F_GETLK, F_WRLCK, TOKENS_AT + id);

	return r < 0 ? r : r != F_UNLCK;
}

/* A lock for reading, which a descriptor for reading can have: two of them do not exclude each
 * other, so whoever finds a second one gives way. -EAGAIN: another process has that id. */
static long take_token(struct fj_store *s, uint32_t id)
{
	long r = is_taken(s, id);

	if (!r)
		r = fj_store_byte(s, F_SETLK, F_RDLCK, TOKENS_AT + id);
	if (r == F_RDLCK) {
		r = is_taken(s, id);
		if (r)
			fj_store_byte(s, F_SETLK, F_UNLCK, TOKENS_AT + id);
	}
	return r > 0 ? -EAGAIN : r;
}

static uint32_t my_id(struct fj_store *s)
{
	uint64_t *const mine = &token[s == &fj_store[1]];
	const uint32_t pid = (uint32_t)fj_sys0(__NR_getpid);
	const uint64_t known = __atomic_load_n(mine, __ATOMIC_RELAXED);
	uint32_t id = pid;
	long r;

	if (s->fd < 0)
		return pid | NO_TOKEN;
	if (known >> 32 == pid)
		return (uint32_t)known;
	while ((r = take_token(s, id)) == -EAGAIN || r == -EACCES)
		id = (id + PIDS) & ~NO_TOKEN;
	if (r < 0)
		id = pid | NO_TOKEN;
	__atomic_store_n(mine, (uint64_t)pid << 32 | id, __ATOMIC_RELAXED);
	return id;
}

/* (`waits`: how often it was found to hold the lock. A process of another PID namespace seems to be
 * dead to kill(2): it has that long.) */
static bool is_dead(struct fj_store *s, uint32_t id, uint32_t waits)
{
	if ((id & NO_TOKEN) && waits < NAMESAKE_WAITS)
		return false;
	if (id & NO_TOKEN)
		return fj_sys2(__NR_kill, id & (PIDS - 1), 0) == -ESRCH;
	return is_taken(s, id) == 0;
}

void fj_store_lock_again(struct fj_store *s)
{
	const uint32_t id = (uint32_t)token[s - fj_store];

	if (!s->is_shared && !(id & NO_TOKEN))
		fj_store_byte(s, F_SETLK, F_RDLCK, TOKENS_AT + id);
}

static bool take_from(
	struct fj_store_head *h, uint64_t word, uint32_t id, struct fj_store_hold *hold)
{
	hold->word = ((word >> 32) + 1) << 32 | id;
	return __atomic_compare_exchange_n(
		&h->lock, &word, hold->word, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

static void wait_for(struct fj_store_head *h, uint32_t holder)
{
	const struct __kernel_timespec timeout = {.tv_nsec = WAIT_NS};

	__atomic_fetch_add(&h->waiters, 1, __ATOMIC_SEQ_CST);
	fj_sys6(__NR_futex, &h->lock, FUTEX_WAIT, holder, &timeout, 0, 0);
	__atomic_fetch_sub(&h->waiters, 1, __ATOMIC_SEQ_CST);
}

long fj_store_lock(struct fj_store *s, struct fj_store_hold *hold)
{
	/* But SIGBUS (lost.c), and SIGSEGV where that may be the program's bad pointer. */
	const uint64_t all = ~(1UL << 6) & ~((uint64_t)fj_guest_catches_faults() << 10);
	struct fj_store_head *h = fj_store_head(s);
	uint64_t last = 0;
	uint32_t id, waits = 0;

	if (s->is_lost)
		return -EIO;
	if (s->is_read_only)
		return -EROFS;
	fj_sys4(__NR_rt_sigprocmask, 2 /* SIG_SETMASK */, &all, &hold->mask, sizeof(all));
	if (s->is_shared) {
		const long r = fj_store_lock_shared(s, hold);

		if (r)
			fj_sys4(__NR_rt_sigprocmask, 2 /* SIG_SETMASK */, &hold->mask, 0,
				sizeof(hold->mask));
		return r;
	}
	id = my_id(s);
	for (uint32_t tries = 0;; tries++) {
		const uint64_t word = __atomic_load_n(&h->lock, __ATOMIC_RELAXED);
		const uint32_t holder = (uint32_t)word;

		if (!holder && take_from(h, word, id, hold))
			return 0;
		if (tries < SPINS) {
			__builtin_ia32_pause();
		} else if (tries < SPINS + YIELDS) {
			fj_sys0(__NR_sched_yield);
		} else if (holder) {
			/* `holder` is ours: another thread of this process, which lives as long as
			 * we do. */
			if (holder != id && is_dead(s, holder, waits) &&
				take_from(h, word, id, hold))
				return 0;
			/* The word tells one holding from the next, so a lock that goes from hand
			 * to hand is waited for as long as it does. From one who is stopped
			 * (SIGSTOP, a debugger) it cannot be taken: he would go on writing when he
			 * is let go. */
			waits = word == last ? waits + 1 : 0;
			last = word;
			if (waits == WAITS)
				break;
			wait_for(h, holder);
		}
	}
	fj_sys4(__NR_rt_sigprocmask, 2 /* SIG_SETMASK */, &hold->mask, 0, sizeof(hold->mask));
	return -EBUSY;
}

long fj_store_unlock(struct fj_store *s, const struct fj_store_hold *hold)
{
	struct fj_store_head *h = fj_store_head(s);
	long r = 0;

	if (s->is_shared) {
		r = fj_store_unlock_shared(s, hold);
	} else {
		__atomic_store_n(&h->lock, hold->word & ~0xffffffffUL, __ATOMIC_SEQ_CST);
		if (__atomic_load_n(&h->waiters, __ATOMIC_SEQ_CST))
			fj_sys6(__NR_futex, &h->lock, FUTEX_WAKE, 1, 0, 0, 0);
	}
	fj_sys4(__NR_rt_sigprocmask, 2 /* SIG_SETMASK */, &hold->mask, 0, sizeof(hold->mask));
	return r;
}

void fj_store_lock_start(struct fj_store *s)
{
	struct fj_store_head *h = fj_store_head(s);
	uint64_t word = __atomic_load_n(&h->lock, __ATOMIC_RELAXED);
	const uint32_t holder = (uint32_t)word;

	if (s->is_read_only || s->is_shared || !holder ||
		(holder & (PIDS - 1)) != (uint32_t)fj_sys0(__NR_getpid) ||
		!is_dead(s, holder, WAITS))
		return;
	/* Fcntl locks survive execve, and one's own does not conflict: "dead" means ours or
	 * nobody's. */
	__atomic_compare_exchange_n(
		&h->lock, &word, word & ~0xffffffffUL, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}
