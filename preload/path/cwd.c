/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * cwd.c - remembers the position of the process's working directory.
 *
 * A relative path needs a fact, and the key of a fact is an absolute path. A getcwd(2) each time would
 * double the cost of calls with relative paths, which git and others use. So its answer is kept as long as
 *
 * - no call of the process has moved it. The hooks of chdir and fchdir announce that before they make the call. A
 *   lookup asks again after its own call, as it does for facts: another thread may have moved it in between.
 * - nothing has changed on the way there. Its names are marked (fj_facts_saw_name()), so a rename, a removal or a
 *   mount in the jail advances the epoch. Something outside the jail may move the directory unnoticed. So the
 *   lookup starts from the working directory and not from the root: the kernel then finds what is there, wherever
 *   that is.
 * - the same thread asks. A vfork(2) child has its parent's memory but a working directory of its own. While it
 *   runs, only other threads of the parent can change what is stored here, and the child cannot use what they
 *   learn. The child stores nothing itself.
 *
 * A process that shares its working directory and is not a thread could be moved unnoticed (an exec takes
 * the shared memory away). fj_jail->has_shared_cwds is set before the first such process is made.
 *
 * Called by fast.c, steps.c and up.c, and by the hooks of chdir, fchdir, clone and unshare. */
#include "bytes/copy.h"
#include "bytes/len.h"
#include "bytes/str.h"
#include "facts/facts.h"
#include "jail/jail.h"
#include "mount-table/mount_table.h"
#include "mount-table/namespace_id.h"
#include "path/cwd_notes.h"
#include "path/path.h"
#include "sys/hot.h"
#include "sys/memory.h"
#include "sys/thread.h"

#include <linux/fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A call that moves the directory writes only this word, which lies among other small variables. Each page
 * that is written to costs a forked child a page fault. Low half: number of running calls that may move the
 * process. High half: even; advanced before such a call and after it. One word, since each change of it is a
 * locked instruction. */
static uint64_t moving_and_moves;
#define ONE_MOVES 1UL
#define MOVES (2UL << 32)

static struct {
	uint32_t known;	  /* the moves when the rest was learned, plus one; 0: nothing is known */
	uint32_t is_busy; /* a thread is learning */
	uint32_t len;
	uint64_t who, epoch, space; /* thread, epoch and mount namespace it is valid for */
	char pos[FJ_CWD_TEXT];
} stand FJ_BULKY;

/* The thread. A vfork child counts as its parent's thread. */
static uint64_t who_is(const struct fj_thread *t)
{
	return t->tid ? (uint64_t)(uint32_t)t->tid : t->lent_to;
}

void fj_cwd_moves(void)
{
	__atomic_fetch_add(&moving_and_moves, MOVES + ONE_MOVES, __ATOMIC_SEQ_CST);
}

void fj_cwd_moved(void)
{
	__atomic_fetch_add(&moving_and_moves, MOVES - ONE_MOVES, __ATOMIC_SEQ_CST);
}

uint32_t fj_cwd_begin(void)
{
	const uint64_t seen = __atomic_load_n(&moving_and_moves, __ATOMIC_ACQUIRE);

	return (uint32_t)seen ? FJ_CWD_MOVING : (uint32_t)(seen >> 32);
}

bool fj_cwd_held(uint32_t seen)
{
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return __atomic_load_n(&moving_and_moves, __ATOMIC_RELAXED) >> 32 == seen;
}

static bool may_be_kept(void)
{
	return fj_jail->has_trap && !fj_jail->has_shared_cwds;
}

bool fj_cwd_is_told(uint32_t seen)
{
	return seen != FJ_CWD_MOVING && may_be_kept();
}

static bool recall_position(
	const struct fj_thread *t, uint64_t epoch, uint32_t seen, struct fj_str *pos)
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

/* Mark the names of the position. Returns whether all were marked before. If not, one of them may have
 * changed unnoticed since the kernel was asked. */
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

static void learn_position(
	const struct fj_thread *t, uint64_t epoch, uint32_t seen, const char *pos)
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

	*is_asked = !recall_position(t, epoch, seen, pos);
	if (!*is_asked)
		return true;
	if (!fj_path_of_dir(t, AT_FDCWD, pos))
		return false;
	learn_position(t, epoch, seen, pos->at + before);
	return true;
}
