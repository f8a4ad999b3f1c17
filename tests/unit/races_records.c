/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * races_records.c - the part of races.c for files of owner records, for the stored actions of SIGSEGV
 * and SIGBUS, which the engine handles, and for the names of the machine. Called by races.c. */
#include "sys/abi_signal.h"
#include "call/call.h"
#include "races.h"
#include "sys/gate_code.h"
#include "syscall/signal.h"

#include "met-roots/stores.h"
#include "ownership/ownership.h"
#include "procfs/machine.h"
#include "records/store.h"
#include "signal/faults.h"
#include "signal/handlers.h"
#include "signal/hook_signal.h"
#include "sys/abi.h"
#include "records/start.h"

#include <asm/unistd.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* -- files of owner records -- */

#define KEYS 500u
#define ROOTS 64u

static char records[64];

static struct fj_owner_key key_of(uint32_t n)
{
	return (struct fj_owner_key){.dev = 0x99, .ino = 1000 + n, .stamp = 77 + n};
}

static void make_records(void)
{
	int fd;

	snprintf(records, sizeof(records), "/tmp/races.XXXXXX");
	fd = mkstemp(records);
	if (fd < 0 || fj_owner_create(fd) < 0 || fj_owner_start(fd, -1) < 0)
		abort();
}

/* All threads change records of the same files, in a table that grows meanwhile. */
static void *use_records(void *arg)
{
	const struct fj_owner shown = {.mode = 0100644};
	struct fj_owner found;

	for (uint32_t n = 0; n < ROUNDS; n++) {
		const uint32_t id = n * THREADS + (uint32_t)(uintptr_t)arg + 1;
		const struct fj_owner_key key = key_of((n * 7 + (uint32_t)(uintptr_t)arg) % KEYS),
					  other = key_of(n % KEYS);
		const struct fj_owner to = {.uid = id, .gid = ~id};

		if (fj_owner_set(&key, FJ_OWNER_UID | FJ_OWNER_GID, &to, &shown, 0644) < 0)
			count(false);
		if (fj_owner_find(&other, &found))
			count(found.gid == ~found.uid);
	}
	return NULL;
}

/* The number of mappings that this process has of the file. */
static unsigned maps_of_records(void)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[512];
	unsigned n = 0;

	while (fgets(line, sizeof(line), maps))
		n += strstr(line, records) != NULL;
	fclose(maps);
	return n;
}

static pthread_barrier_t barrier;
static fj_gate_fn real_gate;

/* Makes all threads wait here for each other: so each has found no mapping, and maps the file. */
static long gate_that_gathers(long nr, long a, long b, long c, long d, long e, long f)
{
	const long r = real_gate(nr, a, b, c, d, e, f);

	if (nr == __NR_mremap || (nr == __NR_mmap && (d & MAP_ANONYMOUS)))
		pthread_barrier_wait(&barrier);
	return r;
}

static void gather(void *(*work)(void *))
{
	real_gate = fj_gate;
	fj_gate = gate_that_gathers;
	at_once(work);
	fj_gate = real_gate;
}

static void *window_seen[THREADS][FJ_STORE_WINDOWS];
#define WINDOWS 12u
static uint32_t first_unmapped;

/* All threads map the window. The mapping of one is used, and the others unmap theirs. */
static void *use_windows(void *arg)
{
	for (uint32_t k = first_unmapped; k < first_unmapped + WINDOWS; k++) {
		const uint64_t end = fj_store[0].first_window << k;

		window_seen[(uintptr_t)arg][k] = fj_store_at(&fj_store[0], end - 8, 8);
	}
	return NULL;
}

static void check_windows(void)
{
	const unsigned before = maps_of_records();
	bool is_good = true;

	for (first_unmapped = 1; fj_store[0].window[first_unmapped]; first_unmapped++)
		;
	gather(use_windows);
	for (uint32_t k = first_unmapped; k < first_unmapped + WINDOWS; k++) {
		const char *base = fj_store[0].window[k];

		is_good = is_good && base && !memcmp(base, fj_store[0].window[0], 16);
		for (int i = 0; i < THREADS; i++)
			is_good = is_good && (char *)window_seen[i][k] ==
						     base + (fj_store[0].first_window << k) - 8;
	}
	check("windows of a file of records", is_good);
	check("of which none is mapped twice", maps_of_records() == before + WINDOWS);
}

static void *root_seen[THREADS][ROOTS];

static void *use_roots(void *arg)
{
	for (uint32_t i = 0; i < ROOTS; i++) {
		root_seen[(uintptr_t)arg][i] = fj_store_of_root(i, false);
	}
	return NULL;
}

/* Checks that each root's records are opened once and stay mapped. */
static void check_roots(void)
{
	static struct fj_owner_roots roots;
	static struct fj_owner_roots_state state = {.count = ROOTS};
	const unsigned before = maps_of_records();
	bool is_good = true;

	for (uint32_t i = 0; i < ROOTS; i++) {
		roots.root[i].state = FJ_OWNER_ROOT_MET;
		snprintf(roots.root[i].records, sizeof(roots.root[i].records), "%s", records);
	}
	fj_owner_roots_state = &state;
	fj_owner_roots = &roots;
	gather(use_roots);
	for (uint32_t i = 0; i < ROOTS; i++) {
		const struct fj_store *s = root_seen[0][i];

		is_good = is_good && s && fj_store_head(s)->records;
		for (int k = 1; k < THREADS; k++)
			is_good = is_good && root_seen[k][i] == s;
	}
	check("records of other roots", is_good);
	check("of which none is mapped twice", maps_of_records() == before + ROOTS);
	fj_owner_roots = NULL;
}

void check_records(void)
{
	pthread_barrier_init(&barrier, NULL, THREADS);
	make_records();
	at_once(use_records);
	check_copies("owner records");
	check_windows();
	check_roots();
	remove(records);
}

/* -- stored actions of SIGSEGV and SIGBUS -- */

static void *use_actions(void *arg)
{
	for (uint64_t n = 0; n < ROUNDS; n++) {
		const uint64_t id = n * THREADS + (uintptr_t)arg + 2;
		struct fj_sigaction new = {.handler = id, .restorer = id << 16, .mask = id << 32},
				    old = {0};
		struct fj_call c = {.arg = {n % 2 ? FJ_SIGBUS : FJ_SIGSEGV, (uint64_t) & new,
					    (uint64_t)&old, FJ_SIGSET_SIZE}};

		if (fj_faults_action(&c))
			count(false);
		fj_faults_mask(n % 2 ? FJ_SIGSEGV_BIT : 0);
		if (old.handler > FJ_IGNORE)
			count(old.restorer == old.handler << 16 && old.mask == old.handler << 32);
	}
	return NULL;
}

void check_actions(void)
{
	struct fj_sigaction before[2];
	const int number[2] = {FJ_SIGBUS, FJ_SIGSEGV};

	/* (Otherwise some threads would ask for their stack.) */
	for (int i = 0; i < 2; i++) {
		const struct fj_sigaction none = {0};

		fj_sys_rt_sigaction(number[i], 0, &before[i], FJ_SIGSET_SIZE);
		fj_sys_rt_sigaction(number[i], &none, 0, FJ_SIGSET_SIZE);
	}
	fj_faults_arm();
	at_once(use_actions);
	for (int i = 0; i < 2; i++)
		fj_sys_rt_sigaction(number[i], &before[i], 0, FJ_SIGSET_SIZE);
	check_copies("actions of SIGSEGV and SIGBUS");
}

/* -- names of the machine -- */

/* Is it one letter, 1 to 64 times? */
static bool is_one_name(const char *name)
{
	size_t len = 0;

	while (len < FJ_MACHINE_NAME_SIZE && name[len] && name[len] == name[0])
		len++;
	return len && len < FJ_MACHINE_NAME_SIZE && !name[len];
}

/* One thread writes: a second writer that waits long for a processor would take over from the first. (More
 * rounds than elsewhere: a copy is torn only if there are two changes meanwhile.) */
static void *use_machine(void *arg)
{
	for (uint32_t n = 0; n < 20 * ROUNDS; n++) {
		char name[FJ_MACHINE_NAME_SIZE] = {0};
		struct fj_machine_names seen;

		memset(name, 'a' + (int)(n % 26), 1 + n % 64);
		if (arg == 0)
			fj_machine_rename(n & 1, name);
		fj_machine_names(&seen);
		count((!seen.has_hostname || is_one_name(seen.hostname)) &&
			(!seen.has_domainname || is_one_name(seen.domainname)));
	}
	return NULL;
}

void check_machine(void)
{
	at_once(use_machine);
	check_copies("names of the machine");
}
