/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * filter.c - makes a seccomp program from the table. Called by launch/doors.c.
 *
 *      another architecture, x32, a number that the table does not know  -> ENOSYS
 *      one of the five most frequent calls                               -> as the next three lines say
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
#include "sys/arch.h"
#include "sys/assert.h"
#include "sys/hot.h"
#include "syscall/mman.h"
#include "syscall/prctl.h"
#include "syscall/seccomp.h"
#include "trap/building.h"
#include "trap/trap.h"

#include <asm/unistd.h>
#include <linux/audit.h>
#include <linux/errno.h>
#include <linux/filter.h>
#include <linux/mman.h>
#include <linux/seccomp.h>

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

/* Write the comparisons of a binary search in the runs [from, to), of which there are at least two. The side of
 * a comparison that leaves one run gets its target later, by emit_answers(). The run keeps where that comparison
 * is (`jump`) and which side it is (`is_true`). */
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

/* Write the answers for the runs [from, to), each answer once, and let the comparisons of emit_choices() jump to
 * them. An answer is a return, or a jump to the run's leaf. */
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

/* Write the whole search in the runs [from, to). A conditional jump reaches only 255 instructions. So the runs
 * are divided into parts of at most ANSWERS runs. Each part has its own comparisons, followed by their answers,
 * and unconditional jumps, which reach everything, lead to the parts. */
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

/* The five most frequent calls are tested before the binary search. */
static void emit_frequent(struct builder *b)
{
	emit_insn(b, BPF_JMP | BPF_JEQ | BPF_K, __NR_newfstatat, 4, 0);
	emit_insn(b, BPF_JMP | BPF_JEQ | BPF_K, __NR_statx, 3, 0);
	emit_insn(b, BPF_JMP | BPF_JEQ | BPF_K, __NR_fstat, 2, 0);
	emit_insn(b, BPF_JMP | BPF_JEQ | BPF_K, __NR_rt_sigprocmask, 1, 0);
	emit_insn(b, BPF_JMP | BPF_JEQ | BPF_K, __NR_rt_sigreturn, 0, 1);
	trap_unless_ours(b); /* their rows have no other condition */
}

long fj_trap_filter(struct fj_thread *t)
{
	static struct builder b FJ_BULKY;
	const size_t size = MAX_LEN * sizeof(struct sock_filter);
	const long at =
		fj_sys_mmap(0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
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
	fj_filter_leaves(&b);
	fj_assert(!b.overflowed);

	program = (struct sock_fprog){.len = (unsigned short)b.len, .filter = b.code};
	r = fj_sys_prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (!r)
		/* Without SPEC_ALLOW, kernels before 5.16 slow down each process that has a filter (SSBD,
		 * STIBP). */
		r = fj_sys_seccomp(
			SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, &program);
	if (r == -EINVAL) /* before 4.17 there is no such flag */
		r = fj_sys_seccomp(SECCOMP_SET_MODE_FILTER, 0, &program);
	fj_sys_munmap((void *)at, size);
	return r;
}
