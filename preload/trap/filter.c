/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * filter.c - makes a seccomp program from the table. Called by launch/doors.c.
 *
 *      another architecture, x32, a number that the table does not know  -> ENOSYS
 *      one of the three most frequent calls                              -> as below
 *      number not in a trapped row of the table (binary search)          -> allow
 *      a row's condition on its arguments is false                       -> allow
 *      the call comes from the gate page, at one of its two addresses    -> allow, else trap
 *
 * The kernel translates the program at each start of a jail, in a time that grows with its length. So what
 * several rows need exists once: rows jump to one of few leaves, and leaves to one test for the gate page.
 * They are further down, since such a program can only jump forward.
 *
 * The number is tested first, and alone. Then the kernel (5.11 and newer) stores in a bitmap that a call is
 * always allowed, and does not run the program for it. */
#include "call/condition.h"
#include "call/trap_tag.h"
#include "call/trapping.h"
#include "trap/trap.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/mman.h>
#include <linux/seccomp.h>

#define MAX_LEN 4096u /* BPF_MAXINSNS, linux/bpf_common.h */
#define AT_NR 0	      /* offsets in struct seccomp_data, linux/seccomp.h */
#define AT_ARCH 4
#define AT_IP 8
#define AT_ARG(i) (16 + 8 * (i))

#define REFUSAL(e) (SECCOMP_RET_ERRNO | ((e)&SECCOMP_RET_DATA))

/* What is done with a call of a row: its condition (`row` is the first row with this condition), or a
 * result that depends only on the number. */
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
	bool is_true; /* the answer is reached by the true side of `jump`, a choice in the search */
	uint32_t jump;
	uint32_t to; /* the result, or a leaf */
};
#define RUNS 512u
#define ANSWERS 100u /* so many choices and as many answers are within the reach of a jump */

struct builder {
	struct sock_filter *code;
	uint32_t len;
	bool overflowed;
	uint32_t leaf_count, run_count;
	uint32_t to_trap; /* jumps, as those of a leaf */
	struct leaf leaf[LEAVES];
	struct run run[RUNS];
};

static void emit_insn(struct builder *b, uint16_t code, uint32_t k, uint8_t jt, uint8_t jf)
{
	if (b->len == MAX_LEN) {
		b->overflowed = true;
		return;
	}
	b->code[b->len++] = (struct sock_filter){.code = code, .k = k, .jt = jt, .jf = jf};
}
static void load_field(struct builder *b, uint32_t offset)
{
	emit_insn(b, BPF_LD | BPF_W | BPF_ABS, offset, 0, 0);
}
static void emit_return(struct builder *b, uint32_t result)
{
	emit_insn(b, BPF_RET | BPF_K, result, 0, 0);
}
static void emit_allow(struct builder *b)
{
	emit_return(b, SECCOMP_RET_ALLOW);
}

/* Jump to code that follows later. `jumps` is the list of jumps to it. */
static void emit_jump(struct builder *b, uint32_t *jumps)
{
	emit_insn(b, BPF_JMP | BPF_JA, *jumps, 0, 0);
	*jumps = b->len;
}

/* The target of these jumps is here. */
static void land_jumps(struct builder *b, uint32_t *jumps)
{
	while (*jumps && !b->overflowed) {
		struct sock_filter *jump = &b->code[*jumps - 1];
		const uint32_t before = jump->k;

		jump->k = b->len - *jumps;
		*jumps = before;
	}
}

/* Allow a call from the gate page; all others get `result`. */
static void unless_ours(struct builder *b, uint32_t result)
{
	struct sock_filter test[FJ_GATE_TEST];

	fj_gate_test(test);
	for (size_t i = 0; i < FJ_GATE_TEST; i++)
		emit_insn(b, test[i].code, test[i].k, test[i].jt, test[i].jf);
	emit_return(b, result);
}
static void trap_unless_ours(struct builder *b)
{
	emit_jump(b, &b->to_trap);
}

/* Continue below if argument `i` is not null, else allow. */
static void allow_if_null(struct builder *b, unsigned i)
{
	load_field(b, AT_ARG(i));
	emit_insn(b, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 3);
	load_field(b, AT_ARG(i) + 4);
	emit_insn(b, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1);
	emit_allow(b);
}

/* Continue below if one of the arguments `fds` is one of our descriptors, else allow. */
static void allow_unless_our_fd(struct builder *b, uint32_t fds)
{
	const uint32_t ours = (uint32_t)FJ_FD_ROOT(fj_jail);

	for (; fds; fds &= fds - 1) {
		uint8_t others = 0; /* instructions */

		for (uint32_t left = fds & (fds - 1); left; left &= left - 1)
			others += 3;
		load_field(b, AT_ARG((uint32_t)__builtin_ctz(fds)));
		emit_insn(b, BPF_JMP | BPF_JGE | BPF_K, ours, 0, 1);
		emit_insn(
			b, BPF_JMP | BPF_JGE | BPF_K, ours + FJ_FD_COUNT, 0, (uint8_t)(others + 1));
	}
	emit_allow(b);
}

/* Continue below if argument 0, a number of descriptors, includes ours, else allow. */
static void allow_unless_many_fds(struct builder *b)
{
	load_field(b, AT_ARG(0));
	emit_insn(b, BPF_JMP | BPF_JGE | BPF_K, (uint32_t)FJ_FD_ROOT(fj_jail) + 1, 1, 0);
	emit_allow(b);
}

/* Trap a call whose argument `i` is not null. */
static void trap_if_set(struct builder *b, unsigned i)
{
	load_field(b, AT_ARG(i));
	emit_insn(b, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 2);
	load_field(b, AT_ARG(i) + 4);
	emit_insn(b, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0);
	trap_unless_ours(b);
}

static void allow_unless_one_of(struct builder *b, uint32_t offset, const struct fj_values *values)
{
	load_field(b, offset);
	for (unsigned i = 0; i < values->count; i++)
		emit_insn(b, BPF_JMP | BPF_JEQ | BPF_K, values->value[i],
			(uint8_t)(values->count - i), 0);
	emit_allow(b);
}

static void emit_leaf(struct builder *b, const struct fj_row *row, enum fj_condition when)
{
	switch (when) {
	case FJ_NEVER:
	case FJ_ALWAYS:
	case FJ_IF_TRACED:
		break;
	case FJ_IF_ARG0:
	case FJ_IF_ARG1:
	case FJ_IF_ARG2:
	case FJ_IF_ARG3:
	case FJ_IF_ARG4:
	case FJ_IF_ARG5:
		allow_if_null(b, (unsigned)when - FJ_IF_ARG0);
		break;
	case FJ_IF_COMPARED:
		load_field(b, AT_ARG(1));
		emit_insn(b, BPF_JMP | BPF_JEQ | BPF_K, FJ_F_DUPFD_QUERY, 0, 1);
		trap_unless_ours(b);
		allow_unless_our_fd(b, row->fds);
		break;
	case FJ_IF_OUR_FD:
	case FJ_IF_LIMITED:
		allow_unless_our_fd(b, row->fds);
		break;
	case FJ_IF_MANY_FDS:
		allow_unless_many_fds(b);
		break;
	case FJ_IF_PSELECT:
		trap_if_set(b, 5);
		allow_unless_many_fds(b);
		break;
	case FJ_IF_NEW_MOUNTS:
		load_field(b, AT_ARG(0));
		emit_insn(b, BPF_JMP | BPF_JSET | BPF_K, CLONE_NEWNS | CLONE_NEWUSER, 1, 0);
		emit_allow(b);
		break;
	case FJ_IF_NEW_USERS:
		load_field(b, AT_ARG(0));
		emit_insn(b, BPF_JMP | BPF_JSET | BPF_K, CLONE_NEWUSER | CLONE_NEWNS, 5, 0);
		emit_insn(b, BPF_ALU | BPF_AND | BPF_K, CLONE_FS | CLONE_THREAD, 0, 0);
		emit_insn(b, BPF_JMP | BPF_JEQ | BPF_K, CLONE_FS, 0, 2);
		load_field(b, AT_ARG(0) + 4);
		emit_insn(b, BPF_JMP | BPF_JSET | BPF_K, FJ_CLONE_SEEN, 0, 1);
		emit_allow(b);
		break;
	case FJ_IF_GUARDED:
		allow_unless_one_of(b, AT_ARG(0), &fj_prctl_options);
		break;
	case FJ_IF_TRACING:
		allow_unless_one_of(b, AT_ARG(0), &fj_ptrace_requests);
		break;
	case FJ_IF_PEER:
		allow_unless_one_of(b, AT_ARG(1), &(const struct fj_values){1, {FJ_SOL_SOCKET}});
		allow_unless_one_of(b, AT_ARG(2), &fj_peer_options);
		break;
	case FJ_IF_REQUEST:
		if (!fj_jail->trace_fd_plus_1)
			allow_unless_one_of(b, AT_ARG(1), &fj_requests);
		break;
	case FJ_IF_LAST:
		allow_unless_one_of(b, AT_ARG(0), &(const struct fj_values){1, {FJ_MISSING}});
		break;
	case FJ_IF_AUDIT:
		allow_unless_one_of(b, AT_ARG(0), &(const struct fj_values){1, {FJ_AF_NETLINK}});
		allow_unless_one_of(b, AT_ARG(2), &(const struct fj_values){1, {NETLINK_AUDIT}});
		break;
	case FJ_IF_NOT_ROOT:
		unless_ours(b, REFUSAL(0));
		return;
	}
	trap_unless_ours(b);
}

/* Do both rows have the same condition? */
static bool is_same_leaf(const struct leaf *l, const struct fj_row *row, enum fj_condition when)
{
	return l->when == when &&
	       (l->row->fds == row->fds || (when != FJ_IF_OUR_FD && when != FJ_IF_LIMITED));
}

static uint32_t leaf_of(struct builder *b, const struct fj_row *row, enum fj_condition when)
{
	uint32_t i = 0;

	while (i < b->leaf_count && !is_same_leaf(&b->leaf[i], row, when))
		i++;
	fj_assert(i < LEAVES);
	if (i == b->leaf_count)
		b->leaf[b->leaf_count++] = (struct leaf){.row = row, .when = when};
	return i;
}

static struct run answer_of(struct builder *b, long nr)
{
	const struct fj_row *row = fj_row(nr);
	const enum fj_condition when = row ? fj_condition_of(row) : FJ_NEVER;
	struct run run = {.from = (uint16_t)nr, .has_result = true};

	if (!row)
		run.to = REFUSAL(ENOSYS);
	else if (when == FJ_NEVER)
		run.to = SECCOMP_RET_ALLOW;
	else if (when == FJ_ALWAYS && row->support == FJ_REFUSED)
		run.to = REFUSAL((uint32_t)-row->refusal);
	else {
		run.has_result = false;
		run.to = leaf_of(b, row, when);
	}
	return run;
}

static void find_runs(struct builder *b)
{
	for (long nr = 0; nr < fj_row_count; nr++) {
		const struct run next = answer_of(b, nr),
				 *last = b->run_count ? &b->run[b->run_count - 1] : NULL;

		if (last && last->has_result == next.has_result && last->to == next.to)
			continue;
		fj_assert(b->run_count < RUNS);
		b->run[b->run_count++] = next;
	}
}

/* Binary search in the runs [from, to), at least two. A choice of one run is a jump that has no target yet. */
static void emit_choices(struct builder *b, uint32_t from, uint32_t to)
{
	const uint32_t middle = from + (to - from) / 2, at = b->len;

	emit_insn(b, BPF_JMP | BPF_JGE | BPF_K, b->run[middle].from, 0, 0);
	if (middle - from == 1)
		b->run[from].jump = at;
	else
		emit_choices(b, from, middle);
	if (to - middle == 1) {
		b->run[middle].jump = at;
		b->run[middle].is_true = true;
		return;
	}
	if (!b->overflowed)
		b->code[at].jt = (uint8_t)(b->len - at - 1);
	emit_choices(b, middle, to);
}

/* What the choices of one run lead to: each answer once. */
static void emit_answers(struct builder *b, uint32_t from, uint32_t to)
{
	const uint32_t begin = b->len;
	struct run *first[ANSWERS]; /* with the answer at `begin` and the same number */
	uint32_t count = 0, i;

	for (struct run *run = &b->run[from]; run < &b->run[to]; run++) {
		for (i = 0; i < count; i++)
			if (first[i]->to == run->to && first[i]->has_result == run->has_result)
				break;
		if (i == count) {
			fj_assert(count < ANSWERS);
			first[count++] = run;
			if (run->has_result)
				emit_return(b, run->to);
			else
				emit_jump(b, &b->leaf[run->to].jumps);
		}
		if (b->overflowed)
			return;
		if (run->is_true)
			b->code[run->jump].jt = (uint8_t)(begin + i - run->jump - 1);
		else
			b->code[run->jump].jf = (uint8_t)(begin + i - run->jump - 1);
	}
}

/* Binary search in the runs [from, to). A conditional jump reaches 255 instructions, an unconditional one all.
 * So the search is divided into parts, which are followed by their answers. */
static void emit_runs(struct builder *b, uint32_t from, uint32_t to)
{
	const uint32_t middle = from + (to - from) / 2, at = b->len;

	if (to - from <= ANSWERS) {
		emit_choices(b, from, to);
		emit_answers(b, from, to);
		return;
	}
	emit_insn(b, BPF_JMP | BPF_JGE | BPF_K, b->run[middle].from, 0, 1);
	emit_insn(b, BPF_JMP | BPF_JA, 0, 0, 0);
	emit_runs(b, from, middle);
	if (!b->overflowed)
		b->code[at + 1].k = b->len - at - 2;
	emit_runs(b, middle, to);
}

static void emit_leaves(struct builder *b)
{
	for (uint32_t i = 0; i < b->leaf_count; i++) {
		land_jumps(b, &b->leaf[i].jumps);
		emit_leaf(b, b->leaf[i].row, b->leaf[i].when);
	}
	land_jumps(b, &b->to_trap);
	unless_ours(b, SECCOMP_RET_TRAP | FJ_TRAP_TAG);
}

/* The three most frequent calls are tested before the binary search. */
static void emit_frequent(struct builder *b)
{
	emit_insn(b, BPF_JMP | BPF_JEQ | BPF_K, __NR_newfstatat, 2, 0);
	emit_insn(b, BPF_JMP | BPF_JEQ | BPF_K, __NR_statx, 1, 0);
	emit_insn(b, BPF_JMP | BPF_JEQ | BPF_K, __NR_rt_sigreturn, 0, 1);
	trap_unless_ours(b); /* their rows have no other condition */
}

long fj_trap_filter(struct fj_thread *t)
{
	static struct builder b FJ_BULKY;
	const size_t size = MAX_LEN * sizeof(struct sock_filter);
	const long at = fj_sys6(
		__NR_mmap, 0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct sock_fprog program;
	long r;

	(void)t;
	if (fj_is_err(at))
		return at;
	b.code = (struct sock_filter *)at;
	b.len = b.leaf_count = b.run_count = b.to_trap = 0;
	find_runs(&b);
	load_field(&b, AT_ARCH);
	emit_insn(&b, BPF_JMP | BPF_JEQ | BPF_K, FJ_AUDIT_ARCH, 1, 0);
	emit_return(&b, REFUSAL(ENOSYS));
	load_field(&b, AT_NR);
	emit_insn(&b, BPF_JMP | BPF_JGE | BPF_K, (uint32_t)fj_row_count, 0, 1);
	emit_return(&b, REFUSAL(ENOSYS)); /* x32 numbers too: they have bit 30 set */
	emit_frequent(&b);
	emit_runs(&b, 0, b.run_count);
	emit_leaves(&b);
	fj_assert(!b.overflowed);

	program = (struct sock_fprog){.len = (unsigned short)b.len, .filter = b.code};
	r = fj_sys5(__NR_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (!r)
		/* Without SPEC_ALLOW, kernels before 5.16 slow down each process that has a filter (SSBD,
		 * STIBP). */
		r = fj_sys3(__NR_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW,
			&program);
	if (r == -EINVAL) /* before 4.17 there is no such flag */
		r = fj_sys3(__NR_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
	fj_sys2(__NR_munmap, at, size);
	return r;
}
