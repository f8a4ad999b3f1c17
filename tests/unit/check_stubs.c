/* SPDX-FileCopyrightText: The fakejail authors SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * check_stubs.c - tests how sites are found in a text, their stubs, and which address of the
 * program a signal in a stub shows (text/find.c, text/stub_at.c, patch/stubs.c). */
#include "unit.h"
#include "sys/page.h"

#include "door/door.h"
#include "sys/gate_code.h"
#include "text/decode.h"
#include "text/sites.h"

#include <string.h>

#include <sys/mman.h>

/* Answers as if there is a trap. door/door.c is not linked. */
bool fj_door_may_want(long nr)
{
	(void)nr;
	return false;
}

#define TEXT_PAGES 4u
#define SYSCALL_LEN 2u

/* The addresses to which stubs jump. No stub is executed here. */
const char fj_door_site[1], fj_door_maybe[1], fj_door_maybe_here[1];
uint64_t fj_door_address(int which)
{
	(void)which;
	return 0x51000;
}

/* Instructions, of which the last one is a syscall; and the number of bytes before it that a jump
 * replaces (0: this is no site). */
struct form {
	const char *what;
	uint8_t code[32];
	size_t len;
	unsigned moved;
};
static const struct form form[] = {
	{"syscall(3) of glibc", {0x4d, 0x89, 0xc8, 0x4c, 0x8b, 0x4c, 0x24, 8, 0x0f, 5}, 10, 5},
	{"__syscall_cp_asm of musl",
		{0x4c, 0x8b, 0x4c, 0x24, 16, 0x4c, 0x89, 0x5c, 0x24, 8, 0x0f, 5}, 12, 5},
	{"a number", {0x90, 0xb8, 5, 0, 0, 0, 0x0f, 5}, 8, 5},
	{"a number, and a move", {0x90, 0xb8, 5, 0, 0, 0, 0x48, 0x89, 0xdf, 0x0f, 5}, 11, 8},
	{"two moves", {0x90, 0x48, 0x89, 0xf7, 0x48, 0x89, 0xd6, 0x0f, 5}, 9, 6},
	{"__syscall_cp_c of musl", {0x90, 0x4c, 0x8b, 0x4c, 0x24, 8, 0x48, 0x89, 0xca, 0x0f, 5}, 11,
		8},
	{"syscall(3) of musl", {0x90, 0x48, 0x8b, 0x72, 16, 0x48, 0x8b, 0x52, 24, 0x0f, 5}, 11, 8},
	{"a move that is jumped behind", {0xeb, 3, 0x48, 0x89, 0xf7, 0x48, 0x89, 0xd6, 0x0f, 5}, 10,
		0},
	{"a move that a far jump leads behind",
		{0xe9, 4, 0, 0, 0, 0x90, 0x48, 0x89, 0xf7, 0x48, 0x89, 0xd6, 0x0f, 5}, 14, 0},
	{"a number that is the distance of no jump",
		{0xb8, 4, 0, 0, 0, 0x90, 0x48, 0x89, 0xf7, 0x48, 0x89, 0xd6, 0x0f, 5}, 14, 6},
	{"a move by the instruction pointer", {0x90, 0x48, 0x8b, 0x0d, 1, 0, 0, 0, 0x0f, 5}, 10, 0},
	{"a load into rsp", {0x90, 0x48, 0x8b, 0x64, 0x24, 8, 0x0f, 5}, 8, 0},
	{"a load with an index", {0x90, 0x4a, 0x8b, 0x4c, 0x24, 8, 0x0f, 5}, 8, 5},
	{"32 bits", {0x90, 0x90, 0x8b, 0x4c, 0x24, 8, 0x0f, 5}, 8, 0},
};
#define FORMS (sizeof(form) / sizeof(form[0]))

static bool any(long nr)
{
	return nr >= 0;
}

/* Makes a text that has this form at offset `at`. */
static uint8_t *make_text(const struct form *f, size_t at)
{
	const size_t size = TEXT_PAGES * FJ_PAGE;
	uint8_t *text =
		mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ck_assert_ptr_ne(text, MAP_FAILED);
	memset(text, 0x90, size);
	memcpy(text + at, f->code, f->len);
	return text;
}

/* Places for the form: in the middle of a page, and around the end of one. */
static const size_t places[] = {256, FJ_PAGE - 8, FJ_PAGE - 2};

START_TEST(found)
{
	const struct form *f = &form[_i];
	struct fj_site site[4];

	for (size_t i = 0; i < 3; i++) {
		uint8_t *text = make_text(f, places[i]);
		const uint32_t count =
			fj_sites_find_numbers(text, TEXT_PAGES * FJ_PAGE, any, true, site, 4);

		ck_assert_msg(count == (f->moved ? 1 : 0), "%s: %u sites", f->what, count);
		if (count) {
			ck_assert_uint_eq(site[0].at, places[i] + f->len - SYSCALL_LEN);
			ck_assert_uint_eq(site[0].moved, f->moved);
		}
		munmap(text, TEXT_PAGES * FJ_PAGE);
	}
}
END_TEST

static uint64_t target(const uint8_t *jump)
{
	int32_t distance;

	memcpy(&distance, jump + 1, sizeof(distance));
	return (uint64_t)jump + 5 + (uint64_t)(int64_t)distance;
}

/* A signal at each instruction of the stub, and around it. */
START_TEST(interrupted)
{
	const struct form *f = &form[_i];
	struct fj_site site[4];

	for (size_t i = 0; f->moved && i < 3; i++) {
		uint8_t *text = make_text(f, places[i]);
		const size_t len = TEXT_PAGES * FJ_PAGE;
		uint64_t call, jump, stub, ip;

		ck_assert_uint_eq(fj_sites_find_numbers(text, len, any, true, site, 4), 1);
		site[0].is_hot = 1;
		call = (uint64_t)text + site[0].at;
		jump = call - f->moved;
		ck_assert_int_eq(
			fj_sites_change((uint64_t)text, len, FJ_SITES_WRITABLE, site, 1), 1);
		ck_assert_uint_eq(*(const uint8_t *)jump, 0xe9);
		stub = target((const uint8_t *)jump);
		ck_assert_uint_eq(fj_stub_program_ip(stub), jump);
		for (ip = stub; ip < stub + f->moved;) {
			struct fj_insn insn;

			ck_assert(fj_decode((const uint8_t *)ip, 16, &insn));
			ck_assert_uint_eq(fj_stub_program_ip(ip), ip == stub ? jump : ip);
			ip += insn.len;
		}
		ck_assert_uint_eq(ip, stub + f->moved);
		ck_assert_uint_eq(fj_stub_program_ip(ip), call);     /* at the lea */
		ck_assert_uint_eq(fj_stub_program_ip(ip + 7), call); /* at the jump to the door */
		for (ip = (uint64_t)text; ip < (uint64_t)text + len; ip++)
			ck_assert_uint_eq(fj_stub_program_ip(ip), ip);
		munmap(text, len);
	}
}
END_TEST

/* Nothing behind the end of the mapping is read. */
START_TEST(at_the_end)
{
	const size_t size = 2 * FJ_PAGE;
	uint8_t *text =
		mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	static const uint8_t lea_and_jump[] = {0x48, 0x8d, 0x0d, 0, 0, 0, 0, 0xe9};

	ck_assert_ptr_ne(text, MAP_FAILED);
	munmap(text + FJ_PAGE, FJ_PAGE);
	memset(text, 0x90, FJ_PAGE);
	for (size_t cut = 1; cut <= sizeof(lea_and_jump); cut++) {
		const uint64_t ip = (uint64_t)text + FJ_PAGE - cut;

		memcpy((uint8_t *)ip, lea_and_jump, cut);
		ck_assert_uint_eq(fj_stub_program_ip(ip), ip);
		ck_assert_uint_eq(fj_stub_program_ip(ip - 1), ip - 1);
	}
	/* Nothing before its beginning is read. */
	ck_assert_uint_eq(fj_stub_program_ip((uint64_t)text), (uint64_t)text);
	munmap(text, FJ_PAGE);
}
END_TEST

/* In a jail without the trap, a program that has the engine's gate, as `fakejail owners`, calls the kernel there. A jump must
 * take the place of what both ways into the gate pass. */
START_TEST(gate_is_a_site)
{
	uint8_t targets[FJ_PAGE / 8] = {0};
	struct fj_site site[4];

	ck_assert_uint_eq(fj_sites_find((const uint8_t *)fj_gate_begin,
				  (size_t)(fj_gate_wait - fj_gate_begin), site, 4, targets),
		1);
	ck_assert_int_eq(site[0].kind, FJ_SITE_BEFORE);
	ck_assert_int_eq((int)site[0].at - site[0].moved, (int)(fj_gate_call - fj_gate_begin));
}
END_TEST

Suite *unit_suite_stubs(void)
{
	Suite *s = suite_create("stubs");
	TCase *c = tcase_create("stubs");

	tcase_set_timeout(c, 0); /* no limit: the machine may be slow */
	tcase_add_checked_fixture(c, unit_jail_setup, unit_jail_teardown);
	tcase_add_loop_test(c, found, 0, FORMS);
	tcase_add_loop_test(c, interrupted, 0, FORMS);
	tcase_add_test(c, at_the_end);
	tcase_add_test(c, gate_is_a_site);
	suite_add_tcase(s, c);
	return s;
}
