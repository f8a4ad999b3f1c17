/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * find.c - the syscall instructions in the text of a library, and what may be overwritten for each.
 *
 * A jump has five bytes and a syscall two. So the instructions before it are overwritten, most
 * often `mov $nr,%eax`, and the syscall stays: whoever jumps straight to it makes the call, and a
 * libc that looks whether a thread stands on it (glibc 2.41,
 * __syscall_cancel_arch) is not misled. Where that cannot be done those behind it are taken. None
 * may be one that something else jumps to.
 *
 * The text is read from its beginning, one instruction after the other. Where something in it is no
 * code, x86 falls into step again after a few instructions. */
#include "text/decode.h"
#include "text/sites.h"

#define JUMP 5u	    /* bytes of jmp rel32 */
#define MOVE_MAX 8u /* bytes of a mov between a register and memory */
#define RECENT 16u  /* instructions remembered before the current one */

struct sweep {
	const uint8_t *code;
	size_t len, at;
	struct fj_insn insn;   /* the one at `at` */
	size_t recent[RECENT]; /* where the last ones began */
	uint32_t count;	       /* of all before it */
};

static uint32_t read32(const uint8_t *p)
{
	uint32_t value;

	memcpy(&value, p, sizeof(value));
	return value;
}

/* Decode the instruction at `at`; bytes that are none are passed over. False at the end. */
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

/* Where the `i`th instruction before the current one began; 1 is the last. */
static size_t before(const struct sweep *s, uint32_t i)
{
	return s->recent[(s->count - i) % RECENT];
}
static uint32_t known_before(const struct sweep *s)
{
	return s->count < RECENT ? s->count : RECENT;
}

static bool is_syscall(const uint8_t *p)
{
	return p[0] == 0x0f && p[1] == 0x05;
}

/* Does this instruction leave register `r` (0: rax, 4: rsp) alone? Known for those that libc puts
 * between the number and the call. */
static bool keeps(const uint8_t *p, uint8_t r)
{
	const bool has_rex = (*p & 0xf0) == 0x40;
	const uint8_t rex = has_rex ? *p++ : 0;
	const uint8_t reg = (uint8_t)((p[1] >> 3 & 7) | (rex & 4 ? 8 : 0)),
		      rm = (uint8_t)((p[1] & 7) | (rex & 1 ? 8 : 0));

	if (*p >= 0xb8 && *p <= 0xbf) /* mov $imm, a register */
		return ((*p & 7) | (rex & 1 ? 8 : 0)) != r;
	if (*p == 0x89 || *p == 0x31 || *p == 0x29 || *p == 0x83 || *p == 0x81)
		return p[1] < 0xc0 || rm != r;
	if (*p == 0x8b || *p == 0x8d || *p == 0x63)
		return reg != r;
	return *p == 0xc7 && p[1] < 0xc0;
}

/* The number in rax, from the last `mov $nr,%eax` before the call; -1 when it is not known for
 * sure. */
static int number(const struct sweep *s)
{
	for (uint32_t i = 1; i <= known_before(s); i++) {
		const size_t at = before(s, i);
		struct fj_insn insn;

		if (s->code[at] == 0xb8)
			return read32(s->code + at + 1) < 512 ? (int)read32(s->code + at + 1) : -1;
		if (s->code[at] == 0x31 && s->code[at + 1] == 0xc0)
			return 0; /* xor %eax,%eax */
		if (!fj_decode(s->code + at, s->at - at, &insn) || insn.is_branch || insn.is_end ||
			!keeps(s->code + at, 0))
			break;
	}
	return -1;
}

/* How many bytes before the call are whole instructions that may be moved, at least JUMP? 0: that
 * cannot be done. */
static uint8_t movable_before(const struct sweep *s)
{
	for (uint32_t i = 1; i <= known_before(s); i++) {
		const size_t at = before(s, i);
		struct fj_insn insn;

		if (!fj_decode(s->code + at, s->at - at, &insn) || insn.is_branch || insn.is_end ||
			is_syscall(s->code + at))
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

/* How many bytes from the call on? A ret may be the last of them, and what follows it is padding.
 */
static uint8_t movable_behind(const uint8_t *code, size_t room)
{
	size_t at = 2;

	while (at < JUMP) {
		struct fj_insn insn;

		if (!fj_decode(code + at, room - at, &insn) || insn.is_branch ||
			is_syscall(code + at))
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

/* What must not be jumped to: (from, to]. */
struct range {
	size_t from, to;
};
static struct range range_of(const struct fj_site *s)
{
	if (s->kind == FJ_SITE_BEFORE)
		return (struct range){s->at - s->moved, s->at};
	return (struct range){s->at, s->kind == FJ_SITE_BEHIND ? s->at + s->moved - 1 : s->at};
}

/* Something jumps into what would be overwritten: take the bytes behind the call, or leave it. */
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

/* Remember where the current instruction jumps to: a bit for each byte of the text. */
static void note_target(const struct sweep *s, uint8_t *targets)
{
	const size_t next = s->at + s->insn.len;
	const uint8_t op = s->code[s->at];
	size_t target;

	if ((op & 0xf0) == 0x70 || op == 0xeb || (op >= 0xe0 && op <= 0xe3))
		target = next + (size_t)(int8_t)s->code[next - 1];
	else if (s->insn.len >= 5)
		target = next + (size_t)(int32_t)read32(s->code + next - 4);
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

static void drop_jumped_into(const uint8_t *code, size_t len, struct fj_site *site, uint32_t count,
	const uint8_t *targets)
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
		.nr = (int16_t)number(s),
		.moved = movable_before(s),
		.kind = FJ_SITE_BEFORE};
	/* Two calls so close together that their changes would meet: the first one keeps the place.
	 */
	if (!f->moved || s->at - f->moved < *end) {
		f->moved = movable_behind(s->code + s->at, s->len - s->at);
		f->kind = f->moved ? FJ_SITE_BEHIND : FJ_SITE_STAYS;
	}
	*end = f->kind == FJ_SITE_BEHIND ? range_of(f).to + 1 : s->at + 2;
}

/* Has one of the eight places from `p` on these two bytes? A byte of `differ` is zero there. */
static uint64_t looks_like_syscall(const uint8_t *p)
{
	const uint64_t each = 0x0101010101010101;
	uint64_t first, second, differ;

	memcpy(&first, p, sizeof(first));
	memcpy(&second, p + 1, sizeof(second));
	differ = (first ^ 0x0f * each) | (second ^ 0x05 * each);
	return (differ - each) & ~differ & 0x80 * each;
}

/* The next two bytes from `at` on that are those of a syscall, be they an instruction or not; `len`
 * when there are none. Many places at a time: a libc has more than a million, and each first
 * process of a jail waits for this. */
static size_t next_syscall(const uint8_t *code, size_t len, size_t at)
{
	for (; at + 1 < len; at++) {
		while (at + 33 <= len &&
			!(looks_like_syscall(code + at) | looks_like_syscall(code + at + 8) |
				looks_like_syscall(code + at + 16) |
				looks_like_syscall(code + at + 24)))
			at += 32;
		while (at + 9 <= len && !looks_like_syscall(code + at))
			at += 8;
		if (at + 1 < len && is_syscall(code + at))
			return at;
	}
	return len;
}

uint32_t fj_sites_find(
	const uint8_t *code, size_t len, struct fj_site *site, uint32_t max, uint8_t *targets)
{
	struct sweep s = {.code = code, .len = len};
	uint32_t count = 0;
	size_t end = 0;

	if (next_syscall(code, len, 0) == len)
		return 0;
	for (bool more = decode_here(&s); more; more = go_on(&s)) {
		if (s.insn.is_branch)
			note_target(&s, targets);
		if (is_syscall(code + s.at) && count < max)
			add_site(&s, &site[count++], &end);
	}
	drop_jumped_into(code, len, site, count, targets);
	return count;
}

/* Bytes of whole instructions from a `mov $nr,%eax` to the call at `at`, where rax still has the
 * number; 0 when there is none near. */
static uint8_t number_before(const uint8_t *code, size_t at, long *nr)
{
	for (size_t back = JUMP; back <= FJ_SITE_MOVED_MAX && back < at; back++) {
		const uint8_t *mov = code + at - back;
		size_t done = JUMP;
		struct fj_insn insn;

		/* (A byte that might be a REX prefix makes another register of eax.) */
		if (*mov != 0xb8 || read32(mov + 1) >= 512 || (mov[-1] & 0xf0) == 0x40)
			continue;
		while (done < back && fj_decode(mov + done, back - done, &insn) &&
			!insn.is_branch && !insn.is_end && !is_syscall(mov + done) &&
			keeps(mov + done, 0) && keeps(mov + done, 4))
			done += insn.len;
		*nr = read32(mov + 1);
		return done == back ? (uint8_t)back : 0;
	}
	return 0;
}

/* A mov of 64 bits between registers, or a register and memory; not into rsp, and not by the
 * instruction pointer. Its length, or 0. */
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

/* Are the bytes before `at`, which hold a distance there, a jump's, a call's, or those of an
 * instruction that takes an address? */
static bool is_before_distance(const uint8_t *code, size_t at)
{
	const uint8_t last = code[at - 1];

	return last == 0xe8 || last == 0xe9 || (last & 0xc7) == 0x05 ||
	       (at > 1 && code[at - 2] == 0x0f && (last & 0xf0) == 0x80);
}

/* Does any jump, whatever is taken for one, lead to `to`? */
static bool is_jumped_to(const uint8_t *code, size_t len, size_t to)
{
	for (size_t at = to < 130 ? 0 : to - 130; at + 2 <= len && at < to + 130; at++)
		if (((code[at] & 0xf0) == 0x70 || code[at] == 0xeb ||
			    (code[at] >= 0xe0 && code[at] <= 0xe3)) &&
			at + 2 + (size_t)(int8_t)code[at + 1] == to)
			return true;
	for (size_t at = 1; at + 4 <= len; at++)
		if (at + 4 + (size_t)(int32_t)read32(code + at) == to &&
			is_before_distance(code, at))
			return true;
	return false;
}

/* A text is looked through for jumps that lead between two moves so often, and a small one as often
 * as takes no longer than some milliseconds. */
#define LOOKS_MAX 4u
#define LOOKED_MAX (4UL << 20) /* bytes */

static bool may_look(uint32_t *looks, size_t len)
{
	return (*looks)++ < LOOKS_MAX || *looks * len < LOOKED_MAX;
}

/* The moves right before the call at `at`: the last thing that a function does which is passed the
 * number (Go's Syscall6, syscall(3), cancellation points of glibc 2.41 and of musl). At least
 * enough of them for a jump, and nobody jumps between them; whoever jumps to the call makes it.
 * Returns their length, or 0. */
static uint8_t moves_before(const uint8_t *code, size_t len, size_t at, uint32_t *looks)
{
	for (size_t back = JUMP; back <= 2 * MOVE_MAX && back <= at; back++) {
		bool is_apart = true;
		size_t done = 0;
		uint8_t move;

		while (done < back &&
			(move = move_len(code + at - back + done, back - done)) != 0) {
			is_apart = is_apart &&
				   (!done || (may_look(looks, len) &&
						     !is_jumped_to(code, len, at - back + done)));
			done += move;
		}
		if (done == back)
			return is_apart ? (uint8_t)back : 0;
	}
	return 0;
}

/* Five bytes that could be a `mov $nr,%eax`, and from there on instructions that lead straight to a
 * syscall, with the number in rax and the stack where it was, are rarely anything else. Only that
 * mov gives way to the jump, so what is jumped to between the two matters not, and the text need
 * not be read from its beginning. */
uint32_t fj_sites_find_numbers(const uint8_t *code, size_t len, bool (*is_wanted)(long nr),
	struct fj_site *site, uint32_t max)
{
	uint32_t count = 0, looks = 0;

	for (size_t at = JUMP + 1; (at = next_syscall(code, len, at)) < len && count < max; at++) {
		long nr = 0;
		uint8_t moved = number_before(code, at, &nr);

		if (moved && is_wanted(nr))
			site[count++] = (struct fj_site){.at = (uint32_t)at,
				.nr = (int16_t)nr,
				.moved = moved,
				.kind = FJ_SITE_NUMBER};
		if (moved)
			continue;
		moved = moves_before(code, len, at, &looks);
		if (moved) {
			site[count++] = (struct fj_site){.at = (uint32_t)at,
				.nr = -1,
				.moved = moved,
				.kind = FJ_SITE_BEFORE};
		}
	}
	return count;
}
