/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * check_moves.c - tests moves of roots, which other processes have to follow (jail/root_moves.c).
 * Several processes tell moves at once, and one of them is stopped meanwhile. */
#include "sys/gate_code.h"
#include "unit.h"

#include "jail/root.h"
#include "jail/root_moves.h"
#include "locking/seq.h"

#include <asm/unistd.h>

static const struct fj_root root_of_one = {.pos = "one", .len = 3, .dev = 1, .ino = 11},
			    root_of_other = {.pos = "other", .len = 5, .dev = 1, .ino = 22};

/* Would a process that has seen all moves before `seen` see the one to `root` as the last one? */
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

/* A process has taken a number, and was then killed. */
START_TEST(one_was_killed)
{
	const uint32_t n = fj_root_moves()->next++;

	ck_assert_uint_eq(fj_root_move_tell(&root_of_other), n + 1);
	ck_assert(is_told(n + 1, &root_of_other));
}
END_TEST

static fj_gate_fn gate;
static bool is_in_midst;

/* At a system call in the middle of a move, another process tells its own move. */
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
	/* A process that has followed the other move has passed over this one. */
	seen = fj_root_moves()->count - 1;
	ck_assert(is_told(seen, &root_of_one));
}
END_TEST

Suite *unit_suite_moves(void)
{
	Suite *s = suite_create("moves");
	TCase *tc = tcase_create("moves");

	tcase_set_timeout(tc, 0); /* no limit: the machine may be slow */

	tcase_add_checked_fixture(tc, unit_jail_setup, unit_jail_teardown);
	tcase_add_test(tc, one_after_the_other);
	tcase_add_test(tc, one_was_killed);
	tcase_add_test(tc, one_is_stopped);
	suite_add_tcase(s, tc);
	return s;
}
