/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * creators.c - the processes that are making a file now, in the whole jail. Called by making.c, and
 * after a refused call by dispatch/.
 *
 * A new file that needs a record has none until fj_owner_set(), and shows as root's for that
 * moment. Another process that is not root could then be refused what the file's owner may do. So a
 * creator enters itself in a list, and a process that was refused meanwhile looks again. Processes
 * that are not refused do not come here. */
#include "inode/making.h"
#include "jail/memory.h"
#include "locking/doing.h"
#include "syscall/sched.h"
#include "syscall/signal.h"
#include "syscall/time.h"
#include "syscall/unistd_ids.h"

#include <linux/errno.h>
#include <linux/time_types.h>

static struct fj_creators *jail_creators(void)
{
	return (struct fj_creators *)fj_jail_at(FJ_CREATORS_AT);
}

/* How often one call looks whether the creators are done, however often it is judged again: first
 * without pause, then once in a millisecond. A creator that is stopped (SIGSTOP, a debugger) must not stop
 * others: from look PATIENT on it is ignored. From twice as many looks on one that sleeps is
 * ignored, too: the freezer of its cgroup may hold it. One that only waits for a processor is
 * waited for. The total is bounded, since creators may come and go without end. */
#define YIELDS 200
#define PATIENT 250
#define NAPS 5000

void fj_creators_enter(struct fj_making *m)
{
	const int32_t me = (int32_t)fj_sys_getpid();

	for (uint32_t i = 0; i < FJ_CREATORS && !m->maker; i++) {
		int32_t *const place = &jail_creators()->maker[((uint32_t)me + i) % FJ_CREATORS];
		int32_t nobody = 0;

		if (__atomic_compare_exchange_n(
			    place, &nobody, me, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
			m->maker = place;
	}
}

/* The count is raised before the entry is freed: a process that finds no creator has then seen the
 * count. */
static void free_entry(int32_t *place, int32_t who, bool has_made)
{
	if (has_made)
		__atomic_add_fetch(&jail_creators()->made, 1, __ATOMIC_SEQ_CST);
	__atomic_compare_exchange_n(place, &who, 0, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

void fj_creators_leave(struct fj_making *m, bool has_made)
{
	if (m->maker)
		free_entry(m->maker, *m->maker, has_made);
	m->maker = NULL;
}

void fj_creators_begin(struct fj_creators_seen *seen)
{
	seen->made = __atomic_load_n(&jail_creators()->made, __ATOMIC_SEQ_CST);
	seen->looks = 0;
}

static bool may_soon_finish(int32_t who, uint32_t looks)
{
	const enum fj_doing doing = looks < PATIENT ? FJ_RUNS : fj_doing(who);

	return doing != FJ_IS_STOPPED && (doing != FJ_SLEEPS || looks < 2 * PATIENT);
}

/* Is a creator at work? A killed one is taken out of the list; it may have made its file. */
static bool is_anybody(uint32_t looks)
{
	bool is = false;

	for (uint32_t i = 0; i < FJ_CREATORS; i++) {
		const int32_t who = __atomic_load_n(&jail_creators()->maker[i], __ATOMIC_SEQ_CST);

		if (who && fj_sys_kill(who, 0) == -ESRCH)
			free_entry(&jail_creators()->maker[i], who, true);
		else
			is = is || (who && may_soon_finish(who, looks));
	}
	return is;
}

bool fj_creators_wait(struct fj_creators_seen *seen)
{
	static const struct __kernel_timespec millisecond = {.tv_nsec = 1000000};

	while (seen->looks++ < YIELDS + NAPS) {
		/* Before the count is read: a creator raises the count before it leaves. */
		const bool is = is_anybody(seen->looks);
		const uint64_t now = __atomic_load_n(&jail_creators()->made, __ATOMIC_SEQ_CST);

		if (now != seen->made) {
			seen->made = now;
			return true;
		}
		if (!is)
			return false;
		if (seen->looks < YIELDS)
			fj_sys_sched_yield();
		else
			fj_sys_clock_nanosleep(1 /* CLOCK_MONOTONIC */, 0, &millisecond, 0);
	}
	return false;
}
