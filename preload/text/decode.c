/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * decode.c - lengths of x86-64 instructions (Intel SDM vol. 2, appendix A, tables ). Called
 * through decode.h.
 *
 * Pure. The bytes may be anything. */
#include "text/decode.h"

#include "bytes/copy.h"

/* What follows an opcode. */
enum {
	N = 0,	 /* nothing */
	M = 1,	 /* ModRM */
	B = 2,	 /* an 8-bit immediate */
	Z = 4,	 /* 32 bits; 16 with an operand-size prefix */
	W = 8,	 /* 16 bits */
	V = 16,	 /* as Z; 64 with REX.W */
	J = 32,	 /* the immediate is the distance of a branch */
	X = 64,	 /* no such instruction */
	O = 128, /* an address of 64 bits */
};

/* Sixteen opcodes a line. */
/* clang-format off */
static const uint8_t one_byte[256] = {
	/* 00 */ M, M, M, M, B, Z, X, X, M, M, M, M, B, Z, X, X,
	/* 10 */ M, M, M, M, B, Z, X, X, M, M, M, M, B, Z, X, X,
	/* 20 */ M, M, M, M, B, Z, X, X, M, M, M, M, B, Z, X, X,
	/* 30 */ M, M, M, M, B, Z, X, X, M, M, M, M, B, Z, X, X,
	/* 40 */ X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X,
	/* 50 */ N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N,
	/* 60 */ X, X, X, M, X, X, X, X, Z, M | Z, B, M | B, N, N, N, N,
	/* 70 */ B | J, B | J, B | J, B | J, B | J, B | J, B | J, B | J, B | J, B | J, B | J, B | J, B | J, B | J, B | J, B | J,
	/* 80 */ M | B, M | Z, X, M | B, M, M, M, M, M, M, M, M, M, M, M, M,
	/* 90 */ N, N, N, N, N, N, N, N, N, N, X, N, N, N, N, N,
	/* a0 */ O, O, O, O, N, N, N, N, B, Z, N, N, N, N, N, N,
	/* b0 */ B, B, B, B, B, B, B, B, V, V, V, V, V, V, V, V,
	/* c0 */ M | B, M | B, W, N, X, X, M | B, M | Z, W | B, N, W, N, N, B, X, N,
	/* d0 */ M, M, M, M, X, X, X, N, M, M, M, M, M, M, M, M,
	/* e0 */ B | J, B | J, B | J, B | J, B, B, B, B, Z | J, Z | J, X, B | J, N, N, N, N,
	/* f0 */ X, N, X, X, N, N, M, M, N, N, N, N, N, N, M, M,
};
/* clang-format on */

/* What follows an opcode of two bytes, 0f `op`. */
static uint8_t two_byte(uint8_t op)
{
	switch (op) {
	case 0x05:
	case 0x06:
	case 0x07:
	case 0x08:
	case 0x09:
	case 0x0b:
	case 0x0e:
	case 0x77:
	case 0xa0:
	case 0xa1:
	case 0xa2:
	case 0xa8:
	case 0xa9:
	case 0xaa:
		return N;
	case 0x04:
	case 0x0a:
	case 0x0c:
	case 0x24:
	case 0x25:
	case 0x26:
	case 0x27:
	case 0x36:
	case 0x39:
	case 0x3b:
	case 0x3c:
	case 0x3d:
	case 0x3e:
	case 0x3f:
	case 0xa6:
	case 0xa7:
		return X;
	case 0x70:
	case 0x71:
	case 0x72:
	case 0x73:
	case 0xa4:
	case 0xac:
	case 0xba:
	case 0xc2:
	case 0xc4:
	case 0xc5:
	case 0xc6:
		return M | B;
	default:
		if (op >= 0x30 && op <= 0x37)
			return N;
		if (op >= 0x80 && op <= 0x8f)
			return Z | J;
		return op >= 0xc8 && op <= 0xcf ? N : M;
	}
}

struct reader {
	const uint8_t *code;
	size_t at, room;
	bool ran_out;
};

static uint8_t take_byte(struct reader *r)
{
	if (r->at >= r->room || r->at >= 15) { /* 15 bytes are the limit of the architecture */
		r->ran_out = true;
		return 0;
	}
	return r->code[r->at++];
}

static uint8_t read_modrm(struct reader *r, struct fj_insn *insn)
{
	const uint8_t byte = take_byte(r);
	const uint8_t mod = byte >> 6, rm = byte & 7;
	uint8_t base = rm;

	if (mod == 3)
		return byte;
	if (rm == 4)
		base = take_byte(r) & 7;
	if (mod == 0 && rm == 5)
		insn->rip_at = (uint8_t)r->at;
	if (mod == 2 || (mod == 0 && base == 5))
		r->at += 4;
	else if (mod == 1)
		r->at += 1;
	return byte;
}

/* VEX and EVEX: the prefix says which opcode table is meant. */
static uint8_t vector_opcode(struct reader *r, uint8_t prefix)
{
	const uint8_t first = take_byte(r);
	uint8_t map = prefix == 0xc5 ? 1 : prefix == 0xc4 ? first & 31 : first & 7, op;

	if (prefix != 0xc5)
		take_byte(r);
	if (prefix == 0x62)
		take_byte(r);
	op = take_byte(r);
	if (map == 1)
		return two_byte(op) & (uint8_t)~J;
	return map == 3 ? M | B : M;
}

bool fj_decode(const uint8_t *code, size_t room, struct fj_insn *insn)
{
	struct reader r = {.code = code, .room = room};
	bool is_16_bit = false, is_wide = false, is_short_address = false;
	uint8_t op, what, group;

	*insn = (struct fj_insn){0};
	for (;;) {
		op = take_byte(&r);
		if (op == 0x66)
			is_16_bit = true;
		else if (op == 0x67)
			is_short_address = true;
		else if (op != 0xf0 && op != 0xf2 && op != 0xf3 && op != 0x2e && op != 0x36 &&
			 op != 0x3e && op != 0x26 && op != 0x64 && op != 0x65)
			break;
	}
	if ((op & 0xf0) == 0x40) {
		is_wide = op & 8;
		op = take_byte(&r);
	}
	if (op == 0xc4 || op == 0xc5 || op == 0x62) {
		what = vector_opcode(&r, op);
		op = 0;
	} else if (op != 0x0f) {
		what = one_byte[op];
		insn->is_end = op == 0xc3 || op == 0xc2 || op == 0xe9 || op == 0xeb || op == 0xf4;
	} else {
		op = take_byte(&r);
		if (op == 0x38 || op == 0x3a) {
			what = op == 0x3a ? M | B : M;
			take_byte(&r);
		} else {
			what = two_byte(op);
			insn->is_end = op == 0x0b;
		}
		op = 0;
	}
	if (what == X)
		return false;
	insn->is_branch = what & J;
	if (what & M) {
		group = read_modrm(&r, insn) >> 3 & 7;
		if ((op == 0xf6 || op == 0xf7) && group < 2)
			what |= op == 0xf6 ? B : Z;
		if (op == 0xff && group >= 2 && group <= 5)
			insn->is_branch = true;
		if (op == 0xff && (group == 4 || group == 5))
			insn->is_end = true;
	}
	r.at += what & O ? (is_short_address ? 4 : 8) : 0;
	r.at += what & B ? 1 : 0;
	r.at += what & W ? 2 : 0;
	if (what & V)
		r.at += is_wide ? 8 : is_16_bit ? 2 : 4;
	if (what & Z)
		r.at += is_16_bit && !(what & J) ? 2 : 4;
	insn->len = (uint8_t)r.at;
	return !r.ran_out && r.at <= room && r.at <= 15;
}

bool fj_insn_keeps(const uint8_t *p, uint8_t r)
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

/* Does a syscall instruction (0f 05) begin at one of the eight bytes from `p` on? Then a byte of `differ` is zero. */
static uint64_t looks_like_syscall(const uint8_t *p)
{
	const uint64_t each = 0x0101010101010101;
	uint64_t first, second, differ;

	memcpy(&first, p, sizeof(first));
	memcpy(&second, p + 1, sizeof(second));
	differ = (first ^ 0x0f * each) | (second ^ 0x05 * each);
	return (differ - each) & ~differ & 0x80 * each;
}

/* Tests many places at a time: a libc has more than a million, and the first process of a jail waits for
 * this. */
size_t fj_insn_next_syscall(const uint8_t *code, size_t len, size_t at)
{
	for (; at + 1 < len; at++) {
		while (at + 33 <= len &&
			!(looks_like_syscall(code + at) | looks_like_syscall(code + at + 8) |
				looks_like_syscall(code + at + 16) |
				looks_like_syscall(code + at + 24)))
			at += 32;
		while (at + 9 <= len && !looks_like_syscall(code + at))
			at += 8;
		if (at + 1 < len && fj_insn_is_syscall(code + at))
			return at;
	}
	return len;
}
