/* SPDX-FileCopyrightText: The fakejail authors SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * check_rows.c - tests that the table is complete and consistent (dispatch/calls.def).
 *
 * Complete: every number of the build's kernel headers has a row. So a call of a newer kernel makes
 * a test fail. Consistent: each row is as its readers (run.c, the hooks, the filter) assume. */
#include "call/args.h"
#include "call/call.h"
#include "call/hooks.h"
#include "call/row.h"
#include "identity/hook_id.h"

#include "unit.h"

#include <asm/unistd.h>
#include <stdio.h>
#include <string.h>

/* Made by the Makefile from asm/unistd_64.h: {"read", 0}, ... */
static const struct {
	const char *name;
	long nr;
} kernel[] = {
#include "tests/unit/kernel_nr.inc"
};
#define KERNEL_COUNT (int)(sizeof(kernel) / sizeof(kernel[0]))

START_TEST(all_classified)
{
	char missing[1024] = "";

	for (int i = 0; i < KERNEL_COUNT; i++) {
		const struct fj_row *row = fj_row(kernel[i].nr);
		const size_t len = strlen(missing);

		if (!row)
			snprintf(missing + len, sizeof(missing) - len, " %s", kernel[i].name);
		else
			ck_assert_str_eq(fj_row_name(row), kernel[i].name);
	}
	ck_assert_msg(!*missing,
		"no row in calls.def for:%s (add CALL, REFUSE or PASS: docs/ADDING-A-CALL.md)",
		missing);
}
END_TEST

/* The numbers were found in the headers: another format of the headers may give an empty list. */
START_TEST(list_is_whole)
{
	ck_assert_int_gt(KERNEL_COUNT, 330); /* Linux 4.11 had so many */
	ck_assert_ptr_nonnull(fj_row(0));
	ck_assert_ptr_null(fj_row(-1));
	ck_assert_ptr_null(fj_row(fj_row_count));
	ck_assert_ptr_null(fj_row(0x40000000)); /* x32 */
}
END_TEST

static bool is_path(int kind)
{
	return kind == FJ_PATH || kind == FJ_LPATH || kind == FJ_NEW || kind == FJ_OLD;
}

static bool decides_follow(int kind)
{
	return kind == FJ_OFLAGS || kind == FJ_ATFLAGS || kind == FJ_LINKFLAGS ||
	       kind == FJ_WATCH || kind == FJ_FANFLAGS;
}

static int count(const struct fj_row *row, bool (*is)(int kind))
{
	int n = 0;

	for (int i = 0; i < FJ_ARGS; i++)
		n += is(row->kind[i]);
	return n;
}

static bool is_stat(int kind)
{
	return kind == FJ_STAT;
}

#define CLAIM(claim) ck_assert_msg(claim, "%s: not so: %s", fj_row_name(row), #claim)

static void check_kinds(const struct fj_row *row)
{
	bool at_end = false, has_entry = false, has_object = false;

	for (int i = 0; i < FJ_ARGS; i++) {
		const int kind = row->kind[i], next = i + 1 < FJ_ARGS ? row->kind[i + 1] : FJ_NONE;

		CLAIM(kind < FJ_KIND_COUNT);
		at_end = at_end || kind == FJ_NONE;
		CLAIM(at_end == (kind == FJ_NONE)); /* no kind follows FJ_NONE */
		CLAIM((row->fds >> i & 1) == (kind == FJ_FD || kind == FJ_DIRFD));
		if (kind == FJ_DIRFD)
			CLAIM(is_path(next));
		has_entry = has_entry || kind == FJ_NEW || kind == FJ_OLD;
		has_object = has_object || kind == FJ_PATH || kind == FJ_LPATH;
		if (kind == FJ_LPATH) /* run.c and the hooks do not follow it */
			CLAIM(count(row, decides_follow) == 0);
	}
	CLAIM(count(row, is_path) <= 2); /* run.c, PATHS_MAX */
	CLAIM(count(row, is_stat) <= 1);
	CLAIM(count(row, decides_follow) <= 1);
	if (count(row, decides_follow))
		CLAIM(has_object); /* the last component of an entry is never followed */
	if (has_entry)
		CLAIM(row->flags & FJ_WRITES);
	if (row->flags & FJ_WRITES)
		CLAIM(count(row, is_path) > 0);
	if (row->flags & FJ_RENAMES)
		CLAIM(has_entry && (row->flags & FJ_WRITES));
}

static void check_condition(const struct fj_row *row)
{
	if (row->when >= FJ_IF_ARG0 && row->when <= FJ_IF_ARG5) {
		const int kind = row->kind[row->when - FJ_IF_ARG0];

		CLAIM(kind == FJ_PTR || kind == FJ_ADDR || kind == FJ_STAT);
	}
	if (row->when == FJ_IF_OUR_FD || row->when == FJ_IF_COMPARED)
		CLAIM(row->fds);
	/* The filter must trap every call with a path. */
	if (count(row, is_path))
		CLAIM(row->when == FJ_ALWAYS);
}

/* Checks what a hook assumes of its row: hooks find arguments by their kinds, or take the one
 * before a path. */
static void check_hook(const struct fj_row *row)
{
	int path = -1;

	for (int i = 0; i < FJ_ARGS && path < 0; i++)
		if (is_path(row->kind[i]))
			path = i;
	if (row->hook == FJ_HOOK_stat || row->hook == FJ_HOOK_access ||
		row->hook == FJ_HOOK_readlink) {
		CLAIM(path > 0);
		CLAIM(row->kind[path - 1] == FJ_DIRFD);
	}
	if (row->hook == FJ_HOOK_stat)
		CLAIM(count(row, is_stat) == 1 && count(row, decides_follow) == 1);
	if (row->hook == FJ_HOOK_exec)
		CLAIM(path >= 0 && row->kind[path + 1] == FJ_ARGV &&
			row->kind[path + 2] == FJ_ARGV);
	if (row->hook == FJ_HOOK_translate)
		CLAIM(path >= 0);
	/* A path without a descriptor argument is replaced by a link that must be followed. So the
	 * call that is made must follow it. */
	if (row->hook == FJ_HOOK_translate && row->kind[path] == FJ_LPATH)
		CLAIM(fj_row(row->as)->kind[path] == FJ_PATH);
}

static void check_as(const struct fj_row *row, long nr)
{
	const struct fj_row *as = fj_row(row->as);

	CLAIM(as != NULL);
	if (row->as == nr)
		return;
	for (int i = 0; i < FJ_ARGS; i++)
		CLAIM(as->kind[i] == row->kind[i] ||
			(row->kind[i] == FJ_LPATH && as->kind[i] == FJ_PATH));
}

static bool is_fd(int kind)
{
	return kind == FJ_FD || kind == FJ_DIRFD || kind == FJ_ADDR;
}

static int count_kind(const struct fj_row *row, enum fj_kind kind)
{
	int n = 0;

	for (int i = 0; i < FJ_ARGS; i++)
		n += row->kind[i] == kind;
	return n;
}

/* Checks what permission/may.c assumes of a row that asks for a permission. */
static void check_asks(const struct fj_row *row)
{
	const bool has_object = count_kind(row, FJ_PATH) + count_kind(row, FJ_LPATH) == 1 ||
				(!count(row, is_path) && row->kind[0] == FJ_FD);

	switch ((enum fj_asks)row->asks) {
	case FJ_ASKS_NOTHING:
		CLAIM(!count(row, is_path) && !count(row, is_fd) && !count_kind(row, FJ_PID));
		break;
	case FJ_ASKS_NOBODY:
	case FJ_ASKS_OPENED:
		CLAIM(!count(row, is_path) && count(row, is_fd));
		break;
	case FJ_ASKS_HOOK:
		CLAIM(row->hook && row->hook != FJ_HOOK_translate && row->hook != FJ_HOOK_our_fd);
		break;
	case FJ_ASKS_SEARCH:
		CLAIM(has_object && count(row, is_path));
		break;
	case FJ_ASKS_OPEN:
		CLAIM(has_object && count_kind(row, FJ_OFLAGS));
		break;
	case FJ_ASKS_OPEN_HOW:
		CLAIM(has_object && count_kind(row, FJ_PTR) == 1);
		break;
	case FJ_ASKS_ACCESS:
		CLAIM(has_object && count_kind(row, FJ_MODE));
		break;
	case FJ_ASKS_MAKE:
		CLAIM(count_kind(row, FJ_NEW) == 1);
		break;
	case FJ_ASKS_MAKE_NODE:
		CLAIM(count_kind(row, FJ_NEW) == 1 && count_kind(row, FJ_MODE) &&
			count_kind(row, FJ_HEX));
		break;
	case FJ_ASKS_LINK:
		CLAIM(row->kind[1] == FJ_PATH && count_kind(row, FJ_NEW) == 1);
		break;
	case FJ_ASKS_REMOVE:
		CLAIM(count_kind(row, FJ_OLD) == 1);
		break;
	case FJ_ASKS_RENAME:
		CLAIM(row->kind[1] == FJ_OLD && row->kind[3] == FJ_OLD);
		break;
	case FJ_ASKS_BIND:
		CLAIM(row->kind[1] == FJ_ADDR && row->kind[2] == FJ_SIZE);
		break;
	case FJ_ASKS_CHANGE_OWNER:
		CLAIM(has_object && count_kind(row, FJ_INT) == 2);
		break;
	case FJ_ASKS_GET_ATTRIBUTE:
	case FJ_ASKS_SET_ATTRIBUTE:
		CLAIM(has_object && count_kind(row, FJ_TEXT) == 1);
		break;
	case FJ_ASKS_SEE_CACHE:
		CLAIM(has_object && row->kind[0] == FJ_FD && row->kind[1] == FJ_PTR);
		break;
	case FJ_ASKS_SIGNAL:
	case FJ_ASKS_TRACE:
	case FJ_ASKS_LIMIT:
	case FJ_ASKS_SCHEDULE:
		CLAIM(count_kind(row, FJ_PID) || row->kind[0] == FJ_FD);
		break;
	case FJ_ASKS_CHANGE_MODE:
	case FJ_ASKS_CHANGE_TIMES:
	case FJ_ASKS_CHANGE_FLAGS:
	case FJ_ASKS_TRUNCATE:
	case FJ_ASKS_WATCH:
	case FJ_ASKS_EXECUTE:
	case FJ_ASKS_ENTER:
	case FJ_ASKS_ENTER_ROOT:
		CLAIM(has_object);
		break;
	}
	/* If a permission depends on a descriptor, the call must be trapped. */
	if (row->asks > FJ_ASKS_SEARCH)
		CLAIM(row->when == FJ_ALWAYS || row->when == FJ_IF_LIMITED ||
			row->when == FJ_IF_TRACING);
}

static void check_row(const struct fj_row *row, long nr)
{
	switch ((enum fj_support)row->support) {
	case FJ_PASSED:
		CLAIM(!row->hook && row->when == FJ_NEVER && (row->fds || !row->kind[0]));
		CLAIM(row->asks <= FJ_ASKS_OPENED);
		check_kinds(row);
		check_asks(row);
		break;
	case FJ_REFUSED:
		CLAIM(row->hook == FJ_HOOK_refuse && row->refusal < 0 && row->refusal > -4096);
		CLAIM(row->when == FJ_ALWAYS);
		break;
	case FJ_PARTIAL:
		/* a note says in what it differs */
		CLAIM(fj_row_note(row)[0]);
		/* fall through */
	case FJ_FULL:
		CLAIM(row->when != FJ_NEVER);
		if (!row->hook) {
			CLAIM(fj_row(row->as) && fj_row(row->as)->hook); /* it is an alias */
			CLAIM(row->as != nr);
			break;
		}
		check_kinds(row);
		check_condition(row);
		check_hook(row);
		check_asks(row);
		check_as(row, nr);
		break;
	}
}

START_TEST(all_make_sense)
{
	for (long nr = 0; nr < fj_row_count; nr++)
		if (fj_row(nr))
			check_row(fj_row(nr), nr);
}
END_TEST

START_TEST(kinds_are_found)
{
	struct fj_call c = {
		.nr = __NR_linkat, .arg = {5, 1, 6, 2, 0x400}, .row = fj_row(__NR_linkat)};

	ck_assert_int_eq(fj_arg_index(&c, FJ_LINKFLAGS), 4);
	ck_assert_int_eq(fj_arg_index(&c, FJ_MODE), -1);
	ck_assert_uint_eq(fj_arg(&c, FJ_LINKFLAGS, 7), 0x400);
	ck_assert_uint_eq(fj_arg(&c, FJ_MODE, 7), 7);
	ck_assert_int_eq(fj_arg_dirfd(&c, 1), 5);
	ck_assert_int_eq(fj_arg_dirfd(&c, 3), 6);
	/* The upper half of an int argument may have any value. */
	c.arg[0] = 0xdeadbeef00000000UL | (uint32_t)AT_FDCWD;
	ck_assert_int_eq(fj_arg_dirfd(&c, 1), AT_FDCWD);
	c.row = fj_row(__NR_chdir);
	ck_assert_int_eq(fj_arg_dirfd(&c, 0), AT_FDCWD);
}
END_TEST

/* fj_hook_open() and fj_hook_stat() take their arguments by number. */
START_TEST(frequent_rows_are_as_their_hooks_say)
{
	const struct fj_row *row = fj_row(__NR_openat);

	ck_assert(row->kind[0] == FJ_DIRFD && row->kind[1] == FJ_PATH &&
		  row->kind[2] == FJ_OFLAGS && row->kind[3] == FJ_MODE);
	row = fj_row(__NR_newfstatat);
	ck_assert(row->kind[0] == FJ_DIRFD && row->kind[1] == FJ_PATH && row->kind[2] == FJ_STAT &&
		  row->kind[3] == FJ_ATFLAGS);
	row = fj_row(__NR_statx);
	ck_assert(row->kind[0] == FJ_DIRFD && row->kind[1] == FJ_PATH &&
		  row->kind[2] == FJ_ATFLAGS && row->kind[4] == FJ_STAT);
	for (long nr = 0; nr < fj_row_count; nr++) {
		row = fj_row(nr);
		ck_assert(!row || row->hook != FJ_HOOK_open || nr == __NR_openat);
		ck_assert(!row || row->hook != FJ_HOOK_stat || nr == __NR_newfstatat ||
			  nr == __NR_statx);
	}
}
END_TEST

/* The room identity is left of the table, and cannot read it. */
START_TEST(calls_that_trap_for_who_is_not_root)
{
	size_t count = 0;

	for (long nr = 0; nr < fj_row_count; nr++) {
		const struct fj_row *row = fj_row(nr);
		bool is_listed = false;

		if (!row)
			continue;
		for (size_t i = 0; i < fj_id_call_count; i++)
			is_listed = is_listed || fj_id_calls[i] == nr;
		CLAIM(is_listed == (row->when == FJ_IF_NOT_ROOT || row->when == FJ_IF_LIMITED));
		count += is_listed;
	}
	ck_assert_uint_eq(count, fj_id_call_count);
}
END_TEST

Suite *unit_suite_rows(void)
{
	Suite *s = suite_create("rows");
	TCase *c = tcase_create("rows");

	tcase_add_test(c, list_is_whole);
	tcase_add_test(c, kinds_are_found);
	tcase_add_test(c, frequent_rows_are_as_their_hooks_say);
	tcase_add_test(c, all_classified);
	tcase_add_test(c, all_make_sense);
	tcase_add_test(c, calls_that_trap_for_who_is_not_root);
	suite_add_tcase(s, c);
	return s;
}
