/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * check_part.c - copies of a part of a process's state: who has one, who has whose, and when it is
 * given up. */
#include "unit.h"

#include "sys/part.h"
#include "sys/thread.h"

#include <linux/kcmp.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static struct fj_part part;
static int value;
static int released;

static int mine(void)
{
	return *fj_mine(&part, &value);
}

static int *mine_to_change(void)
{
	return fj_mine_to_change(&part, &value, FJ_SHARED_BY_NONE);
}

static void count_release(void *copy)
{
	released += *(int *)copy;
}

static void begin(void)
{
	unit_thread_setup();
	fj_memory_owner(); /* the test is forked */
	value = 1;
	released = 0;
	part.release = count_release;
}

static int status_of(pid_t pid)
{
	int status = -1;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return status;
}

START_TEST(of_nobody)
{
	*mine_to_change() = 2;
	ck_assert_int_eq(value, 2);
	ck_assert_int_eq(mine(), 2);
	ck_assert_uint_eq(part.used, 0);
}
END_TEST

START_TEST(of_a_child)
{
	static int *first, *second;
	static int seen[2];

	for (volatile int i = 0; i < 2; i++) {
		const pid_t pid = vfork();

		if (!pid) {
			seen[0] = mine();
			*(i ? (second = mine_to_change()) : (first = mine_to_change())) = 5;
			seen[1] = mine();
			_exit(0);
		}
		ck_assert_uint_eq(part.used, 1);
		ck_assert_int_eq(value, 1);
		ck_assert_int_eq(mine(), 1);
		ck_assert_uint_eq(part.used, 0);
		ck_assert_int_eq(released, 5 * (i + 1));
		ck_assert_int_eq(status_of(pid), 0);
		ck_assert_int_eq(seen[0], 1);
		ck_assert_int_eq(seen[1], 5);
	}
	ck_assert_ptr_eq(first, second);
}
END_TEST

/* It goes on as another program: its memory is no longer this. */
START_TEST(of_one_that_execs)
{
	static char *argv[] = {(char *)"cat", NULL};
	int input[2];

	ck_assert_int_eq(pipe2(input, O_CLOEXEC), 0);
	const pid_t pid = vfork();
	if (!pid) {
		*mine_to_change() = 5;
		dup2(input[0], 0);
		execv("/bin/cat", argv);
		_exit(1);
	}
	ck_assert_int_eq(mine(), 1);
	ck_assert_uint_eq(part.used, 0);
	ck_assert_int_eq(released, 5);
	close(input[1]);
	ck_assert_int_eq(status_of(pid), 0);
}
END_TEST

START_TEST(of_children_of_children)
{
	static int seen[6];

	const pid_t pid = vfork();
	if (!pid) {
		*mine_to_change() = 2;
		const pid_t inner = vfork();
		if (!inner) {
			seen[0] = mine();
			const pid_t innermost = vfork();
			if (!innermost) { /* its parent has none: its grandparent's */
				seen[1] = mine();
				_exit(0);
			}
			*mine_to_change() = 3;
			seen[2] = mine();
			_exit(0);
		}
		seen[3] = mine();
		const pid_t next = vfork();
		if (!next) {
			seen[4] = mine();
			_exit(0);
		}
		_exit(0);
	}
	seen[5] = mine();
	ck_assert_int_eq(status_of(pid), 0);
	ck_assert_int_eq(seen[0], 2);
	ck_assert_int_eq(seen[1], 2);
	ck_assert_int_eq(seen[2], 3);
	ck_assert_int_eq(seen[3], 2);
	ck_assert_int_eq(seen[4], 2);
	ck_assert_int_eq(seen[5], 1);
	ck_assert_uint_eq(part.used, 0);
}
END_TEST

static int forked(int expected)
{
	int status = -1;
	const pid_t pid = fork();

	if (!pid) {
		const bool is_right = mine() == expected && value == expected && !part.used;

		value = 9;
		_exit(is_right && mine() == 9 ? 0 : 1);
	}
	waitpid(pid, &status, 0);
	return status;
}

START_TEST(of_forked_children)
{
	static int status[3];

	const pid_t pid = vfork();
	if (!pid) {
		*mine_to_change() = 2;
		status[0] = forked(2);
		const pid_t inner = vfork();
		if (!inner) {
			status[1] = forked(2); /* by one that has none itself */
			_exit(0);
		}
		_exit(0);
	}
	status[2] = forked(1);
	ck_assert_int_eq(status_of(pid), 0);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(status[i], 0);
}
END_TEST

static char stack[64 * 1024] __attribute__((aligned(16)));

static int changes_shared(void *arg)
{
	int *own = fj_mine_to_change(&part, &value, KCMP_FS);

	(void)arg;
	*own = 7;
	return fj_part_is_copied(&part, KCMP_FS);
}

START_TEST(of_who_shares)
{
	pid_t pid = clone(changes_shared, stack + sizeof(stack),
		CLONE_VM | CLONE_VFORK | CLONE_FS | SIGCHLD, NULL);
	ck_assert_int_eq(status_of(pid), 0);
	ck_assert_int_eq(value, 7);
	value = 1;
	pid = clone(changes_shared, stack + sizeof(stack), CLONE_VM | CLONE_VFORK | SIGCHLD, NULL);
	ck_assert_int_eq(WEXITSTATUS(status_of(pid)), 1);
	ck_assert_int_eq(value, 1);
}
END_TEST

/* Children of many threads at once, each with its own. */
static void *makes_children(void *arg)
{
	volatile long bad = 0;

	for (volatile int i = 0; i < 50; i++) {
		int status = -1;
		const int number = (int)(long)arg * 1000 + i + 2;
		const pid_t pid = vfork();

		if (!pid) {
			bool is_right = mine() == 1;

			*mine_to_change() = number;
			for (int n = 0; n < 20; n++)
				is_right = is_right && mine() == number;
			_exit(is_right ? 0 : 1);
		}
		waitpid(pid, &status, 0);
		bad = bad + (status != 0 || mine() != 1);
	}
	return (void *)bad;
}

START_TEST(of_many_at_once)
{
	pthread_t thread[6];

	part.release = NULL;
	for (long i = 0; i < 6; i++)
		ck_assert_int_eq(pthread_create(&thread[i], NULL, makes_children, (void *)i), 0);
	for (long i = 0; i < 6; i++) {
		void *bad;

		pthread_join(thread[i], &bad);
		ck_assert_int_eq((long)bad, 0);
	}
	ck_assert_int_eq(mine(), 1);
	ck_assert_uint_eq(part.used, 0);
}
END_TEST

Suite *unit_suite_part(void)
{
	Suite *s = suite_create("part");
	TCase *c = tcase_create("part");

	tcase_set_timeout(c, 0); /* a slow machine is no failure */

	tcase_add_checked_fixture(c, begin, NULL);
	tcase_add_test(c, of_nobody);
	tcase_add_test(c, of_a_child);
	tcase_add_test(c, of_one_that_execs);
	tcase_add_test(c, of_children_of_children);
	tcase_add_test(c, of_forked_children);
	tcase_add_test(c, of_who_shares);
	tcase_add_test(c, of_many_at_once);
	suite_add_tcase(s, c);
	return s;
}
