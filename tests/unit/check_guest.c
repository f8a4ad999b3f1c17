/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * check_guest.c - tests reads and writes of guest memory beside pages that are not mapped
 * (guest/guest.c). */
#include "guest/guest.h"
#include "sys/gate_code.h"
#include "sys/page.h"

#include "unit.h"

#include <linux/limits.h>
#include <signal.h>
#include <string.h>
#include <ucontext.h>

#define PAGES (2 * FJ_PAGE)

static char *at;	    /* two pages; the pages before and behind are not mapped */
static char pattern[PAGES]; /* their first contents */
static const size_t sizes[] = {
	1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 100, FJ_PAGE - 1, FJ_PAGE, FJ_PAGE + 1, PAGES};
#define SIZES (int)(sizeof(sizes) / sizeof(sizes[0]))

static void setup(void)
{
	at = tree_two_pages();
	for (size_t i = 0; i < PAGES; i++)
		at[i] = pattern[i] = (char)(i * 7 + 1);
}

/* Is the range far from the ends of pages, so that all such ranges are alike? */
static bool is_inside(size_t from, size_t n)
{
	return (from > 20 && from + n + 80 < FJ_PAGE) ||
	       (from > FJ_PAGE + 20 && from + n + 80 < PAGES);
}

/* Each size at every distance from both ends: the last byte inside is read; with the first byte
 * outside, it is EFAULT. */
START_TEST(read_at_ends)
{
	static char copy[PAGES + 64];
	const size_t n = sizes[_i];

	for (size_t from = 0; from + n <= PAGES; from += is_inside(from, n) ? 61 : 1) {
		memset(copy, 0x55, sizeof(copy));
		unit_assert_result(fj_guest_read(copy, (uintptr_t)at + from, n), 0);
		ck_assert_mem_eq(copy, at + from, n);
		ck_assert_int_eq(copy[n], 0x55);
	}
	unit_assert_result(fj_guest_read(copy, (uintptr_t)at + PAGES - n + 1, n), -EFAULT);
	unit_assert_result(fj_guest_read(copy, (uintptr_t)at - 1, n), -EFAULT);
}
END_TEST

START_TEST(write_at_ends)
{
	static char want[PAGES], text[PAGES];
	const size_t n = sizes[_i];

	memset(text, 0x2a, sizeof(text));
	for (size_t to = 0; to + n <= PAGES; to += is_inside(to, n) ? 61 : 1) {
		memcpy(want, at, PAGES);
		memcpy(want + to, text, n);
		unit_assert_result(fj_guest_write((uintptr_t)at + to, text, n), 0);
		ck_assert_mem_eq(at, want, PAGES);
	}
	unit_assert_result(fj_guest_write((uintptr_t)at + PAGES - n + 1, text, n), -EFAULT);
	unit_assert_result(fj_guest_write((uintptr_t)at - 1, text, n), -EFAULT);
}
END_TEST

START_TEST(write_to_read_only)
{
	static char text[PAGES];
	const size_t n = sizes[_i] < FJ_PAGE ? sizes[_i] : FJ_PAGE;

	tree_protect(at + FJ_PAGE, false);
	unit_assert_result(fj_guest_write((uintptr_t)at + FJ_PAGE, text, n), -EFAULT);
	unit_assert_result(fj_guest_write((uintptr_t)at + FJ_PAGE + 1, text, 1), -EFAULT);
	unit_assert_result(fj_guest_write((uintptr_t)at + PAGES - n, text, n), -EFAULT);
	unit_assert_result(fj_guest_write((uintptr_t)at + FJ_PAGE - n, text, n), 0);
	ck_assert_mem_eq(at + FJ_PAGE, pattern + FJ_PAGE, FJ_PAGE);
}
END_TEST

/* Another thread may write the next byte: a write of the engine must never change it. */
static fj_gate_fn real_gate;
static size_t kept_from, kept_to;

static long gate_that_looks(long nr, long a, long b, long c, long d, long e, long f)
{
	const long r = real_gate(nr, a, b, c, d, e, f);

	ck_assert_msg(!memcmp(at, pattern, kept_from) &&
			      !memcmp(at + kept_to, pattern + kept_to, PAGES - kept_to),
		"a byte beside %zu..%zu changed while that was written", kept_from, kept_to);
	return r;
}

START_TEST(write_touches_nothing_else)
{
	static const char text[64];
	const size_t n = sizes[_i];

	real_gate = fj_gate;
	for (size_t to = 0; to < 17; to++) {
		kept_from = to;
		kept_to = to + n;
		fj_gate = gate_that_looks;
		unit_assert_result(fj_guest_write((uintptr_t)at + to, text, n), 0);
		fj_gate = real_gate;
		setup();
	}
}
END_TEST

START_TEST(string_at_end)
{
	static char copy[PAGES];

	/* The NUL is the last mapped byte. */
	for (size_t len = 0; len<FJ_PAGE + 10; len += len> 20 && len < FJ_PAGE - 20 ? 17 : 1) {
		char *text = at + PAGES - len - 1;

		memset(text, 'x', len);
		text[len] = 0;
		unit_assert_result(fj_guest_string(copy, (uintptr_t)text, sizeof(copy)), (long)len);
		ck_assert_str_eq(copy, text);
		/* A buffer without room for the NUL, and one that is a byte longer. */
		if (len) {
			unit_assert_result(
				fj_guest_string(copy, (uintptr_t)text, len), -ENAMETOOLONG);
			unit_assert_result(
				fj_guest_string(copy, (uintptr_t)text, len + 1), (long)len);
		}
	}
	/* Without a NUL: the page behind is not mapped. */
	memset(at, 'x', PAGES);
	unit_assert_result(fj_guest_string(copy, (uintptr_t)at + PAGES - 3, sizeof(copy)), -EFAULT);
	unit_assert_result(fj_guest_string(copy, (uintptr_t)at + PAGES - 3, 3), -ENAMETOOLONG);
	unit_assert_result(fj_guest_string(copy, (uintptr_t)at, PATH_MAX), -ENAMETOOLONG);
}
END_TEST

static const uintptr_t nowhere[] = {0, 1, 8, 0xfff, 0x7ffffffff000, 0x800000000000,
	0xdead000000000000, (uintptr_t)-1, (uintptr_t)-8};

START_TEST(bad_pointer)
{
	char byte[16] = {0};

	unit_assert_result(fj_guest_read(byte, nowhere[_i], 1), -EFAULT);
	unit_assert_result(fj_guest_read(byte, nowhere[_i], sizeof(byte)), -EFAULT);
	unit_assert_result(fj_guest_write(nowhere[_i], byte, 1), -EFAULT);
	unit_assert_result(fj_guest_write(nowhere[_i], byte, sizeof(byte)), -EFAULT);
	unit_assert_result(fj_guest_string(byte, nowhere[_i], sizeof(byte)), -EFAULT);
	/* No bytes are no error: access_ok() of the kernel. */
	unit_assert_result(fj_guest_read(byte, nowhere[_i], 0), 0);
	unit_assert_result(fj_guest_write(nowhere[_i], byte, 0), 0);
}
END_TEST

/* The copy loops, with a handler like that of signal/faults.c, and without asking the kernel
 * before. */
static void on_fault(int sig, siginfo_t *info, void *context)
{
	greg_t *const regs = ((ucontext_t *)context)->uc_mcontext.gregs;

	(void)info;
	if (fj_guest_is_copying((uint64_t)regs[REG_RIP]))
		regs[REG_RIP] = (greg_t)fj_copy_fault;
	else
		signal(sig, SIG_DFL);
}

static void catch_faults(void)
{
	struct sigaction sa = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};

	setup();
	sigaction(SIGSEGV, &sa, NULL);
	sigaction(SIGBUS, &sa, NULL);
}

START_TEST(copy_faults)
{
	static char copy[PAGES + 64];
	const size_t n = sizes[_i];

	for (size_t from = 0; from <= PAGES; from += is_inside(from, n) ? 61 : 1) {
		const bool fits = from + n <= PAGES;

		memset(copy, 0x55, sizeof(copy));
		unit_assert_result(fj_copy(copy, at + from, n), fits ? 0 : -EFAULT);
		ck_assert_mem_eq(copy, at + from, fits ? n : 0);
		ck_assert_int_eq(copy[n], 0x55);
		unit_assert_result(fj_copy(at + from, pattern + from, fits ? n : PAGES - from), 0);
		unit_assert_result(fj_copy(at + from, copy, n), fits ? 0 : -EFAULT);
		memcpy(at, pattern, PAGES);
	}
	unit_assert_result(fj_copy(copy, at - 1, n), -EFAULT);
	unit_assert_result(fj_copy(at - 1, copy, n), -EFAULT);
	tree_protect(at + FJ_PAGE, false);
	unit_assert_result(fj_copy(at + FJ_PAGE, copy, n < FJ_PAGE ? n : FJ_PAGE), -EFAULT);
}
END_TEST

START_TEST(copy_text_faults)
{
	static char copy[PAGES];

	for (size_t len = 0; len < 40; len++)
		for (size_t room = 1; room < 40; room++) {
			char *text = at + PAGES - room;

			memset(text, 'x', room);
			if (len < room)
				text[len] = 0;
			/* All mapped bytes, and more. */
			unit_assert_result(
				fj_copy_text(copy, text, room), (long)(len < room ? len : room));
			if (len >= room)
				unit_assert_result(fj_copy_text(copy, text, room + 9), -EFAULT);
			ck_assert_mem_eq(copy, text, len < room ? len + 1 : room);
		}
	unit_assert_result(fj_copy_text(copy, at - 1, 10), -EFAULT);
}
END_TEST

START_TEST(copy_of_nowhere)
{
	char byte[16] = {0};
	void *const bad = (void *)nowhere[_i];

	unit_assert_result(fj_copy(byte, bad, 1), -EFAULT);
	unit_assert_result(fj_copy(byte, bad, sizeof(byte)), -EFAULT);
	unit_assert_result(fj_copy(bad, byte, 1), -EFAULT);
	unit_assert_result(fj_copy_text(byte, bad, sizeof(byte)), -EFAULT);
	unit_assert_result(fj_copy(byte, bad, 0), 0);
	unit_assert_result(fj_copy_text(byte, bad, 0), 0);
}
END_TEST

Suite *unit_suite_guest(void)
{
	Suite *s = suite_create("guest");
	TCase *c = tcase_create("guest");

	tcase_add_checked_fixture(c, setup, NULL);
	tcase_add_loop_test(c, read_at_ends, 0, SIZES);
	tcase_add_loop_test(c, write_at_ends, 0, SIZES);
	tcase_add_loop_test(c, write_to_read_only, 0, SIZES);
	tcase_add_loop_test(c, write_touches_nothing_else, 0, 10);
	tcase_add_test(c, string_at_end);
	tcase_add_loop_test(c, bad_pointer, 0, sizeof(nowhere) / sizeof(nowhere[0]));
	suite_add_tcase(s, c);
	c = tcase_create("copies");
	tcase_add_checked_fixture(c, catch_faults, NULL);
	tcase_add_loop_test(c, copy_faults, 0, SIZES);
	tcase_add_test(c, copy_text_faults);
	tcase_add_loop_test(c, copy_of_nowhere, 0, sizeof(nowhere) / sizeof(nowhere[0]));
	suite_add_tcase(s, c);
	return s;
}
