/* SPDX-FileCopyrightText: The fakejail authors SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * unit.h - what the engine's tests share: a jail that the test itself makes, calls through the
 * direct door, and the list of suites.
 *
 * The engine is the same as in the loader, built for a process with a libc, with ASan and UBSan
 * (tests/module.am). There is no filter and no gate page. The engine's system calls are made where
 * gate.S was linked, or by a function that a test assigns to fj_gate. */
#ifndef FJ_UNIT_H
#define FJ_UNIT_H

#include "call/call.h"

#include "tree.h"

#include <check.h>
#include <stdint.h>

#define UNIT_FD 900 /* the jail's first descriptor: FJ_FD_ROOT */

extern struct fj_thread *unit_thread;

/* Fixtures of libcheck: make and remove a tree with the directory `jail`, an empty jail on that,
 * and a thread area for this thread. */
void unit_jail_setup(void);
void unit_jail_teardown(void);
/* Makes the jail on an existing tree. Also call it before a fork(2) whose child shares the jail's
 * memory. */
void unit_jail_on(const char *host_path);
/* unit_mount() mounts `host_path` at position `pos`, and returns 0 or -ENOSPC.
 * unit_read_only_root() makes the jail's own tree read-only. */
long unit_mount(const char *host_path, const char *pos, uint32_t flags);
void unit_read_only_root(void);
/* Makes the thread area only. */
void unit_thread_setup(void);

/* Makes a system call through the direct door, by its row. */
long unit_call(long nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e);
#define unit_call5(nr, a, b, c, d, e)                                                              \
	unit_call(nr, (uint64_t)(a), (uint64_t)(b), (uint64_t)(c), (uint64_t)(d), (uint64_t)(e))
#define unit_call4(nr, a, b, c, d) unit_call5(nr, a, b, c, d, 0)
#define unit_call3(nr, a, b, c) unit_call5(nr, a, b, c, 0, 0)
#define unit_call2(nr, a, b) unit_call5(nr, a, b, 0, 0, 0)
#define unit_call1(nr, a) unit_call5(nr, a, 0, 0, 0, 0)

/* "ENOENT" for -2, and a decimal number for a result that is no error. In one of a few buffers that
 * are used in turn. */
const char *unit_result(long r);
#define unit_assert_result(got, want)                                                              \
	do {                                                                                       \
		const long got_ = (got), want_ = (want);                                           \
		ck_assert_msg(got_ == want_, "%s is %s, not %s", #got, unit_result(got_),          \
			unit_result(want_));                                                       \
	} while (0)

/* A random number below `n`. The environment variable FJ_UNIT_SEED is the seed; the default is
 * 1. */
unsigned unit_random(unsigned n);
/* Starts another sequence for each `i`. Returns the seed, for messages. */
unsigned unit_seed(unsigned i);

Suite *unit_suite_str(void);
Suite *unit_suite_guest(void);
Suite *unit_suite_held(void);
Suite *unit_suite_image(void);
Suite *unit_suite_handoff(void);
Suite *unit_suite_rows(void);
Suite *unit_suite_facts(void);
Suite *unit_suite_walk(void);
Suite *unit_suite_exchange(void);
Suite *unit_suite_moments(void);
Suite *unit_suite_mounts(void);
Suite *unit_suite_random_walks(void);
Suite *unit_suite_call(void);
Suite *unit_suite_cost(void);
Suite *unit_suite_hints(void);
Suite *unit_suite_ends(void);
Suite *unit_suite_ends_union(void);
Suite *unit_suite_shown(void);
Suite *unit_suite_socket(void);
Suite *unit_suite_random_calls(void);
Suite *unit_suite_filter(void);
Suite *unit_suite_thread(void);
Suite *unit_suite_process(void);
Suite *unit_suite_tracees(void);
Suite *unit_suite_union(void);
Suite *unit_suite_union_faults(void);
Suite *unit_suite_union_kills(void);
Suite *unit_suite_union_list(void);
Suite *unit_suite_cost_union(void);
Suite *unit_suite_union_held(void);
Suite *unit_suite_union_lowest(void);
Suite *unit_suite_union_begin(void);
Suite *unit_suite_stubs(void);
Suite *unit_suite_moves(void);
Suite *unit_suite_machine(void);
Suite *unit_suite_edits(void);

#endif
