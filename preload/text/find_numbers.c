/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * find_numbers.c - finds syscall instructions by the bytes before them, without decoding the text from its
 * beginning: after a `mov $nr,%eax`, or after the moves of a function that gets the number as an argument.
 * Called by patch/sites.c, when there is a trap, which handles calls that are not found here. */
#include "text/decode.h"
#include "text/sites.h"

#define JUMP 5u	    /* bytes of jmp rel32 */
#define MOVE_MAX 8u /* bytes of a mov between a register and memory */

/* The number of bytes from a `mov $nr,%eax` to the call at `at`, if they are whole instructions that keep
 * the number in rax. 0: there is no such mov near. */
static uint8_t bytes_from_number(const uint8_t *code, size_t at, long *nr)
{
	for (size_t back = JUMP; back <= FJ_SITE_MOVED_MAX && back < at; back++) {
		const uint8_t *mov = code + at - back;
		size_t done = JUMP;
		struct fj_insn insn;

		/* (A byte before it that may be a REX prefix would mean another register.) */
		if (*mov != 0xb8 || fj_insn_value(mov + 1) >= 512 || (mov[-1] & 0xf0) == 0x40)
			continue;
		while (done < back && fj_decode(mov + done, back - done, &insn) &&
			!insn.is_branch && !insn.is_end && !fj_insn_is_syscall(mov + done) &&
			fj_insn_keeps(mov + done, 0) && fj_insn_keeps(mov + done, 4))
			done += insn.len;
		*nr = fj_insn_value(mov + 1);
		return done == back ? (uint8_t)back : 0;
	}
	return 0;
}

/* The length of a 64-bit mov between registers, or a register and memory. 0 if it is none, or if it writes
 * rsp or is relative to the instruction pointer. */
static uint8_t move_len(const uint8_t *p, size_t room)
{
	struct fj_insn insn;

	if (room < 3 || (p[0] & 0xf8) != 0x48 || (p[1] & 0xfd) != 0x89 ||
		!fj_decode(p, room, &insn) || insn.rip_at)
		return 0;
	if (p[1] == 0x8b)
		return (p[2] >> 3 & 7) == 4 && !(p[0] & 4) ? 0 : insn.len;
	return p[2] >= 0xc0 && (p[2] & 7) == 4 && !(p[0] & 1) ? 0 : insn.len;
}

/* Is the operand at `at` the distance of a jump or call, or of an instruction that takes an address? */
static bool is_before_distance(const uint8_t *code, size_t at)
{
	const uint8_t last = code[at - 1];

	return last == 0xe8 || last == 0xe9 || (last & 0xc7) == 0x05 ||
	       (at > 1 && code[at - 2] == 0x0f && (last & 0xf0) == 0x80);
}

/* Places between two moves, which must not be jump targets, sorted by address; and the site of each. */
#define BETWEEN_MAX 64u
struct between {
	uint32_t count;
	uint32_t at[BETWEEN_MAX];
	uint16_t site[BETWEEN_MAX];
	bool is_jumped_to[BETWEEN_MAX];
};

/* Does anything that looks like a short jump lead to `to`? */
static bool is_near_jump_to(const uint8_t *code, size_t len, size_t to)
{
	for (size_t at = to < 130 ? 0 : to - 130; at + 2 <= len && at < to + 130; at++)
		if (((code[at] & 0xf0) == 0x70 || code[at] == 0xeb ||
			    (code[at] >= 0xe0 && code[at] <= 0xe3)) &&
			at + 2 + (size_t)(int8_t)code[at + 1] == to)
			return true;
	return false;
}

/* Find which of these places are jump targets. The text is read once for all of them. */
static void see_jumps(const uint8_t *code, size_t len, struct between *b)
{
	const size_t first = b->at[0], range = b->at[b->count - 1] - first;

	for (uint32_t i = 0; i < b->count; i++)
		b->is_jumped_to[i] = is_near_jump_to(code, len, b->at[i]);
	for (size_t at = 1; at + 4 <= len; at++) {
		const size_t to = at + 4 + (size_t)(int32_t)fj_insn_value(code + at);

		if (__builtin_expect(to - first > range, 1) || !is_before_distance(code, at))
			continue;
		for (uint32_t i = 0; i < b->count; i++)
			b->is_jumped_to[i] = b->is_jumped_to[i] || b->at[i] == to;
	}
}

/* Drop the sites that have a jump into them. Returns how many remain. */
static uint32_t drop_jumped_into(struct fj_site *site, uint32_t count, const struct between *b)
{
	uint32_t kept = 0, next = 0;

	for (uint32_t i = 0; i < count; i++) {
		bool is_jumped_into = false;

		for (; next < b->count && b->site[next] == i; next++)
			is_jumped_into = is_jumped_into || b->is_jumped_to[next];
		if (!is_jumped_into)
			site[kept++] = site[i];
	}
	return kept;
}

/* The length of the moves right before the call at `at`, which will be site `index`. They are the end of a
 * function that gets the number as an argument (Go's Syscall6, syscall(3), cancellation points of glibc
 * 2.41 and of musl). At least enough bytes for a jump; a jump to the call itself still makes it. The places
 * between moves are added to `b`; NULL: only a single move is wanted. 0: none. */
static uint8_t moves_before(const uint8_t *code, size_t at, uint32_t index, struct between *b)
{
	for (size_t back = JUMP; back <= 2 * MOVE_MAX && back <= at; back++) {
		const uint32_t before = b ? b->count : 0;
		size_t done = 0;
		uint8_t move;

		while (done < back &&
			(move = move_len(code + at - back + done, back - done)) != 0) {
			if (done && (!b || b->count == BETWEEN_MAX))
				break;
			if (done) {
				b->at[b->count] = (uint32_t)(at - back + done);
				b->site[b->count++] = (uint16_t)index;
			}
			done += move;
		}
		if (done == back)
			return (uint8_t)back;
		if (b)
			b->count = before;
	}
	return 0;
}

/* If five bytes could be a `mov $nr,%eax`, and instructions from there lead straight to a syscall, with the
 * number in rax and the stack unchanged, they are rarely anything else. The jump replaces only that mov, so
 * jumps to places between mov and call do no harm, and the text need not be decoded from its beginning. */
uint32_t fj_sites_find_numbers(const uint8_t *code, size_t len, bool (*is_wanted)(long nr),
	bool with_moves, struct fj_site *site, uint32_t max)
{
	struct between b = {.count = 0};
	uint32_t count = 0;

	for (size_t at = JUMP + 1; (at = fj_insn_next_syscall(code, len, at)) < len && count < max;
		at++) {
		long nr = 0;
		uint8_t moved = bytes_from_number(code, at, &nr);

		if (moved && is_wanted(nr))
			site[count++] = (struct fj_site){.at = (uint32_t)at,
				.nr = (int16_t)nr,
				.moved = moved,
				.kind = FJ_SITE_NUMBER};
		if (moved)
			continue;
		moved = moves_before(code, at, count, with_moves ? &b : NULL);
		if (moved)
			site[count++] = (struct fj_site){.at = (uint32_t)at,
				.nr = -1,
				.moved = moved,
				.kind = FJ_SITE_BEFORE};
	}
	if (!b.count)
		return count;
	see_jumps(code, len, &b);
	return drop_jumped_into(site, count, &b);
}
