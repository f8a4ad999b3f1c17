/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * check_thread.c - tests that each thread has a thread area, also after forks and after the ends of
 * threads (sys/thread.c). */
#include "unit.h"
#include "sys/scratch_mark.h"
#include "sys/memory.h"
#include "sys/thread_stack.h"
#include "call/call.h"
#include "sys/scratch.h"
#include "sys/thread.h"

#include <pthread.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

START_TEST(mine)
{
	struct fj_thread *t = fj_thread_mine();

	ck_assert_ptr_eq(t, unit_thread);
	ck_assert_uint_eq(fj_thread_stack_bottom(t) % FJ_THREAD_AREA_SIZE, 0);
	ck_assert_ptr_eq(fj_thread_holding((uintptr_t)t), t);
	ck_assert_ptr_eq(fj_thread_holding((uintptr_t)(t + 1) - 1), t);
	ck_assert_ptr_eq(fj_thread_holding(fj_thread_stack_top(t)), t);
	ck_assert_ptr_eq(fj_thread_holding(fj_thread_stack_bottom(t)), t);
	ck_assert_ptr_ne(fj_thread_holding(fj_thread_stack_bottom(t) - 1), t);
	ck_assert_ptr_ne(fj_thread_holding(fj_thread_stack_bottom(t) + FJ_THREAD_AREA_SIZE), t);
	ck_assert_ptr_null(
		fj_thread_holding((uintptr_t)&t)); /* this thread's own stack is not ours */
	ck_assert_uint_ge(
		fj_thread_stack_top(t) - fj_thread_stack_bottom(t), FJ_THREAD_AREA_SIZE / 2);
	ck_assert_uint_le(fj_thread_stack_top(t), (uintptr_t)t);
	ck_assert_uint_le((uintptr_t)(t + 1), fj_thread_stack_bottom(t) + FJ_THREAD_AREA_SIZE);
}
END_TEST

/* Scratch memory is aligned: hooks keep structures in it, such as pointer arrays and program
 * headers. */
START_TEST(scratch)
{
	const uint32_t mark = fj_scratch_mark(unit_thread);
	char *a = fj_scratch(unit_thread, 1), *b = fj_scratch(unit_thread, 17),
	     *c = fj_scratch_path(unit_thread);

	ck_assert_uint_eq((uintptr_t)a % 16, 0);
	ck_assert_uint_eq((uintptr_t)b % 16, 0);
	ck_assert_uint_eq((uintptr_t)c % 16, 0);
	ck_assert_uint_ge((uintptr_t)(b), (uintptr_t)(a + 1));
	ck_assert_uint_ge((uintptr_t)(c), (uintptr_t)(b + 17));
	memset(c, 1, PATH_MAX + 8);
	ck_assert_uint_ge((uintptr_t)(fj_scratch(unit_thread, 1)), (uintptr_t)(c + PATH_MAX + 8));
	fj_scratch_release(unit_thread, mark);
	ck_assert_ptr_eq(fj_scratch(unit_thread, 1), a);
}
END_TEST

START_TEST(scratch_runs_out)
{
	for (int i = 0; i < 100; i++)
		fj_scratch_path(unit_thread);
}
END_TEST

#define THREADS 100 /* more than the first two chunks of thread areas */

static pthread_barrier_t all_have_one;
static struct fj_thread *slot[THREADS];

static void *take_area(void *at)
{
	struct fj_thread **s = at;

	*s = fj_thread_mine();
	pthread_barrier_wait(&all_have_one);
	ck_assert_ptr_eq(fj_thread_mine(), *s);
	return NULL;
}

static void run_threads(void)
{
	pthread_t thread[THREADS];

	pthread_barrier_init(&all_have_one, NULL, THREADS);
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&thread[i], NULL, take_area, &slot[i]), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	pthread_barrier_destroy(&all_have_one);
}

START_TEST(threads)
{
	struct fj_thread *highest = NULL;

	run_threads();
	for (int i = 0; i < THREADS; i++) {
		ck_assert_ptr_nonnull(slot[i]);
		ck_assert_ptr_ne(slot[i], unit_thread);
		for (int j = 0; j < i; j++)
			ck_assert_ptr_ne(slot[i], slot[j]);
	}
	/* Areas of threads that have ended are used again, so that 16 + 32 + 64 + 128 areas are
	 * enough for all rounds. */
	for (int round = 0; round < 20; round++)
		run_threads();
	for (int i = 0; i < THREADS; i++)
		if (slot[i] > highest)
			highest = slot[i];
	ck_assert_ptr_nonnull(highest);
	ck_assert_ptr_eq(fj_thread_mine(), unit_thread);
}
END_TEST

/* After a fork, the thread uses an area with the ids of its parent. No other thread may get it. */
START_TEST(after_fork)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		struct fj_thread *t = fj_thread_mine();

		_exit(t == unit_thread		? 1 :
			fj_is_borrowed_memory() ? 2 :
			fj_thread_mine() != t	? 3 :
						  0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	ck_assert(!fj_is_borrowed_memory());
	ck_assert_ptr_eq(fj_thread_mine(), unit_thread);
}
END_TEST

START_TEST(after_vfork)
{
	volatile int seen = -1;
	int status;
	pid_t pid = vfork();

	if (!pid) {
		seen = fj_is_borrowed_memory();
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(seen, 1);
	ck_assert(!fj_is_borrowed_memory());
}
END_TEST

Suite *unit_suite_thread(void)
{
	Suite *s = suite_create("thread");
	TCase *c = tcase_create("thread");

	tcase_add_checked_fixture(c, unit_thread_setup, NULL);
	tcase_add_test(c, mine);
	tcase_add_test(c, scratch);
	tcase_add_test_raise_signal(c, scratch_runs_out, 6 /* SIGABRT */);
	tcase_add_test(c, threads);
	tcase_add_test(c, after_fork);
	tcase_add_test(c, after_vfork);
	suite_add_tcase(s, c);
	return s;
}
