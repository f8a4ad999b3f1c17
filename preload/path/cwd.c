/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * cwd.c - where the process stands: the position of its working directory, remembered.
 *
 * A path that begins there needs a fact, and the key of a fact is absolute. To ask getcwd(2) for
 * that each time would double the price of the calls of whoever names files so, as git does. So
 * what it said is kept, as long as
 *
 * - no call of the process has moved it: chdir and fchdir say so before they do it. Who looks up a
 *   name asks again after his own call, as he does for facts: another thread may have moved it
 *   between.
 * - nothing has changed on the way there: its names are seen names (jail/facts.c), so that a rename
 *   or removal in the jail, or a mount, advances the epoch. From outside the directory may be moved
 *   without our knowing it. So what is looked up by this is looked up from the working directory,
 *   not from the root: then the kernel finds what is there, wherever that is.
 * - it is the same thread that asks. A vfork(2) child has its parent's memory, but a directory of
 *   its own; while it runs, only other threads of the parent can change what is here, and what
 *   those learn is of no use to it. It learns nothing itself.
 *
 * A process that shares its working directory, and is no thread (an exec takes the shared memory
 * away), would be moved without knowing: fj_jail->has_shared_cwds, from before the first is made.
 *
 * Called by fast.c, steps.c and up.c, and by the hooks of chdir, fchdir and clone. */
#include "path/path.h"
#include "jail/facts.h"
#include "jail/mount_table.h"
#include "path/cwd_notes.h"
#include "sys/sys.h"
#include "sys/thread.h"
#include "jail/jail.h"

/* Whoever moves writes to these alone, among other small variables: a page that is written to is a
 * page fault of each forked child. */
static uint32_t moving; /* calls under way that may move the process */
static uint32_t moves;	/* even; another one before such a call and after it */

static struct {
	uint32_t known;	  /* the rest was learned at so many moves, plus one; 0: nothing is known */
	uint32_t is_busy; /* somebody is learning */
	uint32_t len;
	uint64_t who, epoch, space; /* whose, and by which mounts */
	char pos[FJ_CWD_TEXT];
} stand FJ_BULKY;

/* The thread; a vfork child is taken for its parent's. */
static uint64_t who_is(const struct fj_thread *t)
{
	return t->tid ? (uint64_t)(uint32_t)t->tid : t->lent_to;
}

void fj_cwd_moves(void)
{
	__atomic_fetch_add(&moving, 1, __ATOMIC_SEQ_CST);
	__atomic_fetch_add(&moves, 2, __ATOMIC_SEQ_CST);
}

void fj_cwd_moved(void)
{
	__atomic_fetch_add(&moves, 2, __ATOMIC_SEQ_CST);
	__atomic_fetch_sub(&moving, 1, __ATOMIC_SEQ_CST);
}

uint32_t fj_cwd_begin(void)
{
	const uint32_t seen = __atomic_load_n(&moves, __ATOMIC_ACQUIRE);

	return __atomic_load_n(&moving, __ATOMIC_ACQUIRE) ? FJ_CWD_MOVING : seen;
}

bool fj_cwd_held(uint32_t seen)
{
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return __atomic_load_n(&moves, __ATOMIC_RELAXED) == seen;
}

static bool may_be_kept(void)
{
	return fj_jail->has_trap && !fj_jail->has_shared_cwds;
}

bool fj_cwd_is_told(uint32_t seen)
{
	return seen != FJ_CWD_MOVING && may_be_kept();
}

static bool recall(const struct fj_thread *t, uint64_t epoch, uint32_t seen, struct fj_str *pos)
{
	const uint32_t known = __atomic_load_n(&stand.known, __ATOMIC_ACQUIRE);
	const size_t before = pos->len;
	const size_t len = __atomic_load_n(&stand.len, __ATOMIC_RELAXED);

	if (known != seen + 1 || seen == FJ_CWD_MOVING || !epoch || len >= FJ_CWD_TEXT ||
		stand.epoch != epoch || stand.who != who_is(t) ||
		stand.space != fj_namespace_id() || !may_be_kept())
		return false;
	fj_str_add(pos, stand.pos, len);
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	if (__atomic_load_n(&stand.known, __ATOMIC_RELAXED) == known && !pos->overflowed)
		return true;
	fj_str_cut(pos, before);
	return false;
}

/* Mark the names on the way there. Were all marked before? Else one of them may have been changed
 * since it was asked for, and nobody would tell. */
static bool are_seen(const char *pos)
{
	bool are = true;

	for (const char *name = pos, *end; *name; name = end) {
		for (end = ++name; *end && *end != '/'; end++)
			;
		are = !fj_facts_saw_name(name, (size_t)(end - name)) && are;
	}
	return are;
}

static void learn(const struct fj_thread *t, uint64_t epoch, uint32_t seen, const char *pos)
{
	const size_t len = fj_strlen(pos);
	uint32_t is_busy = 0;

	if (!epoch || seen == FJ_CWD_MOVING || len >= FJ_CWD_TEXT || !may_be_kept() ||
		!are_seen(pos) || fj_is_borrowed_memory() ||
		!__atomic_compare_exchange_n(
			&stand.is_busy, &is_busy, 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return;
	__atomic_store_n(&stand.known, 0, __ATOMIC_SEQ_CST);
	stand.len = (uint32_t)len;
	stand.who = who_is(t);
	stand.epoch = epoch;
	stand.space = fj_namespace_id();
	memcpy(stand.pos, pos, len + 1);
	__atomic_store_n(&stand.known, seen + 1, __ATOMIC_RELEASE);
	__atomic_store_n(&stand.is_busy, 0, __ATOMIC_RELEASE);
}

bool fj_cwd_where(
	struct fj_thread *t, uint64_t epoch, uint32_t seen, struct fj_str *pos, bool *is_asked)
{
	const size_t before = pos->len;

	*is_asked = !recall(t, epoch, seen, pos);
	if (!*is_asked)
		return true;
	if (!fj_path_of_dir(t, AT_FDCWD, pos))
		return false;
	learn(t, epoch, seen, pos->at + before);
	return true;
}
