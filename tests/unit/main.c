/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * main.c - runs the tests of the engine (libcheck).
 *
 * Environment: CK_RUN_SUITE=walk runs one suite. CK_FORK=no runs the tests in this process, for a
 * debugger. FJ_UNIT_SEED=N changes the random trees. */
#include "sys/gate_code.h"
#include "gate.h"
#include "unit.h"

#include <stdlib.h>

/* The sanitizer calls it before main(). The search for leaks is off: it needs ptrace(2), and each
 * test ends at once. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0:abort_on_error=1";
}

int main(void)
{
	SRunner *runner = srunner_create(unit_suite_str());
	int failed;

	fj_calls_gate = unit_calls_gate;
	srunner_add_suite(runner, unit_suite_guest());
	srunner_add_suite(runner, unit_suite_held());
	srunner_add_suite(runner, unit_suite_image());
	srunner_add_suite(runner, unit_suite_handoff());
	srunner_add_suite(runner, unit_suite_rows());
	srunner_add_suite(runner, unit_suite_facts());
	srunner_add_suite(runner, unit_suite_walk());
	srunner_add_suite(runner, unit_suite_exchange());
	srunner_add_suite(runner, unit_suite_moments());
	srunner_add_suite(runner, unit_suite_mounts());
	srunner_add_suite(runner, unit_suite_random_walks());
	srunner_add_suite(runner, unit_suite_call());
	srunner_add_suite(runner, unit_suite_cost());
	srunner_add_suite(runner, unit_suite_hints());
	srunner_add_suite(runner, unit_suite_ends());
	srunner_add_suite(runner, unit_suite_ends_union());
	srunner_add_suite(runner, unit_suite_shown());
	srunner_add_suite(runner, unit_suite_socket());
	srunner_add_suite(runner, unit_suite_random_calls());
	srunner_add_suite(runner, unit_suite_filter());
	srunner_add_suite(runner, unit_suite_thread());
	srunner_add_suite(runner, unit_suite_process());
	srunner_add_suite(runner, unit_suite_tracees());
	srunner_add_suite(runner, unit_suite_union());
	srunner_add_suite(runner, unit_suite_union_faults());
	srunner_add_suite(runner, unit_suite_union_kills());
	srunner_add_suite(runner, unit_suite_union_list());
	srunner_add_suite(runner, unit_suite_cost_union());
	srunner_add_suite(runner, unit_suite_union_held());
	srunner_add_suite(runner, unit_suite_union_lowest());
	srunner_add_suite(runner, unit_suite_union_begin());
	srunner_add_suite(runner, unit_suite_stubs());
	srunner_add_suite(runner, unit_suite_moves());
	srunner_add_suite(runner, unit_suite_machine());
	srunner_add_suite(runner, unit_suite_edits());
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
