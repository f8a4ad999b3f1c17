/* SPDX-FileCopyrightText: The fakejail authors SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * check_process.c - tests the state of a process and child states: which process has a copy, which
 * one uses the copy of another, and when a copy is dropped. */
#include "unit.h"
#include "sys/child_state.h"
#include "sys/memory.h"

#include "sys/process.h"

#include <linux/fcntl.h>
#include <linux/kcmp.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* Two sections that nothing else uses here. */
#define AT 0x50u
#define OTHER_AT 0x60u
struct number {
	int is;
};
static struct number *value;
static int released;

static int mine(void)
{
	return ((const struct number *)fj_process_at(AT))->is;
}

static int *mine_to_change(void)
{
	return &fj_process_to_change(number, AT, FJ_SHARED_BY_NONE)->is;
}

static int other(void)
{
	return ((const struct number *)fj_process_at(OTHER_AT))->is;
}

static void count_release(const void *section, void *copy)
{
	if (section == value)
		released += ((struct number *)copy)->is;
}

static void begin(void)
{
	unit_thread_setup();
	fj_memory_owner(); /* each test is a forked process */
	value = fj_process_section(AT);
	value->is = 1;
	((struct number *)fj_process_section(OTHER_AT))->is = 1;
	released = 0;
	fj_process_release = count_release;
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
	ck_assert_int_eq(value->is, 2);
	ck_assert_int_eq(mine(), 2);
	ck_assert_uint_eq(fj_child_states.count, 0);
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
		ck_assert_uint_eq(fj_child_states.count, 1);
		ck_assert_int_eq(value->is, 1);
		ck_assert_int_eq(mine(), 1);
		ck_assert_uint_eq(fj_child_states.count, 0);
		ck_assert_int_eq(released, 5 * (i + 1));
		ck_assert_int_eq(status_of(pid), 0);
		ck_assert_int_eq(seen[0], 1);
		ck_assert_int_eq(seen[1], 5);
	}
	ck_assert_ptr_eq(first, second);
}
END_TEST

/* The child executes a program: it has other memory then. */
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
	ck_assert_uint_eq(fj_child_states.count, 0);
	ck_assert_int_eq(released, 5);
	close(input[1]);
	ck_assert_int_eq(status_of(pid), 0);
}
END_TEST

/* Like vfork(2), but the child has a stack of its own. The sanitizer's vfork() stores one return
 * address only: if its child called it, too, the parent would return to a wrong place. */
static pid_t child(int (*is)(void *))
{
	static char stack[4][64 * 1024] __attribute__((aligned(16)));
	static volatile int depth;
	pid_t pid;

	depth = depth + 1;
	ck_assert_int_le(depth, 4);
	pid = clone(
		is, stack[depth - 1] + sizeof(stack[0]), CLONE_VM | CLONE_VFORK | SIGCHLD, NULL);
	depth = depth - 1;
	return pid;
}

static int seen[8];

static int says(void *arg)
{
	(void)arg;
	seen[1] = mine();
	return 0;
}

static int changes_inner(void *arg)
{
	(void)arg;
	seen[0] = mine();
	status_of(child(says)); /* its parent has no copy: it uses that of its grandparent */
	*mine_to_change() = 3;
	seen[2] = mine();
	return 0;
}

static int changes_outer(void *arg)
{
	(void)arg;
	*mine_to_change() = 2;
	status_of(child(changes_inner));
	seen[3] = mine();
	status_of(child(says));
	seen[4] = seen[1];
	return 0;
}

START_TEST(of_children_of_children)
{
	const pid_t pid = child(changes_outer);

	seen[5] = mine();
	ck_assert_int_eq(status_of(pid), 0);
	ck_assert_int_eq(seen[0], 2);
	ck_assert_int_eq(seen[1], 2);
	ck_assert_int_eq(seen[2], 3);
	ck_assert_int_eq(seen[3], 2);
	ck_assert_int_eq(seen[4], 2);
	ck_assert_int_eq(seen[5], 1);
	ck_assert_uint_eq(fj_child_states.count, 0);
}
END_TEST

static int forked(int expected)
{
	int status = -1;
	const pid_t pid = fork();

	if (!pid) {
		const bool is_right =
			mine() == expected && value->is == expected && !fj_child_states.count;

		value->is = 9;
		_exit(is_right && mine() == 9 ? 0 : 1);
	}
	waitpid(pid, &status, 0);
	return status;
}

static int forks_inner(void *arg)
{
	(void)arg;
	seen[1] = forked(2); /* by a process without a copy */
	return 0;
}

static int forks_outer(void *arg)
{
	(void)arg;
	*mine_to_change() = 2;
	seen[0] = forked(2);
	status_of(child(forks_inner));
	return 0;
}

START_TEST(of_forked_children)
{
	seen[0] = seen[1] = -1;
	ck_assert_int_eq(status_of(child(forks_outer)), 0);
	seen[2] = forked(1);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(seen[i], 0);
}
END_TEST

static char stack[64 * 1024] __attribute__((aligned(16)));

static int changes_shared(void *arg)
{
	struct number *own = fj_process_to_change(number, AT, KCMP_FS);

	(void)arg;
	own->is = 7;
	return fj_process_is_copied(AT, KCMP_FS);
}

START_TEST(of_who_shares)
{
	pid_t pid = clone(changes_shared, stack + sizeof(stack),
		CLONE_VM | CLONE_VFORK | CLONE_FS | SIGCHLD, NULL);
	ck_assert_int_eq(status_of(pid), 0);
	ck_assert_int_eq(value->is, 7);
	value->is = 1;
	pid = clone(changes_shared, stack + sizeof(stack), CLONE_VM | CLONE_VFORK | SIGCHLD, NULL);
	ck_assert_int_eq(WEXITSTATUS(status_of(pid)), 1);
	ck_assert_int_eq(value->is, 1);
}
END_TEST

static int *other_to_change(void)
{
	return &fj_process_to_change(number, OTHER_AT, FJ_SHARED_BY_NONE)->is;
}

static int changes_other(void *arg)
{
	(void)arg;
	*other_to_change() = 6;
	seen[1] = other();
	seen[2] = mine();
	return 0;
}

static int changes_both(void *arg)
{
	(void)arg;
	*mine_to_change() = 5;
	seen[0] = other();
	status_of(child(changes_other)); /* one section is its own */
	seen[3] = other();
	*other_to_change() = 7;
	seen[4] = other() == 7 && mine() == 5;
	seen[5] = (int)fj_child_states.count; /* the inner child's, too: it was not dropped */
	return 0;
}

/* A child uses its parent's section while it has no copy. One child state has the copies of all
 * sections. */
START_TEST(of_two_sections)
{
	const pid_t pid = child(changes_both);

	ck_assert_int_eq(mine(), 1);
	ck_assert_int_eq(other(), 1);
	ck_assert_int_eq(status_of(pid), 0);
	ck_assert_int_eq(seen[0], 1);
	ck_assert_int_eq(seen[1], 6);
	ck_assert_int_eq(seen[2], 5);
	ck_assert_int_eq(seen[3], 1);
	ck_assert_int_eq(seen[4], 1);
	ck_assert_int_eq(seen[5], 2);
	ck_assert_uint_eq(fj_child_states.count, 0);
	ck_assert_uint_eq(fj_child_states.sections, 0);
}
END_TEST

static int changes_again(void *arg)
{
	(void)arg;
	*mine_to_change() = 8;
	return mine() == 8 ? 0 : 1;
}

static int forks_with_two(void *arg)
{
	int status = -1;
	pid_t pid;

	(void)arg;
	*mine_to_change() = 5;
	*other_to_change() = 6;
	pid = fork();
	if (!pid) {
		const bool is_right = other() == 6 && value->is == 5 && mine() == 5 &&
				      fj_process_take_over(AT) && fj_process_take_over(OTHER_AT) &&
				      !fj_process_take_over(0x40);

		/* (The state that was taken over is not used again.) */
		_exit(is_right && status_of(child(changes_again)) == 0 && mine() == 5 ? 0 : 1);
	}
	waitpid(pid, &status, 0);
	return status ? 1 : 0;
}

/* A forked child takes over all copies of its parent, whichever section it uses first. */
START_TEST(of_a_fork_with_two)
{
	ck_assert_int_eq(status_of(child(forks_with_two)), 0);
	ck_assert_int_eq(mine(), 1);
}
END_TEST

/* Many threads have children at once, each with its own copy. */
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

	fj_process_release = NULL;
	for (long i = 0; i < 6; i++)
		ck_assert_int_eq(pthread_create(&thread[i], NULL, makes_children, (void *)i), 0);
	for (long i = 0; i < 6; i++) {
		void *bad;

		pthread_join(thread[i], &bad);
		ck_assert_int_eq((long)bad, 0);
	}
	ck_assert_int_eq(mine(), 1);
	ck_assert_uint_eq(fj_child_states.count, 0);
}
END_TEST

Suite *unit_suite_process(void)
{
	Suite *s = suite_create("process");
	TCase *c = tcase_create("process");

	tcase_set_timeout(c, 0); /* no limit: the machine may be slow */

	tcase_add_checked_fixture(c, begin, NULL);
	tcase_add_test(c, of_nobody);
	tcase_add_test(c, of_a_child);
	tcase_add_test(c, of_one_that_execs);
	tcase_add_test(c, of_children_of_children);
	tcase_add_test(c, of_forked_children);
	tcase_add_test(c, of_who_shares);
	tcase_add_test(c, of_two_sections);
	tcase_add_test(c, of_a_fork_with_two);
	tcase_add_test(c, of_many_at_once);
	suite_add_tcase(s, c);
	return s;
}
