/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * building.h - a seccomp program while it is made: its instructions, and jumps to what follows later. Used by
 * filter.c, which makes the program, and by leaves.c, which makes the end of it. */
#ifndef FJ_TRAP_BUILDING_H
#define FJ_TRAP_BUILDING_H

#include "call/condition.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdint.h>

#define MAX_LEN 4096u /* BPF_MAXINSNS, linux/bpf_common.h */
#define AT_NR 0	      /* offsets in struct seccomp_data, linux/seccomp.h */
#define AT_ARCH 4
#define AT_ARG(i) (16 + 8 * (i))

#define REFUSAL(e) (SECCOMP_RET_ERRNO | ((e)&SECCOMP_RET_DATA))

/* A test that decides about calls by their arguments, shared by all rows with this condition. `row` is the first
 * of them. */
struct leaf {
	const struct fj_row *row;
	enum fj_condition when;
	uint32_t jumps; /* the last jump to this leaf, plus one; each jump holds the one before
			 * it */
};
#define LEAVES 64u

/* Numbers from `from` to that of the next run, which have the same answer. */
struct run {
	uint16_t from;
	bool has_result;
	bool is_true;  /* the true side of `jump` leads to the answer, else the false side */
	uint32_t jump; /* index of the last comparison of the search for this run */
	uint32_t
		to; /* if `has_result`, the filter's result for these numbers, else the index of a leaf */
};
#define RUNS 512u
#define ANSWERS 100u /* so many comparisons and as many answers are within the reach of a jump */

struct builder {
	struct sock_filter *code;
	uint32_t len;
	bool overflowed;
	uint32_t leaf_count, run_count;
	uint32_t to_trap; /* the last jump to the trap, plus one: as `jumps` of a leaf */
	struct leaf leaf[LEAVES];
	struct run run[RUNS];
};

static inline void emit_insn(struct builder *b, uint16_t code, uint32_t k, uint8_t jt, uint8_t jf)
{
	if (b->len == MAX_LEN) {
		b->overflowed = true;
		return;
	}
	b->code[b->len++] = (struct sock_filter){.code = code, .k = k, .jt = jt, .jf = jf};
}
static inline void load_field(struct builder *b, uint32_t offset)
{
	emit_insn(b, BPF_LD | BPF_W | BPF_ABS, offset, 0, 0);
}
static inline void emit_return(struct builder *b, uint32_t result)
{
	emit_insn(b, BPF_RET | BPF_K, result, 0, 0);
}
static inline void emit_allow(struct builder *b)
{
	emit_return(b, SECCOMP_RET_ALLOW);
}

/* Jump to code that follows later. `jumps` is the list of jumps to it. */
static inline void emit_jump(struct builder *b, uint32_t *jumps)
{
	emit_insn(b, BPF_JMP | BPF_JA, *jumps, 0, 0);
	*jumps = b->len;
}

/* The target of these jumps is here. */
static inline void land_jumps(struct builder *b, uint32_t *jumps)
{
	while (*jumps && !b->overflowed) {
		struct sock_filter *jump = &b->code[*jumps - 1];
		const uint32_t before = jump->k;

		jump->k = b->len - *jumps;
		*jumps = before;
	}
}

/* A call from the gate page is allowed, others are trapped. */
static inline void trap_unless_ours(struct builder *b)
{
	emit_jump(b, &b->to_trap);
}

/* leaves.c: the tests of the leaves, all that was jumped to, and the test for the gate page. */
void fj_filter_leaves(struct builder *b);

#endif
