/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * find.c - the syscall instructions in the text of a library.
 *
 * The two bytes 0f 05 may also lie inside another instruction. x86 text read from a wrong start falls into step after a few
 * instructions, so sixteen starts before the place are tried, and what most of them agree on holds.
 *
 * A jump has five bytes and a syscall two. So the instructions before it are overwritten, most often `mov $nr,%eax`, and the
 * syscall stays: whoever jumps straight to it makes the call, and a libc that looks whether a thread stands on it (glibc 2.41,
 * __syscall_cancel_arch) is not misled. Where that cannot be done those behind it are taken. None may be one that something
 * else jumps to. */
#include "door/decode.h"
#include "door/sites.h"

#define WINDOW 64u	/* bytes before the site that are decoded */
#define STARTS 16u	/* ways to begin */
#define AGREED 9u	/* of them */
#define JUMP 5u		/* bytes of jmp rel32 */
#define CHAIN_MAX 64u

static uint32_t read32(const uint8_t *p)
{
	uint32_t value;

	memcpy(&value, p, sizeof(value));
	return value;
}

/* votes[i]: how many ways of reading have an instruction begin at `code` + i. */
static void vote(const uint8_t *code, size_t site, uint8_t votes[CHAIN_MAX + 1])
{
	memset(votes, 0, CHAIN_MAX + 1);
	for (size_t begin = 0; begin < STARTS; begin++) {
		struct fj_insn insn;
		uint8_t mine[CHAIN_MAX + 1] = {0};
		size_t at = begin;

		while (at < site && fj_decode(code + at, site + 2 - at, &insn)) {
			mine[at] = 1;
			at += insn.len;
		}
		if (at != site)
			continue;
		mine[site] = 1;
		for (size_t i = 0; i <= site; i++)
			votes[i] = (uint8_t)(votes[i] + mine[i]);
	}
}

/* Does this instruction leave rax alone? Known for those that libc puts between the number and the call. */
static bool keeps_rax(const uint8_t *p)
{
	const bool has_rex = (*p & 0xf0) == 0x40;
	const uint8_t rex = has_rex ? *p++ : 0;
	const uint8_t reg = (uint8_t)((p[1] >> 3 & 7) | (rex & 4 ? 8 : 0)), rm = (uint8_t)((p[1] & 7) | (rex & 1 ? 8 : 0));

	if (*p >= 0xb9 && *p <= 0xbf)
		return true; /* mov $imm, register but rax */
	if (*p == 0xb8)
		return rex & 1;
	if (*p == 0x89 || *p == 0x31 || *p == 0x29)
		return p[1] < 0xc0 || rm != 0;
	if (*p == 0x8b || *p == 0x8d || *p == 0x63)
		return reg != 0;
	return (*p == 0xc7 && p[1] < 0xc0) || (*p == 0x83 && (p[1] < 0xc0 || rm != 0));
}

/* The number in rax, from the last `mov $nr,%eax` before the site; -1 when it is not known for sure. */
static int number_before(const uint8_t *code, size_t site, const uint8_t votes[CHAIN_MAX + 1])
{
	for (size_t at = site; at-- > STARTS;) {
		struct fj_insn insn;

		if (votes[at] < AGREED)
			continue;
		if (code[at] == 0xb8)
			return read32(code + at + 1) < 512 ? (int)read32(code + at + 1) : -1;
		if (code[at] == 0x31 && code[at + 1] == 0xc0)
			return 0; /* xor %eax,%eax */
		if (!fj_decode(code + at, site - at, &insn) || insn.is_branch || insn.is_end || !keeps_rax(code + at))
			return -1;
	}
	return -1;
}

/* How many bytes before the site are whole instructions that may be moved, at least JUMP? 0: that cannot be done. */
static uint8_t movable_before(const uint8_t *code, size_t site, const uint8_t votes[CHAIN_MAX + 1])
{
	for (size_t at = site; at-- > STARTS;) {
		struct fj_insn insn;

		if (votes[at] < AGREED)
			continue;
		if (!fj_decode(code + at, site - at, &insn) || insn.is_branch || insn.is_end || (code[at] == 0x0f && code[at + 1] == 0x05))
			return 0;
		if (site - at >= JUMP)
			return (uint8_t)(site - at);
	}
	return 0;
}

static uint8_t movable_behind(const uint8_t *code, size_t room)
{
	size_t at = 2;

	while (at < JUMP) {
		struct fj_insn insn;

		if (!fj_decode(code + at, room - at, &insn) || insn.is_branch)
			return 0;
		at += insn.len;
		if (insn.is_end)
			return at >= JUMP || (code[at - 1] == 0xc3 && at + 1 >= JUMP && (code[at] == 0x90 || code[at] == 0x66 || code[at] == 0xcc)) ?
				(uint8_t)at : 0;
	}
	return (uint8_t)at;
}

/* Is this where an instruction begins, and not the middle of one? */
static bool is_start(const uint8_t *code, size_t at)
{
	uint8_t votes[CHAIN_MAX + 1];

	if (at < WINDOW)
		return true;
	vote(code + at - WINDOW, WINDOW, votes);
	return votes[WINDOW] >= AGREED;
}

/* May something in the text jump to (from, to]? Short jumps only; drop_jumped_to() sees the others. */
static bool is_jumped_to(const uint8_t *code, size_t len, size_t from, size_t to)
{
	const size_t begin = from > 130 ? from - 130 : 0;

	for (size_t i = begin; i + 2 <= len && i < to + 130; i++) {
		const uint8_t op = code[i];
		size_t target;

		if ((op & 0xf0) != 0x70 && op != 0xeb && (op < 0xe0 || op > 0xe3))
			continue;
		target = i + 2 + (size_t)(int8_t)code[i + 1];
		if (target > from && target <= to && is_start(code, i))
			return true;
	}
	return false;
}

struct range {
	size_t from, to;
};
static struct range range_of(const struct fj_site *s)
{
	if (s->kind == FJ_SITE_STAYS)
		return (struct range){s->at, s->at};
	if (s->kind == FJ_SITE_BEHIND)
		return (struct range){s->at, s->at + s->moved - 1};
	return (struct range){s->at - s->moved, s->at};
}

/* Something jumps into what would be overwritten: take the bytes behind the call, or leave it. */
static void give_way(const uint8_t *code, size_t len, struct fj_site *s, size_t next_from)
{
	const bool was_before = s->kind == FJ_SITE_BEFORE;

	s->kind = FJ_SITE_STAYS;
	if (!was_before)
		return;
	s->moved = movable_behind(code + s->at, len - s->at);
	if (s->moved && s->at + s->moved <= next_from && !is_jumped_to(code, len, s->at, s->at + s->moved - 1))
		s->kind = FJ_SITE_BEHIND;
}

/* One pass over the text for long jumps into any of the sites, which are in order. */
static bool drop_jumped_to(const uint8_t *code, size_t len, struct fj_site *site, uint32_t count, uint8_t near[FJ_SITES_WORK])
{
	bool any = false;

	/* A bit for each 64 bytes that hold a part of a site (texts over 32 MiB share bits). */
	memset(near, 0, FJ_SITES_WORK);
	for (uint32_t i = 0; i < count; i++) {
		const struct range r = range_of(&site[i]);

		near[r.from / 512 % FJ_SITES_WORK] |= (uint8_t)(1 << (r.from / 64 % 8));
		near[r.to / 512 % FJ_SITES_WORK] |= (uint8_t)(1 << (r.to / 64 % 8));
	}
	for (size_t i = 0; i + 6 <= len; i++) {
		size_t target;
		uint32_t low = 0, high = count;

		if (code[i] == 0xe9 || code[i] == 0xe8)
			target = i + 5 + (size_t)(int32_t)read32(code + i + 1);
		else if (code[i] == 0x0f && (code[i + 1] & 0xf0) == 0x80)
			target = i + 6 + (size_t)(int32_t)read32(code + i + 2);
		else
			continue;
		if (target >= len || !(near[target / 512 % FJ_SITES_WORK] & 1 << (target / 64 % 8)))
			continue;
		while (low < high) {
			const uint32_t middle = (low + high) / 2;

			if (range_of(&site[middle]).to < target)
				low = middle + 1;
			else
				high = middle;
		}
		if (low < count && range_of(&site[low]).from < target && target <= range_of(&site[low]).to && is_start(code, i)) {
			give_way(code, len, &site[low], low + 1 < count ? range_of(&site[low + 1]).from : len);
			any = true;
		}
	}
	return any;
}

static bool consider(const uint8_t *code, size_t len, size_t at, struct fj_site *s)
{
	const size_t back = at < WINDOW ? at : WINDOW;
	const uint8_t *window = code + at - back;
	uint8_t votes[CHAIN_MAX + 1];
	int nr;

	if (back < WINDOW)
		return false; /* no function of a library begins this close to its text's start: .init and .plt are there */
	vote(window, back, votes);
	if (votes[back] < AGREED)
		return false;
	nr = number_before(window, back, votes);
	*s = (struct fj_site){.at = (uint32_t)at, .nr = (int16_t)nr};
	s->moved = movable_before(window, back, votes);
	s->kind = FJ_SITE_BEFORE;
	if (s->moved && !is_jumped_to(code, len, at - s->moved, at))
		return true;
	s->moved = movable_behind(code + at, len - at);
	s->kind = FJ_SITE_BEHIND;
	if (!s->moved || is_jumped_to(code, len, at, at + s->moved - 1))
		s->kind = FJ_SITE_STAYS;
	return true;
}

uint32_t fj_sites_find(const uint8_t *code, size_t len, struct fj_site *site, uint32_t max, uint8_t work[FJ_SITES_WORK])
{
	uint32_t count = 0;
	size_t end = 0;

	for (size_t at = 0; at + 2 <= len && count < max; at++) {
		if (code[at] != 0x0f || code[at + 1] != 0x05 || !consider(code, len, at, &site[count]))
			continue;
		/* Two calls so close together that their changes would meet: the first one keeps the place. */
		if (site[count].kind != FJ_SITE_STAYS && range_of(&site[count]).from < end)
			site[count].kind = FJ_SITE_STAYS;
		if (site[count].kind != FJ_SITE_STAYS)
			end = range_of(&site[count]).to + 1;
		count++;
	}
	if (drop_jumped_to(code, len, site, count, work))
		drop_jumped_to(code, len, site, count, work); /* what gave way has its bytes elsewhere now */
	return count;
}
