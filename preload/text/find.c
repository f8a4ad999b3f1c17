/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * find.c - the syscall instructions in the text of a library, and which bytes may be overwritten for each.
 * Called by patch/sites.c.
 *
 * A jump has five bytes and a syscall instruction two. So instructions before it are overwritten, usually
 * `mov $nr,%eax`, and the syscall instruction stays. Code that jumps straight to it still makes the call,
 * and a libc that checks whether a thread is at it (glibc 2.41, __syscall_cancel_arch) is not misled. If
 * that is not possible, the instructions after it are overwritten. No overwritten instruction may be the
 * target of a jump.
 *
 * The text is decoded from its beginning, one instruction after the other. After bytes that are not code,
 * decoding falls into step again after a few instructions. */
#include "text/decode.h"
#include "text/sites.h"

#define JUMP 5u	   /* bytes of jmp rel32 */
#define RECENT 16u /* instructions remembered before the current one */

struct sweep {
	const uint8_t *code;
	size_t len, at;
	struct fj_insn insn;   /* the instruction at `at` */
	size_t recent[RECENT]; /* where the last ones began */
	uint32_t count;	       /* number of instructions before `at` */
};

/* Decode the instruction at `at`. Bytes that are no instruction are skipped. False: end of the text. */
static bool decode_here(struct sweep *s)
{
	while (s->at < s->len) {
		if (fj_decode(s->code + s->at, s->len - s->at, &s->insn))
			return true;
		s->at++;
		s->count = 0;
	}
	return false;
}
static bool go_on(struct sweep *s)
{
	s->recent[s->count++ % RECENT] = s->at;
	s->at += s->insn.len;
	return decode_here(s);
}

/* Where the `i`th instruction before the current one began; 1 is the last one. */
static size_t start_before(const struct sweep *s, uint32_t i)
{
	return s->recent[(s->count - i) % RECENT];
}
static uint32_t known_before(const struct sweep *s)
{
	return s->count < RECENT ? s->count : RECENT;
}

/* The call number in rax, from the last `mov $nr,%eax` before the call. -1: not certain. */
static int number_in_rax(const struct sweep *s)
{
	for (uint32_t i = 1; i <= known_before(s); i++) {
		const size_t at = start_before(s, i);
		struct fj_insn insn;

		if (s->code[at] == 0xb8)
			return fj_insn_value(s->code + at + 1) < 512 ?
				       (int)fj_insn_value(s->code + at + 1) :
				       -1;
		if (s->code[at] == 0x31 && s->code[at + 1] == 0xc0)
			return 0; /* xor %eax,%eax */
		if (!fj_decode(s->code + at, s->at - at, &insn) || insn.is_branch || insn.is_end ||
			!fj_insn_keeps(s->code + at, 0))
			break;
	}
	return -1;
}

/* How many bytes before the call are whole instructions that may be moved? At least JUMP, or 0: not
 * possible. */
static uint8_t movable_before(const struct sweep *s)
{
	for (uint32_t i = 1; i <= known_before(s); i++) {
		const size_t at = start_before(s, i);
		struct fj_insn insn;

		if (!fj_decode(s->code + at, s->at - at, &insn) || insn.is_branch || insn.is_end ||
			fj_insn_is_syscall(s->code + at))
			break;
		if (s->at - at >= JUMP)
			return (uint8_t)(s->at - at);
	}
	return 0;
}

static bool is_padding(uint8_t byte)
{
	return byte == 0x90 || byte == 0x66 || byte == 0xcc;
}

/* How many bytes from the call on are whole instructions that may be moved? At least JUMP, or 0. A ret
 * may be the last instruction, if padding follows it. */
static uint8_t movable_behind(const uint8_t *code, size_t room)
{
	size_t at = 2;

	while (at < JUMP) {
		struct fj_insn insn;

		if (!fj_decode(code + at, room - at, &insn) || insn.is_branch ||
			fj_insn_is_syscall(code + at))
			return 0;
		at += insn.len;
		if (insn.is_end && at < JUMP &&
			(at + 1 < JUMP || at >= room || !is_padding(code[at])))
			return 0;
		if (insn.is_end)
			break;
	}
	return (uint8_t)at;
}

/* The bytes that must not be jump targets: (from, to]. */
struct range {
	size_t from, to;
};
static struct range range_of(const struct fj_site *s)
{
	if (s->kind == FJ_SITE_BEFORE)
		return (struct range){s->at - s->moved, s->at};
	return (struct range){s->at, s->kind == FJ_SITE_BEHIND ? s->at + s->moved - 1 : s->at};
}

/* There is a jump into the bytes to be overwritten: use those after the call, or leave the call
 * unchanged. */
static void give_way(const uint8_t *code, size_t len, struct fj_site *s, size_t next_from)
{
	const bool was_before = s->kind == FJ_SITE_BEFORE;

	s->kind = FJ_SITE_STAYS;
	if (!was_before)
		return;
	s->moved = movable_behind(code + s->at, len - s->at);
	if (s->moved && s->at + s->moved <= next_from)
		s->kind = FJ_SITE_BEHIND;
}

/* Mark the target of the current jump: one bit per byte of the text. */
static void note_target(const struct sweep *s, uint8_t *targets)
{
	const size_t next = s->at + s->insn.len;
	const uint8_t op = s->code[s->at];
	size_t target;

	if ((op & 0xf0) == 0x70 || op == 0xeb || (op >= 0xe0 && op <= 0xe3))
		target = next + (size_t)(int8_t)s->code[next - 1];
	else if (s->insn.len >= 5)
		target = next + (size_t)(int32_t)fj_insn_value(s->code + next - 4);
	else
		return;
	if (target < s->len)
		targets[target / 8] |= (uint8_t)(1 << target % 8);
}

static bool is_jumped_into(const struct fj_site *s, const uint8_t *targets)
{
	const struct range r = range_of(s);

	for (size_t at = r.from + 1; at <= r.to; at++)
		if (targets[at / 8] & 1 << at % 8)
			return true;
	return false;
}

static void shorten_jumped_into(const uint8_t *code, size_t len, struct fj_site *site,
	uint32_t count, const uint8_t *targets)
{
	for (uint32_t i = 0; i < count; i++) {
		if (!is_jumped_into(&site[i], targets))
			continue;
		give_way(code, len, &site[i], i + 1 < count ? range_of(&site[i + 1]).from : len);
		if (site[i].kind == FJ_SITE_BEHIND && is_jumped_into(&site[i], targets))
			site[i].kind = FJ_SITE_STAYS;
	}
}

static void add_site(const struct sweep *s, struct fj_site *f, size_t *end)
{
	*f = (struct fj_site){.at = (uint32_t)s->at,
		.nr = (int16_t)number_in_rax(s),
		.moved = movable_before(s),
		.kind = FJ_SITE_BEFORE};
	/* Two calls are so close that their changes would overlap: the first keeps its bytes. */
	if (!f->moved || s->at - f->moved < *end) {
		f->moved = movable_behind(s->code + s->at, s->len - s->at);
		f->kind = f->moved ? FJ_SITE_BEHIND : FJ_SITE_STAYS;
	}
	*end = f->kind == FJ_SITE_BEHIND ? range_of(f).to + 1 : s->at + 2;
}

uint32_t fj_sites_find(
	const uint8_t *code, size_t len, struct fj_site *site, uint32_t max, uint8_t *targets)
{
	struct sweep s = {.code = code, .len = len};
	uint32_t count = 0;
	size_t end = 0;

	if (fj_insn_next_syscall(code, len, 0) == len)
		return 0;
	for (bool more = decode_here(&s); more; more = go_on(&s)) {
		if (s.insn.is_branch)
			note_target(&s, targets);
		if (fj_insn_is_syscall(code + s.at) && count < max)
			add_site(&s, &site[count++], &end);
	}
	shorten_jumped_into(code, len, site, count, targets);
	return count;
}
