/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * creators.c - who is making a file at this moment, in the whole jail.
 *
 * A file that needs a record has none for the moment between its appearing and fj_owner_set(), and
 * shows as root's. Somebody else who is not root would be refused then what its owner may do. So
 * makers say that they are at work, and whoever was refused while one was looks again. Those who
 * are not refused do not come here. */
#include "inode/making.h"
#include "sys/sys.h"

#include <linux/time_types.h>

/* How often one call looks whether the others are done, over all its judgements: first at once and
 * then each millisecond. A maker that is stopped (SIGSTOP, a debugger) must not stop everybody:
 * from PATIENT looks on it does not count, and from twice as many on one that sleeps does not
 * either, as whom the freezer of cgroups holds. One that only waits for a processor, on a busy
 * machine, does. Makers that come and go without end must not keep anybody busy without end. */
#define YIELDS 200
#define PATIENT 250
#define NAPS 5000

void fj_creators_enter(struct fj_making *m)
{
	const int32_t me = (int32_t)fj_sys0(__NR_getpid);

	for (uint32_t i = 0; i < FJ_CREATORS && !m->maker; i++) {
		int32_t *const place = &fj_creators()->maker[((uint32_t)me + i) % FJ_CREATORS];
		int32_t nobody = 0;

		if (__atomic_compare_exchange_n(
			    place, &nobody, me, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
			m->maker = place;
	}
}

/* Counted before the place is given up: who sees nobody at work has then seen the count, too. */
static void clear(int32_t *place, int32_t who, bool has_made)
{
	if (has_made)
		__atomic_add_fetch(&fj_creators()->made, 1, __ATOMIC_SEQ_CST);
	__atomic_compare_exchange_n(place, &who, 0, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

void fj_creators_leave(struct fj_making *m, bool has_made)
{
	if (m->maker)
		clear(m->maker, *m->maker, has_made);
	m->maker = NULL;
}

void fj_creators_begin(struct fj_creators_seen *seen)
{
	seen->made = __atomic_load_n(&fj_creators()->made, __ATOMIC_SEQ_CST);
	seen->looks = 0;
}

static bool counts(int32_t who, uint32_t looks)
{
	const enum fj_doing doing = looks < PATIENT ? FJ_RUNS : fj_doing(who);

	return doing != FJ_IS_STOPPED && (doing != FJ_SLEEPS || looks < 2 * PATIENT);
}

/* Is anybody at work? One that was killed is no more, and may have made his file. */
static bool is_anybody(uint32_t looks)
{
	bool is = false;

	for (uint32_t i = 0; i < FJ_CREATORS; i++) {
		const int32_t who = __atomic_load_n(&fj_creators()->maker[i], __ATOMIC_SEQ_CST);

		if (who && fj_sys2(__NR_kill, who, 0) == -ESRCH)
			clear(&fj_creators()->maker[i], who, true);
		else
			is = is || (who && counts(who, looks));
	}
	return is;
}

bool fj_creators_wait(struct fj_creators_seen *seen)
{
	static const struct __kernel_timespec millisecond = {.tv_nsec = 1000000};

	while (seen->looks++ < YIELDS + NAPS) {
		/* Before the count: who leaves counts first. */
		const bool is = is_anybody(seen->looks);
		const uint64_t now = __atomic_load_n(&fj_creators()->made, __ATOMIC_SEQ_CST);

		if (now != seen->made) {
			seen->made = now;
			return true;
		}
		if (!is)
			return false;
		if (seen->looks < YIELDS)
			fj_sys0(__NR_sched_yield);
		else
			fj_sys4(__NR_clock_nanosleep, 1 /* CLOCK_MONOTONIC */, 0, &millisecond, 0);
	}
	return false;
}
