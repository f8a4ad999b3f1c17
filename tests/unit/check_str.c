/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * check_str.c - tests strings and messages (sys/str.c, sys/say.c). */
#include "unit.h"
#include "sys/assert.h"
#include "sys/fd.h"
#include "bytes/len.h"
#include "bytes/equal.h"
#include "bytes/format.h"
#include "bytes/str.h"
#include "bytes/hash.h"
#include "sys/say.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

START_TEST(compares)
{
	ck_assert(fj_streq("", ""));
	ck_assert(fj_streq("abc", "abc"));
	ck_assert(!fj_streq("abc", "abd"));
	ck_assert(!fj_streq("abc", "ab"));
	ck_assert(!fj_streq("ab", "abc"));
	ck_assert_str_eq(fj_after("name=value", "name="), "value");
	ck_assert_str_eq(fj_after("name", ""), "name");
	ck_assert_ptr_null(fj_after("nam", "name"));
	ck_assert_uint_eq(fj_strlen(""), 0);
	ck_assert_uint_eq(fj_strlen("four"), 4);
}
END_TEST

/* At each distance from the end of a page, behind which nothing may be read, and with bytes around it that
 * differ from a NUL in one bit. */
START_TEST(lengths)
{
	static const unsigned char other[] = {0x01, 0x80, 0xff, 'a'};
	const size_t page = 4096;
	char *const memory =
		mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ck_assert_ptr_ne(memory, MAP_FAILED);
	ck_assert_int_eq(mprotect(memory + page, page, PROT_NONE), 0);
	for (size_t byte = 0; byte < sizeof(other); byte++)
		for (size_t len = 0; len < 40; len++)
			for (size_t behind = 1; behind < 20; behind++) {
				char *const text = memory + page - behind - len;

				memset(memory, 0, page - behind - len);
				memset(text, other[byte], len + behind);
				text[len] = 0;
				ck_assert_uint_eq(fj_text_len(text), len);
			}
	munmap(memory, 2 * page);
}
END_TEST

static const struct {
	const char *path, *dir;
	bool is_below;
} prefixes[] = {
	{"/a/b", "/a", true},
	{"/a", "/a", true},
	{"/ab", "/a", false},
	{"/a", "/a/b", false},
	{"", "", true},
	{"/a", "", true},
	{"", "/a", false},
	{"/a/", "/a", true},
	{"/a b/c", "/a", false},
	{"/b/a", "/a", false},
};

START_TEST(prefix)
{
	ck_assert_msg(
		fj_path_has_prefix(prefixes[_i].path, prefixes[_i].dir) == prefixes[_i].is_below,
		"\"%s\", \"%s\"", prefixes[_i].path, prefixes[_i].dir);
}
END_TEST

/* Names that differ little have different hashes: facts and marked names are found by them. */
START_TEST(hash)
{
	static uint64_t seen[1024];
	char name[32];
	unsigned met = 0;

	ck_assert_uint_eq(
		fj_hash("foobar", 6, FJ_HASH_SEED), fj_hash("foobarbaz", 6, FJ_HASH_SEED));
	ck_assert_uint_ne(
		fj_hash("foobar", 6, FJ_HASH_SEED), fj_hash("foobar", 6, FJ_HASH_SEED + 1));
	for (unsigned i = 0; i < 2000; i++) {
		const int len = snprintf(name, sizeof(name), i % 2 ? "lib%u.so.6" : "%u", i);
		const uint64_t bits = fj_hash(name, (size_t)len, FJ_HASH_SEED);

		met += seen[(bits >> 6) % 1024] >> (bits & 63) & 1;
		seen[(bits >> 6) % 1024] |= 1UL << (bits & 63);
	}
	/* 2000 names in 65536 places: by chance, 30 of them would have the place of another. */
	ck_assert_uint_lt(met, 60);
}
END_TEST

/* Buffers of every size: no byte behind the end is written, and the string notes that something did
 * not fit. */
START_TEST(bounds)
{
	char buffer[16];
	struct fj_str s;

	memset(buffer, '#', sizeof(buffer));
	fj_str_init(&s, buffer, (size_t)_i);
	fj_str_put(&s, "12345");
	ck_assert_int_eq(s.overflowed, _i < 6);
	ck_assert_str_eq(buffer, _i < 6 ? "" : "12345");
	fj_str_add(&s, "678", 3);
	ck_assert_int_eq(s.overflowed, _i < 9);
	ck_assert_uint_eq(s.len, fj_strlen(buffer));
	for (size_t i = (size_t)_i; i < sizeof(buffer); i++)
		ck_assert_int_eq(buffer[i], '#');
}
END_TEST

START_TEST(cut)
{
	char buffer[8];
	struct fj_str s;

	fj_str_init(&s, buffer, sizeof(buffer));
	fj_str_put(&s, "abcdef");
	fj_str_cut(&s, 2);
	fj_str_put(&s, "X");
	ck_assert_str_eq(buffer, "abX");
	ck_assert(!s.overflowed);
}
END_TEST

static const struct {
	uint64_t value;
	unsigned base;
	const char *text;
} numbers[] = {
	{0, 10, "0"},
	{0, 16, "0"},
	{7, 8, "7"},
	{8, 8, "10"},
	{10, 10, "10"},
	{255, 16, "ff"},
	{07777, 8, "7777"},
	{UINT64_MAX, 10, "18446744073709551615"},
	{UINT64_MAX, 16, "ffffffffffffffff"},
	{1UL << 59, 8, "40000000000000000000"},
};

START_TEST(number)
{
	char buffer[32];
	struct fj_str s;

	fj_str_init(&s, buffer, sizeof(buffer));
	fj_str_num(&s, numbers[_i].value, numbers[_i].base);
	ck_assert_str_eq(buffer, numbers[_i].text);
}
END_TEST

/* The trace uses base 8. A 64-bit number has up to 22 digits then. */
START_TEST(number_in_octal)
{
	char buffer[32];
	struct fj_str s;

	fj_str_init(&s, buffer, sizeof(buffer));
	fj_str_num(&s, UINT64_MAX, 8);
	ck_assert_str_eq(buffer, "1777777777777777777777");
}
END_TEST

/* Returns what fj_say() has written. */
static const char *said(int pipe_fds[2])
{
	static char text[4096];
	const ssize_t n = read(pipe_fds[0], text, sizeof(text) - 1);

	ck_assert_int_ge(n, 0);
	text[n] = 0;
	return text;
}

START_TEST(say)
{
	static char longer[1500];
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	fj_say(fds[1], "%s-%s %d %d %x %ld %lx 100%%\n", "a", "", 0, -5, 255u, -9000000000L,
		0xabcdef0123UL);
	ck_assert_str_eq(said(fds), "a- 0 -5 ff -9000000000 abcdef0123 100%\n");
	fj_say(fds[1], "%ld", INT64_MIN);
	ck_assert_str_eq(said(fds), "-9223372036854775808");
	/* A text that is longer than the line buffer is written in several pieces. */
	memset(longer, 'x', sizeof(longer) - 1);
	fj_say(fds[1], "<%s|%s>", longer, longer);
	const char *all = said(fds);

	ck_assert_uint_eq(strlen(all), 2 * (sizeof(longer) - 1) + 3);
	ck_assert_int_eq(all[0], '<');
	ck_assert_int_eq(all[sizeof(longer)], '|');
}
END_TEST

START_TEST(fd_path)
{
	char buffer[40];
	struct fj_str s;

	fj_str_init(&s, buffer, sizeof(buffer));
	fj_fd_path(&s, 2147483647, NULL);
	ck_assert_str_eq(buffer, "/proc/self/fd/2147483647");
	fj_str_init(&s, buffer, sizeof(buffer));
	fj_fd_path(&s, 0, "name");
	ck_assert_str_eq(buffer, "/proc/self/fd/0/name");
	fj_fd_link(buffer, 2147483647);
	ck_assert_str_eq(buffer, "/proc/self/fd/2147483647");
}
END_TEST

START_TEST(format)
{
	char buffer[12];

	ck_assert_uint_eq(
		fj_format(buffer, sizeof(buffer), "%s/%u", "fd", 4294967295u), sizeof(buffer));
	ck_assert_str_eq(buffer, "fd/");
	ck_assert_uint_eq(fj_format(buffer, sizeof(buffer), "/%u:%.*s%s", 0, 2, "abc", "z"), 6);
	ck_assert_str_eq(buffer, "/0:abz");
	ck_assert_uint_eq(fj_format(buffer, sizeof(buffer), "%s", "eleven char"), 11);
	ck_assert_str_eq(buffer, "eleven char");
	/* The part that does not fit is left out, what follows is not. */
	ck_assert_uint_eq(
		fj_format(buffer, sizeof(buffer), "a%sc", "twelve chars"), sizeof(buffer));
	ck_assert_str_eq(buffer, "ac");
	ck_assert_uint_eq(fj_format(buffer, 1, "%s", ""), 0);
	ck_assert_str_eq(buffer, "");
}
END_TEST

/* A failed fj_assert() prints its place and ends the process. */
START_TEST(assertion)
{
	fj_assert(_i == 0);
}
END_TEST

Suite *unit_suite_str(void)
{
	Suite *s = suite_create("str");
	TCase *c = tcase_create("str");

	tcase_add_test(c, compares);
	tcase_add_test(c, lengths);
	tcase_add_loop_test(c, prefix, 0, sizeof(prefixes) / sizeof(prefixes[0]));
	tcase_add_test(c, hash);
	tcase_add_loop_test(c, bounds, 1, 14);
	tcase_add_test(c, cut);
	tcase_add_loop_test(c, number, 0, sizeof(numbers) / sizeof(numbers[0]));
	tcase_add_test(c, number_in_octal);
	tcase_add_test(c, say);
	tcase_add_test(c, fd_path);
	tcase_add_test(c, format);
	tcase_add_loop_test(c, assertion, 0, 1);
	tcase_add_loop_test_raise_signal(c, assertion, 6 /* SIGABRT */, 1, 2);
	suite_add_tcase(s, c);
	return s;
}
