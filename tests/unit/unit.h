/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * unit.h - what the engine's tests share: a jail made by hand, calls through the direct door, and
 * the list of suites.
 *
 * The engine is the same as in the loader, built for a libc process with ASan and UBSan
 * (tests/module.am). No filter is installed and no gate page placed: its calls go to the kernel
 * from where gate.S was linked, or to a test's own function put in place of fj_gate. */
#ifndef FJ_UNIT_H
#define FJ_UNIT_H

#include "call/call.h"

#include "tree.h"

#include <check.h>

#define UNIT_FD 900 /* the jail's first descriptor: FJ_FD_ROOT */

extern struct fj_thread *unit_thread;

/* Fixtures of libcheck: a tree with `jail/` in it, an empty jail on that, and an engine slot for
 * this thread. */
void unit_jail_setup(void);
void unit_jail_teardown(void);
/* The same on a tree that is there already; before a fork that shares the jail's memory, too. */
void unit_jail_on(const char *host_path);
/* Mount `host_path` at position `pos`: 0 or -ENOSPC. Make the jail's own tree read-only. */
long unit_mount(const char *host_path, const char *pos, uint32_t flags);
void unit_read_only_root(void);
/* Only the slot. */
void unit_thread_setup(void);

/* A system call through the direct door, by its row. */
long unit_call(long nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e);
#define unit_call5(nr, a, b, c, d, e)                                                              \
	unit_call(nr, (uint64_t)(a), (uint64_t)(b), (uint64_t)(c), (uint64_t)(d), (uint64_t)(e))
#define unit_call4(nr, a, b, c, d) unit_call5(nr, a, b, c, d, 0)
#define unit_call3(nr, a, b, c) unit_call5(nr, a, b, c, 0, 0)
#define unit_call2(nr, a, b) unit_call5(nr, a, b, 0, 0, 0)
#define unit_call1(nr, a) unit_call5(nr, a, 0, 0, 0, 0)

/* "ENOENT" for -2, a decimal number for what is no error; in one of a few rotating buffers. */
const char *unit_result(long r);
#define unit_assert_result(got, want)                                                              \
	do {                                                                                       \
		const long got_ = (got), want_ = (want);                                           \
		ck_assert_msg(got_ == want_, "%s is %s, not %s", #got, unit_result(got_),          \
			unit_result(want_));                                                       \
	} while (0)

/* A random number below `n`; the sequence begins at FJ_UNIT_SEED of the environment, or 1. */
unsigned unit_random(unsigned n);
/* Begin the sequence again, `i` steps aside; returns the seed, for messages. */
unsigned unit_seed(unsigned i);

Suite *unit_suite_str(void);
Suite *unit_suite_guest(void);
Suite *unit_suite_image(void);
Suite *unit_suite_handoff(void);
Suite *unit_suite_rows(void);
Suite *unit_suite_facts(void);
Suite *unit_suite_walk(void);
Suite *unit_suite_mounts(void);
Suite *unit_suite_random_walks(void);
Suite *unit_suite_call(void);
Suite *unit_suite_cost(void);
Suite *unit_suite_hints(void);
Suite *unit_suite_socket(void);
Suite *unit_suite_random_calls(void);
Suite *unit_suite_filter(void);
Suite *unit_suite_thread(void);
Suite *unit_suite_process(void);
Suite *unit_suite_union(void);
Suite *unit_suite_union_faults(void);
Suite *unit_suite_union_kills(void);
Suite *unit_suite_union_list(void);
Suite *unit_suite_cost_union(void);
Suite *unit_suite_stubs(void);
Suite *unit_suite_moves(void);

#endif
