/* SPDX-FileCopyrightText: The fakejail authors SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * races.c - tests shared memory by threads under ThreadSanitizer: sequence counts (locking/seq.h),
 * the lock that other processes take over from a dead holder (locking/lock.h), and the rooms that
 * use them.
 *
 * Each thread stands for a process. ThreadSanitizer reports two accesses that no synchronisation
 * puts in order: so it finds two writers of one place. Functions that read under a sequence count
 * may read while another thread writes. They are named below, and their copies are checked here.
 * Prints a line for each check, and the reports of ThreadSanitizer, after which the exit status is
 * 66. */
#include "gate.h"
#include "races.h"
#include "jail/epoch.h"
#include "mount-table/namespace_id.h"
#include "sys/gate_code.h"
#include "sys/scratch_mark.h"
#include "sys/memory.h"
#include "cred/identity_table.h"
#include "cred/ids_start.h"
#include "bytes/bytes.h"
#include "bytes/copy.h"
#include "bytes/equal.h"
#include "bytes/str.h"
#include "syscall/mman.h"
#include "syscall/sched.h"
#include "syscall/unistd_ids.h"

#include "cred/ids.h"
#include "path/path.h"
#include "jail/root.h"
#include "socket/unix_name.h"
#include "locking/lock.h"
#include "facts/facts.h"
#include "jail/fds.h"
#include "jail/jail.h"
#include "mount-table/mount_edit.h"
#include "mount-table/mount_table.h"
#include "mount-table/mounts.h"
#include "jail/root_moves.h"
#include "layers/place.h"
#include "setup/layout.h"
#include "sys/process.h"
#include "locking/seq.h"
#include "sys/thread.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

/* The functions that may read while another thread writes. No function that writes is named here:
 * so two writers are always reported. tests/lint/functions.sh checks that they exist. */
const char *__tsan_default_suppressions(void);
const char *__tsan_default_suppressions(void)
{
	return "race_top:fj_facts_look\n"
	       "race_top:fj_same\n"
	       "race_top:fj_load8\n"
	       "race_top:fj_load_tail\n"
	       "race:fj_facts_find\n"
	       "race:fj_ids_posted\n"
	       "race:read_move\n"
	       "race:find_bound_name\n"
	       "race:fj_machine_names\n"
	       "race:fj_mount_at\n"
	       "race:fj_mount_of\n"
	       "race:copy_version\n"
	       "race:copy_namespace\n"
	       "race_top:search_array\n"
	       "race_top:fj_store_find_first\n"
	       "race_top:fj_store_check\n";
}

/* Enough history to name the function of the earlier access: without that name, a report cannot be
 * suppressed. */
const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
	return "history_size=7";
}

static unsigned failures;

void check(const char *what, bool is_good)
{
	printf("%s %s\n", is_good ? "ok  " : "FAIL", what);
	failures += !is_good;
}

/* Runs `work` in THREADS threads at once, with the arguments 0, 1, ... */
void at_once(void *(*work)(void *))
{
	pthread_t thread[THREADS];

	for (uintptr_t i = 0; i < THREADS; i++)
		if (pthread_create(&thread[i], NULL, work, (void *)i))
			abort();
	for (int i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
}

static uint32_t torn; /* copies that were accepted and are not whole */
static uint32_t good;

void count(bool is_whole)
{
	__atomic_fetch_add(is_whole ? &good : &torn, 1, __ATOMIC_RELAXED);
}

void check_copies(const char *what)
{
	check(what, good && !torn);
	if (torn || !good)
		printf("     %u good, %u torn\n", good, torn);
	good = torn = 0;
}

/* -- a sequence count by itself -- */

static struct {
	uint32_t seq;
	uint64_t data[16];
} shared;

__attribute__((noinline)) static void read_copy(uint64_t *out)
{
	memcpy(out, shared.data, sizeof(shared.data));
}

static void *use_sequence(void *arg)
{
	for (uint64_t n = 0; n < ROUNDS; n++) {
		uint64_t copy[16];
		uint32_t seen;

		if (fj_seq_write(&shared.seq)) {
			for (int i = 0; i < 16; i++)
				shared.data[i] = (uintptr_t)arg << 32 | n;
			fj_seq_written(&shared.seq);
		}
		seen = fj_seq_begin(&shared.seq);
		if (fj_seq_is_odd(seen))
			continue;
		read_copy(copy);
		if (fj_seq_retry(&shared.seq, seen))
			continue;
		for (int i = 1; i < 16; i++)
			if (copy[i] != copy[0])
				seen++;
		count(seen == (seen & ~1u) &&
			!memcmp(copy, copy + 1, sizeof(copy) - sizeof(*copy)));
	}
	return NULL;
}

/* -- the lock -- */

static struct fj_lock lock;
static uint32_t waiters;
static uint64_t guarded;
static uint32_t filled[64];

/* Changes the guarded data with the lock, long enough that other threads try to take it. */
static void change_guarded(void)
{
	for (int i = 0; i < 64; i++)
		filled[i]++;
	guarded++;
}

static void *use_lock(void *arg)
{
	struct fj_lock_hold hold;

	(void)arg;
	for (int n = 0; n < ROUNDS; n++) {
		fj_lock_take(&lock, &waiters, (uint32_t)fj_sys_getpid(), 0, &hold);
		change_guarded();
		fj_lock_give(&lock, &waiters, &hold);
	}
	return NULL;
}

static void *try_lock(void *arg)
{
	const uint32_t me = (uint32_t)fj_sys_gettid();
	struct fj_lock_hold hold;

	(void)arg;
	for (int n = 0; n < ROUNDS;) {
		/* (No holder is dead: that is checked, too, and changes nothing.) */
		if (!fj_lock_try(&lock, me, n & 1, &hold)) {
			fj_sys_sched_yield();
			continue;
		}
		change_guarded();
		n++;
		fj_lock_give(&lock, NULL, &hold);
	}
	return NULL;
}

/* -- facts -- */

static void *use_facts(void *arg)
{
	static const struct fj_root root = {.pos = ""};
	static const struct fj_thread nobody;
	const char letter = (char)('a' + (uintptr_t)arg);
	char value[40], text[PATH_MAX];

	for (unsigned n = 0; n < ROUNDS; n++) {
		const size_t len = 8 + (n + (uintptr_t)arg) % 24;
		struct fj_str s;
		unsigned flags;

		memset(value, letter, len);
		value[len] = 0;
		fj_facts_add(&root, "/some/key", 9, value, 0, 0, 1);
		fj_str_init(&s, text, sizeof(text));
		if (!fj_facts_find(&nobody, &root, "/some/key", 9, &s, &flags, 1))
			continue;
		for (size_t i = 0; i < s.len; i++)
			if (text[i] != text[0])
				flags = ~0u;
		count(s.len >= 8 && flags == 0);
	}
	return NULL;
}

/* -- identities -- */

static void *use_identities(void *arg)
{
	struct fj_ids ids;
	struct fj_posted p;

	fj_ids_root(&ids);
	for (uint32_t n = 0; n < ROUNDS; n++) {
		const uint32_t id = n * THREADS + (uint32_t)(uintptr_t)arg + 1;

		ids.ruid = ids.euid = ids.suid = ids.fsuid = id;
		ids.rgid = ids.egid = ids.sgid = ids.fsgid = id;
		fj_ids_post(1, &ids);
		if (fj_ids_posted(1, &p))
			count(p.ruid == p.euid && p.ruid == p.suid && p.ruid == p.fsgid);
	}
	return NULL;
}

/* -- moves of roots -- */

static void *use_moves(void *arg)
{
	char pos[256];

	for (uint32_t n = 0; n < ROUNDS; n++) {
		struct fj_root root = {.pos = pos, .len = 255, .dev = (uintptr_t)arg, .ino = n};
		uint32_t number;

		memset(pos, 'a' + (int)(n % 26), 255);
		pos[255] = 0;
		number = fj_root_move_tell(&root);
		count((int32_t)(__atomic_load_n(&fj_root_moves()->count, __ATOMIC_RELAXED) -
				number) > 0);
	}
	return NULL;
}

/* -- names of sockets -- */

static void *use_names(void *arg)
{
	struct fj_thread *t = fj_thread_mine();
	const char letter = (char)('a' + (uintptr_t)arg);
	char path[64];

	for (uint32_t n = 0; n < ROUNDS; n++) {
		struct fj_place place = {.dirfd = -1, .owned_fd = -1, .name = "s"};
		struct fj_unix_address sun = {.family = 1};
		const size_t len = 8 + n % 40;
		const uint32_t mark = fj_scratch_mark(t);
		struct fj_str s;
		int got;

		memset(path, letter, len);
		/* (The descriptor does not exist: the name is stored, and nothing is bound.) */
		fj_unix_name_bind(t, -1, &place, path, len, &sun);
		fj_scratch_release(t, mark);
		fj_str_init(&s, sun.path, sizeof(sun.path));
		fj_str_put(&s, ".fjs");
		fj_str_num(&s,
			((uint64_t)(uint32_t)fj_jail->first_pid << 32) +
				__atomic_load_n(&fj_socket_names()->next, __ATOMIC_RELAXED) - 1,
			16);
		got = fj_unix_name_as_bound(&sun, 2 + (int)s.len + 1) - 3;
		if (sun.path[0] == '.')
			continue; /* another thread writes it now, or it was not written yet */
		for (int i = 1; i < got; i++)
			if (sun.path[i] != sun.path[0])
				got = 0;
		count(got >= 8);
	}
	return NULL;
}

/* -- mounts -- */

static uint32_t namespaces;

static void *use_mounts(void *arg)
{
	char pos[32], host[32], text[PATH_MAX];
	struct fj_mount_found found;
	struct fj_str s;
	struct fj_edit e = {.times = 0};

	snprintf(pos, sizeof(pos), "/p/%d", (int)(uintptr_t)arg);
	for (int n = 0; n < ROUNDS / 20; n++) {
		long r;

		snprintf(host, sizeof(host), "/h/%d-%d", (int)(uintptr_t)arg, n);
		do {
			if (!fj_edit_begin(&e))
				abort();
			for (uint32_t i = fj_mounts_count(e.v); i--;)
				if (fj_streq(fj_mounts_text(e.v, e.v->mount[i].jail), pos))
					fj_edit_remove(&e, i);
			r = fj_edit_add(&e, host, pos, 0, "ext4", "x");
		} while ((r = fj_edit_end(&e, r)) == FJ_EDIT_AGAIN);
		for (int i = 0; i < 20; i++) {
			fj_str_init(&s, text, sizeof(text));
			if (fj_mount_at(pos, &found, &s))
				count(found.jail_len == 4 && text[3] == pos[3] && text[4] == '-');
		}
		/* Readers continue in the namespace in which they have begun. */
		if (arg == 0 && n % 20 == 19)
			namespaces += fj_namespace_unshare() == 0;
	}
	return NULL;
}

static void make_jail(void)
{
	const long at = fj_sys_mmap(0, FJ_JAIL_MEMORY, 3 /* PROT_READ, PROT_WRITE */,
		0x21 /* MAP_SHARED, MAP_ANONYMOUS */, -1, 0);

	if (fj_is_err(at))
		abort();
	fj_thread_start(0);
	fj_jail = (struct fj_jail *)at;
	fj_fds_of(fj_jail)->root = 500;
	fj_jail->first_pid = (int32_t)fj_sys_getpid();
	fj_facts_state()->epoch = 1;
	((struct fj_owner_namespace *)fj_process_section(FJ_OWNER_NAMESPACE_AT))->at =
		fj_jail_namespace();
	fj_root_start("", -1, fj_path_open_pos);
}

int main(void)
{
	static struct fj_identities identities;
	static struct fj_posted_table table;

	fj_calls_gate = unit_calls_gate;
	make_jail();
	fj_ids_new_table(&identities);
	fj_ids_start(&identities, &table, "", 0);

	at_once(use_sequence);
	check_copies("a sequence count");
	at_once(use_lock);
	check("the lock, waited for",
		guarded == THREADS * ROUNDS && !waiters && !(uint32_t)lock.word);
	at_once(try_lock);
	check("the lock, tried", guarded == 2 * THREADS * ROUNDS && !(uint32_t)lock.word);
	at_once(use_facts);
	check_copies("facts");
	at_once(use_identities);
	check_copies("identities");
	at_once(use_moves);
	check_copies("moves of roots");
	at_once(use_names);
	check_copies("names of sockets");
	at_once(use_mounts);
	check("namespaces of mounts", namespaces == ROUNDS / 20 / 20);
	check_copies("mounts");
	check_records();
	check_actions();
	check_machine();
	return failures ? 1 : 0;
}
