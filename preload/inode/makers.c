/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * makers.c - who is making a file at this moment, in the whole jail.
 *
 * A file that needs a record has none for the moment between its appearing and fj_own_set(), and
 * shows as root's. Somebody else who is not root would be refused then what its owner may do. So
 * makers say that they are at work, and whoever was refused while one was looks again. Those who
 * are not refused do not come here. */
#include "inode/made.h"

#include <linux/time_types.h>

/* How often one call looks whether the others are done, over all its judgements: first at once and
 * then each millisecond. A maker that is stopped (SIGSTOP, a debugger) must not stop everybody:
 * from PATIENT looks on it does not count. One that only waits for a processor, on a busy machine,
 * does. Makers that come and go without end must not keep anybody busy without end. */
#define YIELDS 200
#define PATIENT 250
#define NAPS 5000

void fj_makers_enter(struct fj_making *m)
{
	const int32_t me = (int32_t)fj_sys0(__NR_getpid);

	for (uint32_t i = 0; i < FJ_MAKERS && !m->maker; i++) {
		int32_t *const place = &fj_jail->maker[((uint32_t)me + i) % FJ_MAKERS];
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
		__atomic_add_fetch(&fj_jail->made, 1, __ATOMIC_SEQ_CST);
	__atomic_compare_exchange_n(place, &who, 0, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

void fj_makers_leave(struct fj_making *m, bool has_made)
{
	if (m->maker)
		clear(m->maker, *m->maker, has_made);
	m->maker = NULL;
}

void fj_makers_begin(struct fj_makers_seen *seen)
{
	seen->made = __atomic_load_n(&fj_jail->made, __ATOMIC_SEQ_CST);
	seen->looks = 0;
}

/* The third field of proc_pid_stat(5), behind a name in which anything may be. */
static bool is_stopped(int32_t who)
{
	char text[256]; /* the name has 64 bytes at most: kernel threads of proc_task_name() */
	struct fj_str s;
	long fd, n;

	fj_str_init(&s, text, sizeof(text));
	fj_str_put(&s, "/proc/");
	fj_str_num(&s, (uint32_t)who, 10);
	fj_str_put(&s, "/stat");
	fd = fj_sys4(__NR_openat, AT_FDCWD, text, O_RDONLY | O_CLOEXEC, 0);
	if (fj_is_err(fd))
		return false;
	n = fj_sys3(__NR_read, fd, text, sizeof(text));
	fj_close((int)fd);
	while (n > 2 && text[n - 3] != ')')
		n--;
	return n > 2 && (text[n - 1] == 'T' || text[n - 1] == 't');
}

/* Is anybody at work? One that was killed is no more, and may have made his file. */
static bool is_anybody(bool stopped_counts)
{
	bool is = false;

	for (uint32_t i = 0; i < FJ_MAKERS; i++) {
		const int32_t who = __atomic_load_n(&fj_jail->maker[i], __ATOMIC_SEQ_CST);

		if (who && fj_sys2(__NR_kill, who, 0) == -ESRCH)
			clear(&fj_jail->maker[i], who, true);
		else
			is = is || (who && (stopped_counts || !is_stopped(who)));
	}
	return is;
}

bool fj_makers_wait(struct fj_makers_seen *seen)
{
	static const struct __kernel_timespec millisecond = {.tv_nsec = 1000000};

	while (seen->looks++ < YIELDS + NAPS) {
		const bool is = is_anybody(
			seen->looks < PATIENT); /* before the count: who leaves counts first */
		const uint64_t now = __atomic_load_n(&fj_jail->made, __ATOMIC_SEQ_CST);

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
