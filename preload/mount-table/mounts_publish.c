/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * mounts_publish.c - makes a copy of a jail's mounts for a change, and makes it the current version.
 * mount_table.h explains how. */
#include "bytes/copy.h"
#include "jail/epoch.h"
#include "locking/lock.h"
#include "locking/seq.h"
#include "mount-table/mount_edit.h"
#include "mount-table/mount_table.h"
#include "mount-table/mounts.h"
#include "sys/abi_signal.h"
#include "syscall/signal.h"
#include "syscall/time.h"
#include "syscall/unistd_ids.h"

#include <stdbool.h>
#include <stddef.h>

#define WAIT_NS 200000
/* How often to look for a place. Writers need theirs for some microseconds, unless they are stopped. */
#define TRIES 20000
/* If sixteen writers publish at the same time, one succeeds and the others begin again. The chance
 * that one of them loses so many times in a row is 10^-280. */
#define LOST_RACES 10000u

/* Take a place whose version is not the current one. Readers may still be reading it. */
static bool take_place(struct fj_edit *e, bool of_the_dead)
{
	const uint32_t mine = (uint32_t)fj_sys_gettid();
	const uint64_t current = __atomic_load_n(&e->ns->current, __ATOMIC_ACQUIRE);

	/* Usually one of the first two: the others cost memory, and page faults of readers. */
	for (uint32_t place = 0; place < FJ_VERSIONS; place++) {
		if (place == current % FJ_VERSIONS ||
			!fj_lock_try(&e->ns->writer[place], mine, of_the_dead, &e->hold))
			continue;
		/* Only who holds this lock can publish the version at this place. So if that version
		 * is not the current one now, it does not become it. */
		if (__atomic_load_n(&e->ns->current, __ATOMIC_SEQ_CST) % FJ_VERSIONS != place) {
			e->place = place;
			e->v = &e->ns->version[place];
			return true;
		}
		fj_lock_give(&e->ns->writer[place], NULL, &e->hold);
	}
	return false;
}

/* Waits for a place, at most TRIES times. False: there was none. */
static bool find_place(struct fj_edit *e)
{
	const int64_t wait[2] = {0, WAIT_NS};

	for (unsigned i = 0; i < TRIES; i++) {
		if (take_place(e, false) || take_place(e, true))
			return true;
		fj_sys_nanosleep(wait, 0);
	}
	return false;
}

/* Copy a text from a version that may be written to meanwhile: it may have any length. */
static uint32_t copy_text(struct fj_mounts *to, const struct fj_mounts *from, uint32_t at)
{
	const char *text = fj_mounts_text(from, at);
	size_t len = 0;

	while (to->text_used + len + 1 < FJ_MOUNT_TEXT && text + len < from->text + FJ_MOUNT_TEXT &&
		text[len])
		len++;
	return to->text_used + len + 1 < FJ_MOUNT_TEXT ? fj_mounts_keep(to, text, len) : 0;
}

/* Copies each entry, so that text that is not used any more is dropped. */
static void copy_version(struct fj_mounts *to, const struct fj_mounts *from)
{
	to->count = fj_mounts_count(from);
	to->root_flags = from->root_flags;
	to->last_id = from->last_id;
	to->text_used = 0;
	memcpy(to->leaves, from->leaves, sizeof(to->leaves));
	memcpy(to->on_the_way, from->on_the_way, sizeof(to->on_the_way));
	for (uint32_t i = 0; i < to->count; i++) {
		struct fj_mount *m = &to->mount[i];

		*m = from->mount[i];
		m->jail = copy_text(to, from, m->jail);
		m->host = copy_text(to, from, m->host);
		m->type = copy_text(to, from, m->type);
		m->source = copy_text(to, from, m->source);
		if (m->options)
			m->options = copy_text(to, from, m->options);
		if (m->flags & FJ_MOUNT_UNION) {
			m->layers = copy_text(to, from, m->layers);
			m->work = copy_text(to, from, m->work);
		}
	}
}

static void let_go_edit(struct fj_edit *e)
{
	fj_lock_give(&e->ns->writer[e->place], NULL, &e->hold);
	fj_sys_rt_sigprocmask(FJ_SIG_SETMASK, &e->mask, 0, sizeof(e->mask));
}

bool fj_edit_begin(struct fj_edit *e)
{
	const uint64_t all = ~0UL;

	if (e->times++ == LOST_RACES)
		return false;
	fj_sys_rt_sigprocmask(FJ_SIG_SETMASK, &all, &e->mask, sizeof(all));
	e->ns = fj_namespace();
	if (!find_place(e)) {
		fj_sys_rt_sigprocmask(FJ_SIG_SETMASK, &e->mask, 0, sizeof(e->mask));
		return false;
	}
	/* Repeated when the version was overwritten: others have published seven changes since it was
	 * current, and all of them while this thread copied 80 KB. */
	do {
		e->from = __atomic_load_n(&e->ns->current, __ATOMIC_ACQUIRE);
		fj_seq_renumber(&e->ns->sequence[e->place], (uint32_t)(e->from / FJ_VERSIONS + 1));
		copy_version(e->v, &e->ns->version[e->from % FJ_VERSIONS]);
	} while (fj_seq_retry(
		&e->ns->sequence[e->from % FJ_VERSIONS], (uint32_t)(e->from / FJ_VERSIONS)));
	return true;
}

long fj_edit_end(struct fj_edit *e, long r)
{
	const uint64_t next = (e->from / FJ_VERSIONS + 1) * FJ_VERSIONS + e->place;

	if (r >= 0) {
		fj_mounts_derive(e->v);
		/* A fact says that no mount point is on its way: facts/facts.c. */
		__atomic_fetch_add(&fj_facts_state()->changers, 1, __ATOMIC_SEQ_CST);
		if (!__atomic_compare_exchange_n(&e->ns->current, &e->from, next, false,
			    __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
			r = FJ_EDIT_AGAIN;
		__atomic_fetch_add(&fj_facts_state()->epoch, 1, __ATOMIC_SEQ_CST);
		__atomic_fetch_sub(&fj_facts_state()->changers, 1, __ATOMIC_SEQ_CST);
	}
	let_go_edit(e);
	return r;
}

bool fj_edit_is_open(const struct fj_namespace *ns)
{
	const uint32_t mine = (uint32_t)fj_sys_gettid();

	for (uint32_t i = 0; i < FJ_VERSIONS; i++)
		if (fj_lock_is_of(&ns->writer[i], mine))
			return true;
	return false;
}

void fj_edit_forget(struct fj_namespace *ns)
{
	const uint32_t mine = (uint32_t)fj_sys_gettid();

	for (uint32_t i = 0; i < FJ_VERSIONS; i++)
		fj_lock_forget(&ns->writer[i], mine);
}
