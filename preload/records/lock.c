/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * lock.c - the writers' lock of a file of records, which may be taken from its holder.
 *
 * A holder who is killed or stopped must not stop the others: locking/lock.h. Whoever takes it from
 * somebody else replaces the slot array first (replace.c), and what that one still does is in vain:
 * he learns of it at the end of his change, and makes it once more.
 *
 * Where other machines may have the file: shared.c. All signals but SIGBUS are blocked while the
 * lock is held: a handler on this thread may want it. */
#include "records/store.h"
#include "child/child.h"
#include "sys/guest.h"
#include "sys/abi_signal.h"

/* To replace an array takes time: each of so many slots are one look more. */
#define LARGE 4096

static void take_store(struct fj_store_hold *hold)
{
	struct fj_store_head *h = fj_store_head(hold->s);

	fj_lock_take(&h->lock, &h->waiters, (uint32_t)fj_sys0(__NR_getpid),
		(1u << (fj_table_log(h->table) & 31)) / LARGE, &hold->lock);
}

static void let_go_store(struct fj_store_hold *hold)
{
	struct fj_store_head *h = fj_store_head(hold->s);

	fj_lock_give(&h->lock, &h->waiters, &hold->lock);
}

/* What is done under the lock is done in this array. Whoever takes the lock away replaces it after
 * that; so when the lock is ours still, it was the right one. */
static long begin(struct fj_store_hold *hold)
{
	struct fj_store_head *h = fj_store_head(hold->s);

	hold->table = __atomic_load_n(&h->table, __ATOMIC_SEQ_CST);
	if (!hold->s->is_shared && !fj_lock_is_held(&h->lock, &hold->lock))
		return FJ_STORE_ROBBED;
	return hold->lock.is_robbed || h->version < FJ_STORE_VERSION ? fj_store_replace(hold) : 0;
}

long fj_store_lock(struct fj_store *s, struct fj_store_hold *hold)
{
	/* But SIGBUS (truncated.c), and SIGSEGV where that may be the program's bad pointer. */
	const uint64_t all = ~(1UL << 6) & ~((uint64_t)fj_guest_catches_faults() << 10);
	uint32_t times = 0;
	long r;

	hold->s = s;
	hold->lock.is_robbed = false;
	if (s->is_truncated)
		return -EIO;
	if (s->is_read_only)
		return -EROFS;
	fj_sys4(__NR_rt_sigprocmask, FJ_SIG_SETMASK, &all, &hold->mask, sizeof(all));
	do {
		r = 0;
		if (s->is_shared)
			r = fj_store_lock_shared(s, hold);
		else
			take_store(hold);
		if (r)
			break;
		r = begin(hold);
		if (r)
			s->is_shared ? (void)fj_store_unlock_shared(s, hold) : let_go_store(hold);
	} while (fj_store_again(&r, &times));
	if (r)
		fj_sys4(__NR_rt_sigprocmask, FJ_SIG_SETMASK, &hold->mask, 0, sizeof(hold->mask));
	return s->is_truncated && r ? -EIO : r;
}

long fj_store_unlock(struct fj_store_hold *hold)
{
	long r = 0;

	if (hold->s->is_shared)
		r = fj_store_unlock_shared(hold->s, hold);
	else
		let_go_store(hold);
	fj_sys4(__NR_rt_sigprocmask, FJ_SIG_SETMASK, &hold->mask, 0, sizeof(hold->mask));
	return r;
}

struct work {
	struct fj_store *s;
	long (*change)(struct fj_store_hold *hold, void *data);
	void *data;
	long r;
	bool may_be_killed;
	bool is_made; /* `r` says how */
	bool has_ended;
};

/* Once. */
static void work(void *data)
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

/* By a child, so that it can be taken from who is stopped: shared.c. (Who was killed when the change
 * was made has it written back by the next.) */
static void work_in_child(struct work *w)
{
	w->has_ended = false;
	w->may_be_killed = true;
	if (fj_child_run(work, w)) {
		w->may_be_killed = false;
		work(w);
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
			work(&w);
		r = w.has_ended ? w.r : FJ_STORE_ROBBED;
	} while (fj_store_again(&r, &times));
	return r;
}

void fj_store_lock_start(struct fj_store *s)
{
	/* The other threads of the program before are gone. */
	if (!s->is_read_only && !s->is_shared)
		fj_lock_forget(&fj_store_head(s)->lock, (uint32_t)fj_sys0(__NR_getpid));
}
