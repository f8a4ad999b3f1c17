/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * check_facts.c - tests facts, and when they become invalid (facts/facts.c). */
#include "unit.h"
#include "jail/epoch.h"
#include "jail/memory.h"

#include "facts/facts.h"
#include "jail/root.h"
#include "jail/search.h"
#include "bytes/str.h"
#include "sys/thread.h"

#include <stdio.h>
#include <string.h>

static struct fj_facts_table *facts_table(void)
{
	return fj_jail_at(FJ_FACTS_TABLE_AT);
}

/* The part of a thread area that is read here. */
static uint64_t slot[64];
static struct fj_thread *const asker = (struct fj_thread *)slot;

static void remember(const char *key, const char *value)
{
	fj_facts_add(fj_root(), key, strlen(key), value, false, 0, fj_facts_epoch());
}

/* The value of `key` at `epoch`, or "(none)". */
static const char *recall_at(const char *key, uint64_t epoch)
{
	static char text[PATH_MAX];
	struct fj_str s;
	unsigned is_host;

	fj_str_init(&s, text, sizeof(text));
	return fj_facts_find(asker, fj_root(), key, strlen(key), &s, &is_host, epoch) ? text :
											"(none)";
}

static const char *recall(const char *key)
{
	return recall_at(key, fj_facts_epoch());
}

static void change(const char *name)
{
	fj_facts_after_change(
		fj_facts_name_hash(name), fj_facts_before_change(fj_facts_name_hash(name), false));
}

START_TEST(remembers)
{
	char text[64];
	struct fj_str s;
	unsigned is_host;

	ck_assert_str_eq(recall("/bin"), "(none)");
	remember("/bin", "usr/bin");
	remember("/etc", "etc");
	ck_assert_str_eq(recall("/bin"), "usr/bin");
	ck_assert_str_eq(recall("/etc"), "etc");
	ck_assert_str_eq(recall("/bi"), "(none)");
	ck_assert_str_eq(recall("/bin/"), "(none)");
	remember("/bin", "elsewhere");
	ck_assert_str_eq(recall("/bin"), "elsewhere");

	fj_facts_add(fj_root(), "/dev", 4, "/host/dev", true, 0, fj_facts_epoch());
	fj_str_init(&s, text, sizeof(text));
	fj_str_put(&s, "before:");
	ck_assert(fj_facts_find(asker, fj_root(), "/dev", 4, &s, &is_host, fj_facts_epoch()));
	ck_assert(is_host);
	ck_assert_str_eq(text, "before:/host/dev");
}
END_TEST

/* After chroot(2), the same text has other facts. */
/* A fact says that everybody may search a directory, or that one identity may. */
START_TEST(lets_who_asked)
{
	static const struct {
		unsigned flags;
		uint64_t kept_for, asked_by;
		unsigned lets;
	} row[] = {{0, 0, 0, 0}, {0, 0, 7, 0}, {0, 7, 7, FJ_FACT_MINE}, {0, 7, 9, 0}, {0, 7, 0, 0},
		{FJ_FACT_OPEN, 0, 9, FJ_FACT_OPEN}, {FJ_FACT_OPEN, 7, 9, FJ_FACT_OPEN}};
	char text[64];
	struct fj_str s;
	unsigned flags;

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		fj_facts_add(fj_root(), "/home", 5, "home", row[i].flags, row[i].kept_for,
			fj_facts_epoch());
		fj_search(asker)->asker = row[i].asked_by;
		fj_str_init(&s, text, sizeof(text));
		ck_assert(
			fj_facts_find(asker, fj_root(), "/home", 5, &s, &flags, fj_facts_epoch()));
		ck_assert_uint_eq(flags & FJ_FACT_LETS, row[i].lets);
	}
	fj_search(asker)->asker = 0;
	/* The root has a fact, too. */
	ck_assert_str_eq(recall(""), "(none)");
	fj_facts_add(fj_root(), "", 0, "", 0, 7, fj_facts_epoch());
	ck_assert_str_eq(recall(""), "");
	fj_facts_forget();
	ck_assert_str_eq(recall(""), "(none)");
	ck_assert_str_eq(recall("/home"), "(none)");
}
END_TEST

START_TEST(by_root)
{
	struct fj_root inner = *fj_root();

	inner.id = 77;
	fj_facts_add(&inner, "/bin", 4, "inner/bin", false, 0, fj_facts_epoch());
	ck_assert_str_eq(recall("/bin"), "(none)");
}
END_TEST

START_TEST(too_long)
{
	static char key[FJ_FACT_TEXT + 1], value[FJ_FACT_TEXT + 1];

	for (size_t key_len = 1; key_len <= FJ_FACT_TEXT; key_len += 17)
		for (size_t value_len = 0; value_len <= FJ_FACT_TEXT; value_len += 13) {
			const bool fits = key_len + value_len < FJ_FACT_TEXT;

			memset(key, 'k', key_len);
			memset(value, 'v', value_len);
			key[key_len] = value[value_len] = 0;
			change("nothing");
			fj_facts_state()->epoch++;
			remember(key, value);
			ck_assert_msg(!strcmp(recall(key), fits ? value : "(none)"),
				"%zu and %zu bytes", key_len, value_len);
		}
}
END_TEST

/* A value that does not fit into the reader's buffer is no answer. */
START_TEST(no_room)
{
	char text[8];
	struct fj_str s;
	unsigned is_host;

	remember("/k", "12345678");
	fj_str_init(&s, text, sizeof(text));
	ck_assert(!fj_facts_find(asker, fj_root(), "/k", 2, &s, &is_host, fj_facts_epoch()));
}
END_TEST

/* If a writer is killed while it writes, the sequence count stays odd. Then there is no answer, and
 * no other writer waits. */
START_TEST(dead_writer)
{
	remember("/bin", "usr/bin");
	for (unsigned i = 0; i < FJ_FACTS; i++) /* at each place where it may be */
		facts_table()->fact[i].sequence |= 1;
	ck_assert_str_eq(recall("/bin"), "(none)");
	remember("/bin", "usr/bin");
	ck_assert_str_eq(recall("/bin"), "(none)");
}
END_TEST

/* Lengths are in shared memory, and may be damaged: they are checked before they are used. */
START_TEST(bad_lengths)
{
	remember("/bin", "usr/bin");
	for (unsigned i = 0; i < FJ_FACTS; i++)
		facts_table()->fact[i].value_len = 0xffff;
	ck_assert_str_eq(recall("/bin"), "(none)");
}
END_TEST

START_TEST(change_of_seen_name)
{
	const uint64_t before = fj_facts_epoch();

	fj_facts_saw_name("bin", 3);
	remember("/bin", "usr/bin");
	ck_assert(fj_facts_hold(before));

	const bool was_announced = fj_facts_before_change(fj_facts_name_hash("bin"), false);

	ck_assert(was_announced);
	ck_assert_uint_eq(fj_facts_epoch(), 0); /* now no process may use or add a fact */
	ck_assert(!fj_facts_hold(before));
	ck_assert(fj_facts_hold(0)); /* a call that used no fact is not affected */
	fj_facts_after_change(fj_facts_name_hash("bin"), was_announced);
	ck_assert_uint_gt(fj_facts_epoch(), before);
	ck_assert(!fj_facts_hold(before));
	ck_assert_str_eq(recall("/bin"), "(none)");
	/* A fact that was found before the change, and is added after it, is not used. */
	fj_facts_add(fj_root(), "/bin", 4, "usr/bin", false, 0, before);
	ck_assert_str_eq(recall("/bin"), "(none)");
	remember("/bin", "other");
	ck_assert_str_eq(recall("/bin"), "other");
}
END_TEST

START_TEST(change_of_other_name)
{
	const uint64_t before = fj_facts_epoch();

	remember("/bin", "usr/bin");
	ck_assert(!fj_facts_before_change(fj_facts_name_hash("file.o"), false));
	ck_assert_uint_eq(fj_facts_epoch(), before);
	fj_facts_after_change(fj_facts_name_hash("file.o"), false);
	ck_assert_str_eq(recall("/bin"), "usr/bin");
}
END_TEST

/* A walk meets the name between the two moments at which the change looks for it. */
START_TEST(seen_meanwhile)
{
	const uint64_t before = fj_facts_epoch();
	const bool was_announced = fj_facts_before_change(fj_facts_name_hash("bin"), false);

	ck_assert(!was_announced);
	fj_facts_saw_name("bin", 3);
	remember("/bin", "usr/bin");
	fj_facts_after_change(fj_facts_name_hash("bin"), was_announced);
	ck_assert_uint_gt(fj_facts_epoch(), before);
	ck_assert_str_eq(recall("/bin"), "(none)");
	ck_assert_uint_eq(fj_facts_state()->changers, 0);
}
END_TEST

/* rmdir("bin/") removes bin. */
START_TEST(trailing_slashes)
{
	fj_facts_saw_name("bin", 3);
	ck_assert(fj_facts_before_change(fj_facts_name_hash("bin/"), false));
	ck_assert(fj_facts_before_change(fj_facts_name_hash("bin///"), false));
	ck_assert_uint_eq(fj_facts_state()->changers, 2);
	fj_facts_after_change(fj_facts_name_hash("bin/"), true);
	ck_assert_uint_eq(fj_facts_epoch(), 0); /* one change is still in progress */
	fj_facts_after_change(fj_facts_name_hash("bin///"), true);
	ck_assert_uint_ne(fj_facts_epoch(), 0);
}
END_TEST

/* After a process was killed during an announced change, the jail is slower, and correct. */
START_TEST(dead_changer)
{
	fj_facts_saw_name("bin", 3);
	remember("/bin", "usr/bin");
	fj_facts_before_change(fj_facts_name_hash("bin"), false);
	for (int i = 0; i < 3; i++) {
		change("bin");
		ck_assert_uint_eq(fj_facts_epoch(), 0);
	}
}
END_TEST

/* Many keys: each answer is correct, or there is none. Also if two keys have the same place. */
START_TEST(many)
{
	char key[32], value[32];
	unsigned known = 0;

	for (unsigned i = 0; i < 3 * FJ_FACTS; i++) {
		snprintf(key, sizeof(key), "/d%u", i);
		snprintf(value, sizeof(value), "v%u", i);
		remember(key, value);
	}
	for (unsigned i = 0; i < 3 * FJ_FACTS; i++) {
		snprintf(key, sizeof(key), "/d%u", i);
		snprintf(value, sizeof(value), "v%u", i);
		if (!strcmp(recall(key), value))
			known++;
		else
			ck_assert_str_eq(recall(key), "(none)");
	}
	ck_assert_uint_gt(known, FJ_FACTS / 2);
}
END_TEST

/* The facts that all programs use are in the 16 pages that one page fault maps. If two facts have
 * the same place there, both are found. */
START_TEST(near_ones)
{
	static const char *const key[] = {
		"/", "/etc", "/bin", "/lib", "/usr", "/usr/bin", "/usr/lib", "/tmp"};
	const unsigned count = sizeof(key) / sizeof(key[0]);
	unsigned found = 0;

	for (unsigned i = 0; i < count; i++)
		remember(key[i], key[i]);
	for (unsigned i = 0; i < FJ_FACTS_NEAR; i++)
		found += !!facts_table()->fact[i].sequence;
	ck_assert_uint_ge(found, count - 1);
	ck_assert_uint_le(offsetof(struct fj_facts_table, fact[FJ_FACTS_NEAR]), 0x10000);
	for (unsigned i = 0; i < count; i++)
		ck_assert_str_eq(recall(key[i]), key[i]);
}
END_TEST

/* A known fact keeps its place until it becomes invalid or too old. */
START_TEST(near_is_used_again)
{
	char key[32];
	unsigned near = 0;

	for (unsigned i = 0; i < 20 * FJ_FACTS_NEAR; i++) {
		snprintf(key, sizeof(key), "/d%u", i);
		remember(key, "v");
	}
	fj_facts_forget();
	for (unsigned i = 0; i < 20 * FJ_FACTS_NEAR; i++) {
		snprintf(key, sizeof(key), "/e%u", i);
		remember(key, "v");
	}
	for (unsigned i = 0; i < FJ_FACTS_NEAR; i++)
		near += facts_table()->fact[i].text[1] == 'e';
	ck_assert_uint_ge(near, FJ_FACTS_NEAR - 2);
}
END_TEST

/* Processes outside of the jail change the tree without announcing it: facts become too old. */
START_TEST(grows_old)
{
	struct fj_fact *f = facts_table()->fact;
	uint32_t found = 0;

	fj_facts_state()->lifetime = 0x40000000; /* days */
	remember("/bin", "usr/bin");
	ck_assert_str_eq(recall("/bin"), "usr/bin");
	for (size_t i = 0; i < FJ_FACTS; i++)
		if (f[i].key_len) {
			f[i].born -= 0x40000001;
			found++;
		}
	ck_assert_uint_eq(found, 1);
	ck_assert_str_eq(recall("/bin"), "(none)");
	/* The age cannot be measured. */
	fj_facts_state()->lifetime = 0;
	ck_assert_str_eq(recall("/bin"), "usr/bin");
	/* A fact that is added again is new again. */
	fj_facts_state()->lifetime = 0x40000000;
	remember("/bin", "bin");
	ck_assert_str_eq(recall("/bin"), "bin");
}
END_TEST

Suite *unit_suite_facts(void)
{
	Suite *s = suite_create("facts");
	TCase *c = tcase_create("facts");

	tcase_add_checked_fixture(c, unit_jail_setup, unit_jail_teardown);
	tcase_add_test(c, remembers);
	tcase_add_test(c, lets_who_asked);
	tcase_add_test(c, by_root);
	tcase_add_test(c, too_long);
	tcase_add_test(c, no_room);
	tcase_add_test(c, dead_writer);
	tcase_add_test(c, bad_lengths);
	tcase_add_test(c, change_of_seen_name);
	tcase_add_test(c, change_of_other_name);
	tcase_add_test(c, seen_meanwhile);
	tcase_add_test(c, trailing_slashes);
	tcase_add_test(c, dead_changer);
	tcase_add_test(c, many);
	tcase_add_test(c, near_ones);
	tcase_add_test(c, near_is_used_again);
	tcase_add_test(c, grows_old);
	suite_add_tcase(s, c);
	return s;
}
