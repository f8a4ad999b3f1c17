/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * check_edits.c - tests changes of the table of mounts, of which others are faster than one. */
#include "unit.h"

#include "mount-table/mount_edit.h"
#include "mount-table/mount_table.h"

/* Each time that the change is made, another one is published first. */
START_TEST(one_that_always_loses_gives_up)
{
	struct fj_edit e = {.times = 0};
	unsigned times = 0;

	while (fj_edit_begin(&e)) {
		struct fj_edit other = {.times = 0};

		ck_assert_uint_lt(++times, 100000);
		ck_assert(fj_edit_begin(&other));
		ck_assert_int_eq(fj_edit_end(&other, 0), 0);
		ck_assert_int_eq(fj_edit_end(&e, 0), FJ_EDIT_AGAIN);
	}
	ck_assert_uint_eq(times, 10000);
	ck_assert(!fj_edit_is_open(fj_namespace()));
}
END_TEST

Suite *unit_suite_edits(void)
{
	Suite *s = suite_create("edits");
	TCase *tc = tcase_create("edits");

	tcase_add_checked_fixture(tc, unit_jail_setup, unit_jail_teardown);
	tcase_add_test(tc, one_that_always_loses_gives_up);
	suite_add_tcase(s, tc);
	return s;
}
