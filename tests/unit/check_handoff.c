/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * check_handoff.c - tests the handoff through execve(2): the state arrives unchanged, and no other
 * string is taken for a handoff. And the arrays of pointers that an exec makes. */
#include "sys/gate_code.h"
#include "sys/scratch_mark.h"
#include "unit.h"
#include "cred/ids_start.h"
#include "sys/scratch.h"
#include "bytes/str.h"

#include "exec-format/exec.h"
#include "exec/program.h"

#include <asm/unistd.h>
#include <stdlib.h>
#include <string.h>

static char text[FJ_HANDOFF_SIZE];
static char long_text[3][PATH_MAX];

static const struct fj_handoff example = {
	.gate = 0x50000,
	.mask = 0x8000000000000001UL,
	.root_fd = 1020,
	.is_first = 1,
	.kept = {0x78, 0x56, 0, 0xff, [FJ_KEPT_SIZE - 1] = 0x80},
	.is_secure = 1,
	.sigsys = FJ_SIGSYS_BLOCKED,
	.program_fd = 3,
	.interpreter_fd = -1,
};

static struct fj_str write_with(
	const char *nested, const char *exe, const char *execfn, const char *ids)
{
	struct fj_handoff h = example;
	struct fj_str s;

	fj_str_init(&s, text, sizeof(text));
	fj_handoff_write(&s, &h, nested, exe, execfn, ids);
	return s;
}

static struct fj_str write_example(const char *nested, const char *exe, const char *execfn)
{
	return write_with(nested, exe, execfn, "");
}

static bool read_it(struct fj_handoff *h)
{
	const char *nested, *exe, *execfn;

	return fj_handoff_read(text, h, &nested, &exe, &execfn);
}

static const char *const strings[][3] = {
	{"", "/bin/sh", "sh"},
	{"/srv/inner", "/usr/bin/a b=c\n\377", "/dev/fd/7"},
	{"", "", ""},
	{"=", "\1fakejail=", "0123456789abcdef"},
	{long_text[0], long_text[1], long_text[2]},
};

START_TEST(round_trip)
{
	struct fj_handoff h;
	const char *nested, *exe, *execfn;

	for (int i = 0; i < 3; i++)
		memset(long_text[i], 'a' + i, PATH_MAX - 1);

	const struct fj_str s = write_example(strings[_i][0], strings[_i][1], strings[_i][2]);

	ck_assert(!s.overflowed);
	ck_assert(fj_handoff_read(text, &h, &nested, &exe, &execfn));
	ck_assert_uint_eq(h.gate, example.gate);
	ck_assert_uint_eq(h.mask, example.mask);
	ck_assert_int_eq(h.root_fd, example.root_fd);
	ck_assert_int_eq(h.program_fd, example.program_fd);
	ck_assert_int_eq(h.interpreter_fd, example.interpreter_fd);
	ck_assert_uint_eq(h.is_first, example.is_first);
	ck_assert_mem_eq(h.kept, example.kept, sizeof(h.kept));
	ck_assert_uint_eq(h.is_secure, example.is_secure);
	ck_assert_uint_eq(h.sigsys, example.sigsys);
	ck_assert_uint_eq(h.nested_len, strlen(strings[_i][0]));
	ck_assert_mem_eq(nested, strings[_i][0], h.nested_len);
	ck_assert_uint_eq(h.exe_len, strlen(strings[_i][1]));
	ck_assert_mem_eq(exe, strings[_i][1], h.exe_len);
	ck_assert_uint_eq(h.execfn_len, strlen(strings[_i][2]));
	ck_assert_mem_eq(execfn, strings[_i][2], h.execfn_len);
	ck_assert_uint_eq(h.ids_len, 0);
}
END_TEST

/* The identity is before execfn, which the program reads as a string. */
START_TEST(identity)
{
	struct fj_handoff h;
	const char *nested, *exe, *execfn;

	write_with("/n", "/bin/e", "x", "0,1,2");
	ck_assert(fj_handoff_read(text, &h, &nested, &exe, &execfn));
	ck_assert_uint_eq(h.execfn_len, 1);
	ck_assert_uint_eq(h.ids_len, 5);
	ck_assert_str_eq(execfn, "x");
	ck_assert_mem_eq(execfn - h.ids_len, "0,1,2", 5);
}
END_TEST

/* All strings have their greatest lengths. execveat(2) of a name below a descriptor makes
 * "/dev/fd/N/name", which is longer than a path: file_name() of hook_exec.c. */
START_TEST(longest)
{
	static char execfn[PATH_MAX + 24], ids[FJ_IDS_TEXT];
	struct fj_handoff h;

	for (int i = 0; i < 3; i++)
		memset(long_text[i], 'a' + i, PATH_MAX - 1);
	strcpy(execfn, "/dev/fd/2147483647/");
	memset(execfn + strlen(execfn), 'c', PATH_MAX - 1);
	memset(ids, '0', FJ_IDS_TEXT - 1);
	ck_assert(!write_with(long_text[0], long_text[1], execfn, ids).overflowed);
	ck_assert(read_it(&h));
	ck_assert_uint_eq(h.execfn_len, strlen(execfn));
}
END_TEST

/* An environment string may have any contents. Cut at any length, or with any byte of the head
 * changed, it is no handoff. */
START_TEST(cut_short)
{
	struct fj_handoff h;
	const struct fj_str s = write_example("/n", "/bin/e", "x");

	for (size_t len = 0; len < s.len; len++) {
		char *copy =
			strndup(text, len); /* in the heap: ASan reports a read behind its end */
		const char *nested, *exe, *execfn;

		ck_assert_msg(!fj_handoff_read(copy, &h, &nested, &exe, &execfn),
			"%zu of %zu bytes", len, s.len);
		free(copy);
	}
}
END_TEST

static void refuse_with(size_t at, char byte, const char *what)
{
	struct fj_handoff h;
	const char kept = text[at];

	text[at] = byte;
	ck_assert_msg(!read_it(&h), "%s at %zu", what, at);
	text[at] = kept;
}

START_TEST(changed)
{
	static const char not_hex[] = {'g', 'A', 'F', '/', ':', '`', ' ', '-', '\377', '\0'};
	const size_t prefix = sizeof(FJ_HANDOFF_PREFIX) - 1;
	struct fj_handoff h;

	write_example("/n", "/bin/e", "x");
	for (size_t i = 0; i < prefix; i++)
		refuse_with(i, (char)(text[i] ^ 1), "another prefix");
	for (size_t i = prefix; i < prefix + 2 * sizeof(h); i++)
		for (size_t b = 0; b < sizeof(not_hex); b++)
			refuse_with(i, not_hex[b], "no hex digit");
	ck_assert(read_it(&h));
}
END_TEST

/* The lengths do not add up to the length of the string, or they overflow 32 bits. */
START_TEST(lengths)
{
	static const uint32_t wrong[][3] = {
		{0, 0, 0},
		{2, 6, 0},
		{2, 6, 2},
		{0xffffffff, 1, 9},
		{0xfffffffe, 0xffffffff, 12},
		{3, 0x80000003, 0x80000003},
		{0, 0, 0xffffffff},
		{9, 9, 9},
	};
	struct fj_handoff h;
	char *field;

	write_example("/n", "/bin/e", "x"); /* 2, 6, 1 */
	for (size_t w = 0; w < sizeof(wrong) / sizeof(wrong[0]); w++) {
		field = text + sizeof(FJ_HANDOFF_PREFIX) - 1 +
			2 * offsetof(struct fj_handoff, nested_len);
		for (size_t i = 0; i < sizeof(wrong[0]); i++) {
			const unsigned byte = ((const unsigned char *)wrong[w])[i];

			*field++ = "0123456789abcdef"[byte >> 4];
			*field++ = "0123456789abcdef"[byte & 15];
		}
		ck_assert_msg(!read_it(&h), "set %zu", w);
	}
}
END_TEST

START_TEST(version)
{
	struct fj_handoff h;
	char *field;

	write_example("", "e", "");
	field = text + sizeof(FJ_HANDOFF_PREFIX) - 1 + 2 * offsetof(struct fj_handoff, version);
	field[1]++;
	ck_assert(!read_it(&h));
}
END_TEST

static const char *const others[] = {"", "PATH=/bin", "\1", "\1fakejail",
	"\1fakejail=", "\1fakejail=00", "fakejail=", "\1fakejails="};

START_TEST(other_variables)
{
	struct fj_handoff h;
	char *copy = strdup(others[_i]);
	const char *nested, *exe, *execfn;

	ck_assert(!fj_handoff_read(copy, &h, &nested, &exe, &execfn));
	free(copy);
}
END_TEST

/* ---- arrays of pointers ---- */

static fj_gate_fn real_gate;
static long mapped; /* bytes */

static long count_mapped(long nr, long a, long b, long c, long d, long e, long f)
{
	mapped += nr == __NR_mmap ? b : nr == __NR_munmap ? -b : 0;
	return real_gate(nr, a, b, c, d, e, f);
}

/* Makes the arrays of one exec of a script: `argc` and `envc` pointers. */
static void make_arrays(size_t argc, size_t envc)
{
	static const struct fj_program script = {.script = "script"};
	struct fj_call c = {.thread = unit_thread};
	uint64_t *argv = calloc(argc + 1, 8), *envp = calloc(envc + 1, 8);
	uint64_t made_argv = (uint64_t)argv, made_envp = (uint64_t)envp;
	const uint32_t mark = fj_scratch_mark(unit_thread);

	for (size_t i = 0; i < argc; i++)
		argv[i] = i + 1;
	for (size_t i = 0; i < envc; i++)
		envp[i] = i + 1;
	fj_exec_room_begin(unit_thread);
	ck_assert_int_eq(fj_exec_script_argv(c.thread, &script, &made_argv), 0);
	ck_assert_int_eq(fj_exec_env_with(c.thread, &made_envp, "handoff"), 0);
	/* The first is still whole when the second is made. */
	ck_assert_mem_eq((uint64_t *)made_argv + 1, argv + 1, argc * 8);
	ck_assert_mem_eq((uint64_t *)made_envp, envp, envc * 8);
	ck_assert_str_eq((const char *)((uint64_t *)made_envp)[envc], "handoff");
	ck_assert_uint_eq(((uint64_t *)made_envp)[envc + 1], 0);
	fj_scratch_release(unit_thread, mark);
	free(argv);
	free(envp);
}

/* Execs that fail, each with longer arrays than the last one. */
START_TEST(arrays)
{
	size_t argc = 0, envc = 0;

	unit_thread_setup();
	real_gate = fj_gate;
	fj_gate = count_mapped;
	for (size_t i = 0; i < 40; i++) {
		argc = i % 3 == 2 ? 10 : 900 + i * 300;
		envc = i % 5 == 4 ? 10 : 900 + i * 900;
		make_arrays(argc, envc);
	}
	fj_exec_room_begin(unit_thread);
	fj_gate = real_gate;
	ck_assert_msg(mapped > 0 && mapped <= (long)(900 + 40 * 900) * 16 + 2 * 4096,
		"%ld bytes are mapped", mapped);
}
END_TEST

Suite *unit_suite_handoff(void)
{
	Suite *s = suite_create("handoff");
	TCase *c = tcase_create("handoff");

	tcase_add_loop_test(c, round_trip, 0, sizeof(strings) / sizeof(strings[0]));
	tcase_add_test(c, identity);
	tcase_add_test(c, longest);
	tcase_add_test(c, cut_short);
	tcase_add_test(c, changed);
	tcase_add_test(c, lengths);
	tcase_add_test(c, version);
	tcase_add_test(c, arrays);
	tcase_add_loop_test(c, other_variables, 0, sizeof(others) / sizeof(others[0]));
	suite_add_tcase(s, c);
	return s;
}
