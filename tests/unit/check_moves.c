/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * check_moves.c - moves of roots that others have to follow (jail/root_moves.c), told by several at
 * once, of whom one is stopped in the midst. */
#include "unit.h"

#include "jail/root.h"
#include "jail/root_moves.h"
#include "locking/seq.h"

static const struct fj_root root_of_one = {.pos = "one", .len = 3, .dev = 1, .ino = 11},
			    root_of_other = {.pos = "other", .len = 5, .dev = 1, .ino = 22};

/* Would who has seen all moves before `seen` see the one to `root`, as the last one? */
static bool is_told(uint32_t seen, const struct fj_root *root)
{
	const struct fj_root_moves *moves = fj_root_moves();
	const uint32_t last = moves->count - 1;
	const struct fj_root_move *m = &moves->move[last % FJ_ROOT_MOVES];

	return moves->count != seen && m->number == last + 1 && !fj_seq_is_odd(m->sequence) &&
	       m->ino == root->ino;
}

START_TEST(one_after_the_other)
{
	uint32_t n = fj_root_move_tell(&root_of_one);

	ck_assert(is_told(n, &root_of_one));
	ck_assert_uint_eq(fj_root_move_tell(&root_of_other), n + 1);
	ck_assert(is_told(n + 1, &root_of_other));
	ck_assert_uint_eq(fj_root_moves()->count, n + 2);
}
END_TEST

/* It has its number, and will never go on. */
START_TEST(one_was_killed)
{
	const uint32_t n = fj_root_moves()->next++;

	ck_assert_uint_eq(fj_root_move_tell(&root_of_other), n + 1);
	ck_assert(is_told(n + 1, &root_of_other));
}
END_TEST

static fj_gate_fn gate;
static bool is_in_midst;

/* The kernel is asked while a move is being described: then another process tells of its own. */
static long stop(long nr, long a0, long a1, long a2, long a3, long a4, long a5)
{
	if (nr == __NR_kcmp && !is_in_midst) {
		is_in_midst = true;
		fj_root_move_tell(&root_of_other);
		ck_assert(is_told(0, &root_of_other));
	}
	return gate(nr, a0, a1, a2, a3, a4, a5);
}

START_TEST(one_is_stopped)
{
	uint32_t seen;

	gate = fj_gate;
	fj_gate = stop;
	fj_root_move_tell(&root_of_one);
	fj_gate = gate;
	ck_assert(is_in_midst);
	/* Who has followed the other's has passed over his. */
	seen = fj_root_moves()->count - 1;
	ck_assert(is_told(seen, &root_of_one));
}
END_TEST

Suite *unit_suite_moves(void)
{
	Suite *s = suite_create("moves");
	TCase *tc = tcase_create("moves");

	tcase_set_timeout(tc, 0); /* a slow machine is no failure */

	tcase_add_checked_fixture(tc, unit_jail_setup, unit_jail_teardown);
	tcase_add_test(tc, one_after_the_other);
	tcase_add_test(tc, one_was_killed);
	tcase_add_test(tc, one_is_stopped);
	suite_add_tcase(s, tc);
	return s;
}
