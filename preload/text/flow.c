/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * flow.c - where instructions begin: decodes a function from its beginning, as a processor would. Called by
 * certain.c.
 *
 * Bytes that look like a system call may be a constant in an instruction (machine code that a compiler
 * writes, for example) or part of a table. What a function's own instructions reach from its beginning is
 * certainly an instruction. What only an address in a table leads to is not known. patch/sites.c asks
 * before it changes anything.
 *
 * Pure. The bytes may be anything. */
#include "text/flow.h"

#include "bytes/copy.h"
#include "text/decode.h"

void fj_flow_begin(struct fj_flow *f, const uint8_t *code, uint64_t len, void *work)
{
	*f = (struct fj_flow){.code = code, .len = len, .pending = work};
	f->seen = (uint8_t *)work + FJ_FLOW_PENDING * 4UL;
}

bool fj_flow_is_begun(const struct fj_flow *f, uint64_t at)
{
	return f->seen[at / 8] & 1 << at % 8;
}

/* If the list of starts is full, the place is not followed: it stays unknown. */
static void add_start(struct fj_flow *f, uint64_t at)
{
	if (at < f->len && !fj_flow_is_begun(f, at) && f->pending_count < FJ_FLOW_PENDING)
		f->pending[f->pending_count++] = (uint32_t)at;
}

static bool is_prefix(uint8_t byte)
{
	return byte == 0x66 || byte == 0x67 || byte == 0xf2 || byte == 0xf3 || byte == 0x2e ||
	       byte == 0x36 || byte == 0x3e || byte == 0x26 || byte == 0x64 || byte == 0x65 ||
	       byte == 0xf0 || (byte & 0xf0) == 0x40;
}

struct branch {
	bool is_direct, is_call;
	uint64_t target;
};

/* `insn`, at `at`, is a branch. */
static struct branch branch_of(const struct fj_flow *f, uint64_t at, const struct fj_insn *insn)
{
	const uint64_t next = at + insn->len;
	const uint8_t *op = f->code + at;
	struct branch b = {0};

	while (is_prefix(*op)) /* ends: the instruction was decoded, so it has an opcode */
		op++;
	b.is_call = *op == 0xe8 || *op == 0xff;
	if ((*op & 0xf0) == 0x70 || *op == 0xeb || (*op >= 0xe0 && *op <= 0xe3)) {
		b.is_direct = true;
		b.target = next + (uint64_t)(int8_t)f->code[next - 1];
	} else if (*op == 0xe8 || *op == 0xe9 || (op[0] == 0x0f && (op[1] & 0xf0) == 0x80)) {
		int32_t distance;

		memcpy(&distance, f->code + next - 4, sizeof(distance));
		b.is_direct = true;
		b.target = next + (uint64_t)(int64_t)distance;
	}
	return b;
}

struct bounds {
	uint64_t from, end;
	bool with_calls;
};

/* Do instructions follow the branch `b`? False: not certain. */
static bool goes_on(struct fj_flow *f, const struct bounds *in, const struct branch *b)
{
	const bool is_inside = b->target >= in->from && b->target < in->end;

	if (!b->is_direct)
		return true;
	if (is_inside || in->with_calls)
		add_start(f, b->target);
	/* A call of a place inside the function may skip data, whose address it pushes. */
	return !b->is_call || in->with_calls || !is_inside || b->target == in->from;
}

static void follow_one(struct fj_flow *f, const struct bounds *in, uint64_t at)
{
	struct fj_insn insn;

	while (at < in->end && !fj_flow_is_begun(f, at) &&
		fj_decode(f->code + at, in->end - at, &insn)) {
		f->seen[at / 8] |= (uint8_t)(1 << at % 8);
		if (insn.is_branch) {
			const struct branch b = branch_of(f, at, &insn);

			if (!goes_on(f, in, &b))
				return;
		}
		if (insn.is_end || f->code[at] == 0xcc)
			return;
		at += insn.len;
	}
}

void fj_flow_follow(struct fj_flow *f, uint64_t from, uint64_t end, bool with_calls)
{
	const struct bounds in = {from, end < f->len ? end : f->len, with_calls};

	if (from >= in.end)
		return;
	add_start(f, from);
	while (f->pending_count)
		follow_one(f, &in, f->pending[--f->pending_count]);
}

/* Does a known instruction begin before `at` and end after it? */
static bool is_within(const struct fj_flow *f, uint64_t at)
{
	struct fj_insn insn;

	for (uint64_t back = 1; back < 15 && back <= at; back++)
		if (fj_flow_is_begun(f, at - back) &&
			fj_decode(f->code + at - back, f->len - at + back, &insn) &&
			insn.len > back)
			return true;
	return false;
}

bool fj_flow_is_whole(const struct fj_flow *f, uint64_t from, uint64_t to)
{
	uint64_t next = from;

	if (to > f->len || from >= to || is_within(f, from))
		return false;
	for (uint64_t at = from; at < to; at++) {
		struct fj_insn insn;

		if ((at == next) != fj_flow_is_begun(f, at))
			return false;
		if (at == next) {
			if (!fj_decode(f->code + at, to - at, &insn))
				return false;
			next += insn.len;
		}
	}
	return next == to;
}
