/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * lock.c - the writers' lock of a file of records, which another process may take from its holder.
 *
 * A holder that is killed or stopped must not block the others: see locking/lock.h. A process that
 * takes the lock from another one replaces the slot array first (replace.c), so what the other one
 * still writes has no effect. The other one notices this at the end of its change, and repeats it.
 *
 * For files that other machines may have, see shared.c. While the lock is held all signals but
 * SIGBUS are blocked where a handler on this thread may want the lock. Called by ownership/ and
 * the tools. */
#include "child/child.h"
#include "guest/guest.h"
#include "records/store.h"
#include "sys/abi_signal.h"
#include "sys/thread.h"
#include "syscall/signal.h"
#include "syscall/unistd_ids.h"

/* Replacing an array takes time. Each LARGE slots allow the holder one more look by those who wait. */
#define LARGE 4096

static void take_store(struct fj_store_hold *hold)
{
	struct fj_store_head *h = fj_store_head(hold->s);

	fj_lock_take(&h->lock, &h->waiters, (uint32_t)fj_sys_getpid(),
		(1u << (fj_table_log(h->table) & 31)) / LARGE, &hold->lock);
}

static void let_go_store(struct fj_store_hold *hold)
{
	struct fj_store_head *h = fj_store_head(hold->s);

	fj_lock_give(&h->lock, &h->waiters, &hold->lock);
}

/* Changes under the lock are made in this array. A process that takes the lock away replaces the
 * array after that. So if the lock is still ours here, this is the right array. */
static long begin_change(struct fj_store_hold *hold)
{
	struct fj_store_head *h = fj_store_head(hold->s);

	hold->table = __atomic_load_n(&h->table, __ATOMIC_SEQ_CST);
	if (!hold->s->is_shared && !fj_lock_is_held(&h->lock, &hold->lock))
		return FJ_STORE_ROBBED;
	return hold->lock.is_robbed || h->version < FJ_STORE_VERSION ? fj_store_replace(hold) : 0;
}

/* May a handler of the program run on this thread while the lock is held, and want it? Not in a process
 * that has no handlers, and no second thread that could set one now. A signal that ends or stops such a
 * process in the meantime is one of the cases of lock.h. */
static bool may_be_interrupted(const struct fj_store *s)
{
	return s->is_shared || !__atomic_load_n(&fj_lock_lacks_handlers, __ATOMIC_ACQUIRE) ||
	       fj_thread_has_company();
}

static void let_signals_in(const struct fj_store_hold *hold)
{
	if (hold->blocks_signals)
		fj_sys_rt_sigprocmask(FJ_SIG_SETMASK, &hold->mask, 0, sizeof(hold->mask));
}

long fj_store_lock(struct fj_store *s, struct fj_store_hold *hold)
{
	/* All but SIGBUS (truncated.c), and but SIGSEGV where a bad pointer of the program may
	 * raise it. */
	const uint64_t all = ~(1UL << 6) & ~((uint64_t)fj_guest_catches_faults() << 10);
	uint32_t times = 0;
	long r;

	hold->s = s;
	hold->lock.is_robbed = false;
	hold->blocks_signals = may_be_interrupted(s);
	if (s->is_truncated)
		return -EIO;
	if (s->is_read_only)
		return -EROFS;
	if (hold->blocks_signals)
		fj_sys_rt_sigprocmask(FJ_SIG_SETMASK, &all, &hold->mask, sizeof(all));
	do {
		r = 0;
		if (s->is_shared)
			r = fj_store_lock_shared(s, hold);
		else
			take_store(hold);
		if (r)
			break;
		r = begin_change(hold);
		if (r)
			s->is_shared ? (void)fj_store_unlock_shared(s, hold) : let_go_store(hold);
	} while (fj_store_again(&r, &times));
	if (r)
		let_signals_in(hold);
	return s->is_truncated && r ? -EIO : r;
}

long fj_store_unlock(struct fj_store_hold *hold)
{
	long r = 0;

	if (hold->s->is_shared)
		r = fj_store_unlock_shared(hold->s, hold);
	else
		let_go_store(hold);
	let_signals_in(hold);
	return r;
}

struct work {
	struct fj_store *s;
	long (*change)(struct fj_store_hold *hold, void *data);
	void *data;
	long r;
	bool may_be_killed;
	bool is_made; /* then `r` is the result */
	bool has_ended;
};

/* Takes the lock and makes the change, once. */
static void change_under_lock(void *data)
{
	struct work *w = data;
	struct fj_store_hold hold = {.may_be_killed = w->may_be_killed};
	long r = fj_store_lock(w->s, &hold);

	if (!r) {
		if (!w->is_made) {
			w->r = w->change(&hold, w->data);
			__atomic_store_n(&w->is_made, w->r != FJ_STORE_ROBBED, __ATOMIC_RELEASE);
		}
		r = fj_store_unlock(&hold);
	}
	w->r = w->r ?: r;
	__atomic_store_n(&w->has_ended, true, __ATOMIC_RELEASE);
}

/* Calls change_under_lock() in a child, so that another process can kill the child when it is
 * stopped (shared.c). If the child is killed after the change was made, the next child only writes
 * the change to the server. */
static void work_in_child(struct work *w)
{
	w->has_ended = false;
	w->may_be_killed = true;
	if (fj_child_run(change_under_lock, w)) {
		w->may_be_killed = false;
		change_under_lock(w);
	}
}

long fj_store_change(
	struct fj_store *s, long (*change)(struct fj_store_hold *hold, void *data), void *data)
{
	struct work w = {.s = s, .change = change, .data = data};
	uint32_t times = 0;
	long r;

	do {
		if (!w.is_made)
			w.r = 0;
		if (s->is_shared)
			work_in_child(&w);
		else
			change_under_lock(&w);
		r = w.has_ended ? w.r : FJ_STORE_ROBBED;
	} while (fj_store_again(&r, &times));
	return r;
}

void fj_store_lock_start(struct fj_store *s)
{
	/* The other threads of the program that ran before the exec are gone. */
	if (!s->is_read_only && !s->is_shared)
		fj_lock_forget(&fj_store_head(s)->lock, (uint32_t)fj_sys_getpid());
}
