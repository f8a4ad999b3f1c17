/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * ids.c - where identities are kept: that of the process, those of threads that differ, and how
 * they pass through exec. Called by every room that asks for the identity.
 *
 * of_memory() is the identity of the thread group's leader, and of all threads without one of their
 * own. A child that shares the memory has its own copy (sys/process.h). `own_of` has the identities
 * of threads, by thread id; usually `fj_ids_own_count` is 0, and nothing is searched. Only its own
 * thread writes an entry. An entry is free (tid 0), being written (-1), or its thread's. When no
 * entry is free, those of threads that are gone are reused. */
#include "cred/ids.h"

#include "bytes/bytes.h"
#include "bytes/str.h"
#include "cred/identity_table.h"
#include "cred/ids_change.h"
#include "cred/ids_limited.h"
#include "cred/ids_start.h"
#include "sys/arch.h"
#include "sys/assert.h"
#include "sys/child_state.h"
#include "sys/hot.h"
#include "sys/memory.h"
#include "sys/process.h"
#include "syscall/mman.h"
#include "syscall/signal.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_ids.h"
#include "syscall/unistd_io.h"

#include <linux/errno.h>

/* Entries of threads with an identity of their own. If there are more such threads, the others have
 * the process's identity. An entry takes 256 bytes once it is used. */
#define OWN_MAX 1024u
#define BEING_WRITTEN (-1)

struct own_ids {
	int32_t tid;
	uint64_t thread_pointer; /* a forked child finds the entry of its thread by it */
	struct fj_ids ids;
};

static struct own_ids own_of[OWN_MAX] FJ_BULKY;
uint32_t fj_ids_own_count; /* from here on no entry is in use */
static uint32_t *mark;	   /* a word that becomes 0 by a fork */
const uint32_t *fj_ids_unforked;

/* An identity with all of these capabilities, whose real uid is 0, passes every rule. */
static const uint64_t caps_of_files =
	1UL << FJ_CAP_CHOWN | 1UL << FJ_CAP_DAC_OVERRIDE | 1UL << FJ_CAP_DAC_READ_SEARCH |
	1UL << FJ_CAP_FOWNER | 1UL << FJ_CAP_FSETID | 1UL << FJ_CAP_SYS_CHROOT |
	1UL << FJ_CAP_SYS_ADMIN | 1UL << FJ_CAP_MKNOD | 1UL << FJ_CAP_SETFCAP;

static struct fj_ids_of_process *of_memory(void)
{
	return fj_process_section(FJ_IDS_AT);
}

static bool is_limited(const struct fj_ids *ids)
{
	return ids->ruid || (ids->effective & caps_of_files) != caps_of_files;
}

static struct own_ids *find_own(int32_t tid)
{
	const uint32_t count = __atomic_load_n(&fj_ids_own_count, __ATOMIC_ACQUIRE);

	for (uint32_t i = 0; i < count; i++)
		if (__atomic_load_n(&own_of[i].tid, __ATOMIC_ACQUIRE) == tid)
			return &own_of[i];
	return NULL;
}

/* The entry of the thread with this fs base, in this process or another one in this memory. */
static struct own_ids *find_own_by_base(uint64_t base)
{
	for (uint32_t i = 0; i < fj_ids_own_count; i++)
		if (own_of[i].tid > 0 && own_of[i].thread_pointer == base)
			return &own_of[i];
	return NULL;
}

/* The entry of the calling thread, or NULL. A child that shares the memory begins with the entry of
 * the thread that made it. */
static struct own_ids *my_own(void)
{
	struct own_ids *own;
	int32_t tid;

	if (__builtin_expect(!__atomic_load_n(&fj_ids_own_count, __ATOMIC_ACQUIRE), 1))
		return NULL;
	tid = (int32_t)fj_sys_gettid();
	own = find_own(tid);
	return own || tid == fj_memory_owner() || !fj_is_borrowed_memory() ?
		       own :
		       find_own_by_base(fj_thread_pointer());
}

static const struct fj_ids_of_process *own_ids(void)
{
	return fj_process_at(FJ_IDS_AT);
}

const struct fj_ids *fj_ids(void)
{
	const struct fj_ids_of_process *of_process = own_ids();
	const struct own_ids *own = of_process == of_memory() ? my_own() : NULL;

	return own ? &own->ids : &of_process->ids;
}

bool fj_ids_ask_limited(void)
{
	return is_limited(fj_ids());
}

static bool are_same_ids(const struct fj_ids *a, const struct fj_ids *b)
{
	return !memcmp(a, b, offsetof(struct fj_ids, few)) &&
	       !memcmp(fj_ids_groups(a), fj_ids_groups(b), a->group_count * sizeof(uint32_t));
}

/* ---- changing ---- */

static void store_ids(struct fj_ids *to, const struct fj_ids *next)
{
	const struct fj_ids old = *to;

	*to = *next;
	fj_ids_give_up_groups(&old, next);
}

static bool is_thread_gone(int32_t tid)
{
	return fj_sys_kill(tid, 0) == -ESRCH;
}

/* An entry for the calling thread's own identity; NULL when none is left. */
static struct own_ids *claim_own(void)
{
	for (int pass = 0; pass < 2; pass++)
		for (uint32_t i = 0; i < OWN_MAX; i++) {
			int32_t was = __atomic_load_n(&own_of[i].tid, __ATOMIC_RELAXED);
			uint32_t count;

			if (was && (!pass || was == BEING_WRITTEN || !is_thread_gone(was)))
				continue;
			if (!__atomic_compare_exchange_n(&own_of[i].tid, &was, BEING_WRITTEN, false,
				    __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
				continue;
			count = __atomic_load_n(&fj_ids_own_count, __ATOMIC_RELAXED);
			while (count <= i &&
				!__atomic_compare_exchange_n(&fj_ids_own_count, &count, i + 1,
					false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
				;
			return &own_of[i];
		}
	return NULL;
}

static void become_alone(int32_t tid, const struct fj_ids *next)
{
	struct own_ids *own = find_own(tid);

	if (are_same_ids(next, &of_memory()->ids)) {
		if (own)
			__atomic_store_n(&own->tid, 0, __ATOMIC_RELEASE);
		return;
	}
	if (!own)
		own = claim_own();
	if (!own) {
		store_ids(&of_memory()->ids, next);
		of_memory()->is_limited = is_limited(next);
		return;
	}
	own->ids = *next;
	own->thread_pointer = fj_thread_pointer();
	__atomic_store_n(&own->tid, tid, __ATOMIC_RELEASE);
}

/* The leader now has the identity that libc has already given to other threads: the entries of those threads
 * are not needed any more. */
static void drop_equals(void)
{
	const uint32_t count = __atomic_load_n(&fj_ids_own_count, __ATOMIC_ACQUIRE);
	bool is_empty = true;

	for (uint32_t i = 0; i < count; i++) {
		int32_t tid = __atomic_load_n(&own_of[i].tid, __ATOMIC_ACQUIRE);

		if (tid > 0 &&
			(are_same_ids(&own_of[i].ids, &of_memory()->ids) || is_thread_gone(tid)))
			__atomic_compare_exchange_n(
				&own_of[i].tid, &tid, 0, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
		is_empty = is_empty && !__atomic_load_n(&own_of[i].tid, __ATOMIC_ACQUIRE);
	}
	if (is_empty) {
		uint32_t expected = count;

		/* If an entry is claimed meanwhile, either the count was raised by that, and this
		 * fails, or the loop below finds the entry. */
		__atomic_compare_exchange_n(
			&fj_ids_own_count, &expected, 0, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
		for (uint32_t i = 0; i < count; i++)
			if (__atomic_load_n(&own_of[i].tid, __ATOMIC_ACQUIRE))
				__atomic_store_n(&fj_ids_own_count, count, __ATOMIC_RELEASE);
	}
}

long fj_ids_become(const struct fj_ids *next)
{
	const int32_t tid = (int32_t)fj_sys_gettid(), pid = (int32_t)fj_sys_getpid();

	struct fj_ids_of_process *of_process;

	if (tid != pid) {
		become_alone(tid, next);
		return 0; /* the identity table has the leader's */
	}
	of_process = fj_process_to_change(fj_ids_of_process, FJ_IDS_AT, FJ_SHARED_BY_NONE);
	if (!of_process)
		return -ENOMEM;
	store_ids(&of_process->ids, next);
	of_process->is_limited = is_limited(next);
	if (of_process == of_memory() && __atomic_load_n(&fj_ids_own_count, __ATOMIC_ACQUIRE))
		drop_equals();
	fj_ids_post(pid, next);
	return 0;
}

void fj_ids_after_fork(void)
{
	const struct own_ids *own;
	bool is_taken_over;

	if (*mark)
		return;
	*mark = 1;
	is_taken_over = fj_process_take_over(FJ_IDS_AT);
	if (fj_ids_own_count) { /* else nothing is written, and the page stays shared with the
				   parent */
		own = is_taken_over ? NULL : find_own_by_base(fj_thread_pointer());
		if (own)
			of_memory()->ids = own->ids;
		of_memory()->is_limited = is_limited(&of_memory()->ids);
		memset(own_of, 0, fj_ids_own_count * sizeof(own_of[0]));
		fj_ids_own_count = 0;
	}
	fj_ids_post(fj_memory_owner(), &of_memory()->ids);
}

/* ---- the start ---- */

void fj_ids_root(struct fj_ids *ids)
{
	const uint64_t all = fj_ids_all_caps();

	*ids = (struct fj_ids){
		.effective = all, .permitted = all, .bounding = all, .group_count = 1};
}

/* Numbers of the fields before the groups, in the order of struct fj_ids. */
#define WORDS 8
#define CAPS 5

void fj_ids_write(const struct fj_ids *ids, struct fj_str *out)
{
	const uint32_t *word = &ids->ruid;
	const uint64_t *caps = &ids->effective;
	const uint32_t *group = fj_ids_groups(ids);
	struct fj_ids root;

	fj_ids_root(&root);
	if (are_same_ids(ids, &root))
		return;
	for (int i = 0; i < WORDS; i++) {
		fj_str_num(out, word[i], 16);
		fj_str_put(out, ",");
	}
	for (int i = 0; i < CAPS; i++) {
		fj_str_num(out, caps[i], 16);
		fj_str_put(out, ",");
	}
	fj_str_num(out, ids->securebits, 16);
	fj_str_put(out, ",");
	fj_str_num(out, ids->group_count, 16);
	if (ids->group_count > FJ_IDS_TEXT_GROUPS) {
		const size_t size = ids->group_count * sizeof(*group);
		const long fd = fj_sys_memfd_create("groups", 0);

		fj_assert(fd >= 0 && fj_sys_pwrite64(fd, group, size, 0) == (long)size);
		fj_str_put(out, ",");
		fj_str_num(out, (uint32_t)fd, 16);
		return;
	}
	for (uint32_t i = 0; i < ids->group_count; i++) {
		fj_str_put(out, ",");
		fj_str_num(out, group[i], 16);
	}
}

/* Reads the next number, and moves `*text` behind it. */
static uint64_t next_number(const char **text, const char *end)
{
	uint64_t value = 0;

	for (; *text < end && **text != ','; ++*text)
		value = value * 16 + (uint64_t)(**text <= '9' ? **text - '0' : **text - 'a' + 10);
	if (*text < end)
		++*text;
	return value;
}

static void read_text(struct fj_ids *ids, const char *text, const char *end)
{
	uint32_t *word = &ids->ruid, *group;
	uint64_t *caps = &ids->effective;
	uint32_t count;

	for (int i = 0; i < WORDS; i++)
		word[i] = (uint32_t)next_number(&text, end);
	for (int i = 0; i < CAPS; i++)
		caps[i] = next_number(&text, end);
	ids->securebits = (uint32_t)next_number(&text, end);
	count = (uint32_t)next_number(&text, end);
	group = fj_ids_group_room(ids, count);
	fj_assert(group);
	if (count > FJ_IDS_TEXT_GROUPS) {
		const int fd = (int)next_number(&text, end);

		fj_sys_pread64(fd, group, count * sizeof(*group), 0);
		fj_sys_close(fd);
		return;
	}
	for (uint32_t i = 0; i < count; i++)
		group[i] = (uint32_t)next_number(&text, end);
}

void fj_ids_start(struct fj_identities *identities, struct fj_posted_table *table, const char *text,
	size_t len)
{
	fj_ids_take_table(identities, table);
	mark = fj_thread_fork_mark();
	fj_ids_unforked = mark;
	*mark = 1;
	if (len)
		read_text(&of_memory()->ids, text, text + len);
	else
		fj_ids_root(&of_memory()->ids);
	of_memory()->is_limited = is_limited(&of_memory()->ids);
	fj_ids_post(fj_memory_first_owner(), &of_memory()->ids);
}
