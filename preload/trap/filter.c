/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * filter.c - the table as a seccomp program.
 *
 *   another architecture, x32, a number the table does not know  ->  ENOSYS
 *   one of three that are asked most  ->  as below
 *   nr by binary search: not in the table's trapped rows  ->  allow
 *   a row's condition on its arguments does not hold  ->  allow
 *   the call comes from the gate page, at one of its two addresses  ->  allow, else trap
 *
 * The number is tested first and alone: then the kernel (5.11 and newer) knows from a bitmap that a
 * call is always allowed, and does not run the program for it at all. */
#include "trap/trap.h"

#include "call/when.h"
#include "call/trapping.h"

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

struct builder {
	struct sock_filter *code;
	uint32_t len;
	bool overflowed;
};

static void emit(struct builder *b, uint16_t code, uint32_t k, uint8_t jt, uint8_t jf)
{
	if (b->len == MAX_LEN) {
		b->overflowed = true;
		return;
	}
	b->code[b->len++] = (struct sock_filter){.code = code, .k = k, .jt = jt, .jf = jf};
}
static void load(struct builder *b, uint32_t offset)
{
	emit(b, BPF_LD | BPF_W | BPF_ABS, offset, 0, 0);
}
static void give(struct builder *b, uint32_t result)
{
	emit(b, BPF_RET | BPF_K, result, 0, 0);
}
static void allow(struct builder *b)
{
	give(b, SECCOMP_RET_ALLOW);
}

/* "Gate page, or else": in each place where it is needed. So many instructions: */
#define OURS_LEN (FJ_GATE_TEST + 1)
static void unless_ours(struct builder *b, uint32_t result)
{
	struct sock_filter test[FJ_GATE_TEST];

	fj_gate_test(test);
	for (size_t i = 0; i < FJ_GATE_TEST; i++)
		emit(b, test[i].code, test[i].k, test[i].jt, test[i].jf);
	give(b, result);
}
static void trap_unless_ours(struct builder *b)
{
	unless_ours(b, SECCOMP_RET_TRAP | FJ_TRAP_TAG);
}

/* Go on below when argument `i` is not null, else allow. */
static void allow_if_null(struct builder *b, unsigned i)
{
	load(b, AT_ARG(i));
	emit(b, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 3);
	load(b, AT_ARG(i) + 4);
	emit(b, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1);
	allow(b);
}

/* Go on below when one of the arguments `fds` is a descriptor of ours, else allow. */
static void allow_unless_our_fd(struct builder *b, uint32_t fds)
{
	const uint32_t ours = (uint32_t)FJ_FD_ROOT(fj_jail);

	for (; fds; fds &= fds - 1) {
		uint8_t others = 0; /* instructions */

		for (uint32_t left = fds & (fds - 1); left; left &= left - 1)
			others += 3;
		load(b, AT_ARG((uint32_t)__builtin_ctz(fds)));
		emit(b, BPF_JMP | BPF_JGE | BPF_K, ours, 0, 1);
		emit(b, BPF_JMP | BPF_JGE | BPF_K, ours + FJ_FD_COUNT, 0, (uint8_t)(others + 1));
	}
	allow(b);
}

/* Go on below when argument 0, a count of descriptors, reaches ours. */
static void allow_unless_many_fds(struct builder *b)
{
	load(b, AT_ARG(0));
	emit(b, BPF_JMP | BPF_JGE | BPF_K, (uint32_t)FJ_FD_ROOT(fj_jail) + 1, 1, 0);
	allow(b);
}

/* A call with argument `i` that is not null is trapped. */
static void trap_if_set(struct builder *b, unsigned i)
{
	load(b, AT_ARG(i));
	emit(b, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 2);
	load(b, AT_ARG(i) + 4);
	emit(b, BPF_JMP | BPF_JEQ | BPF_K, 0, OURS_LEN, 0);
	trap_unless_ours(b);
}

static void allow_unless_one_of(struct builder *b, uint32_t offset, const struct fj_values *values)
{
	load(b, offset);
	for (unsigned i = 0; i < values->count; i++)
		emit(b, BPF_JMP | BPF_JEQ | BPF_K, values->value[i], (uint8_t)(values->count - i),
			0);
	allow(b);
}

static void emit_leaf(struct builder *b, const struct fj_row *row)
{
	switch (fj_when_of(row)) {
	case FJ_NEVER:
		allow(b);
		return;
	case FJ_ALWAYS:
		if (row->support == FJ_REFUSED) {
			give(b, REFUSAL((uint32_t)-row->refusal));
			return;
		}
		break;
	case FJ_IF_ARG0:
	case FJ_IF_ARG1:
	case FJ_IF_ARG2:
	case FJ_IF_ARG3:
	case FJ_IF_ARG4:
	case FJ_IF_ARG5:
		allow_if_null(b, (unsigned)row->when - FJ_IF_ARG0);
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
		load(b, AT_ARG(0));
		emit(b, BPF_JMP | BPF_JSET | BPF_K, CLONE_NEWNS | CLONE_NEWUSER, 1, 0);
		allow(b);
		break;
	case FJ_IF_NEW_USERS:
		load(b, AT_ARG(0));
		emit(b, BPF_JMP | BPF_JSET | BPF_K, CLONE_NEWUSER, 1, 0);
		allow(b);
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

/* The rows [from, to) by binary search. A run of rows that are all the kernel's own affair is one
 * "allow". */
static void emit_rows(struct builder *b, long from, long to)
{
	bool all_passed = true, none_known = true;

	for (long nr = from; nr < to; nr++) {
		const struct fj_row *row = fj_row(nr);

		all_passed = all_passed && row && fj_when_of(row) == FJ_NEVER;
		none_known = none_known && !row;
	}
	if (all_passed || none_known) {
		give(b, all_passed ? SECCOMP_RET_ALLOW : REFUSAL(ENOSYS));
		return;
	}
	if (to - from == 1) {
		emit_leaf(b, fj_row(from));
		return;
	}

	const long middle = from + (to - from) / 2;
	uint32_t jump;

	/* The left half may be long: an unconditional jump has 32 bits, a conditional one 8. */
	emit(b, BPF_JMP | BPF_JGE | BPF_K, (uint32_t)middle, 0, 1);
	jump = b->len;
	emit(b, BPF_JMP | BPF_JA, 0, 0, 0);
	emit_rows(b, from, middle);
	if (!b->overflowed)
		b->code[jump].k = b->len - jump - 1;
	emit_rows(b, middle, to);
}

/* What each trapped look at a file makes the kernel ask, before the search for all others. */
static void emit_frequent(struct builder *b)
{
	emit(b, BPF_JMP | BPF_JEQ | BPF_K, __NR_newfstatat, 2, 0);
	emit(b, BPF_JMP | BPF_JEQ | BPF_K, __NR_statx, 1, 0);
	emit(b, BPF_JMP | BPF_JEQ | BPF_K, __NR_rt_sigreturn, 0, OURS_LEN);
	trap_unless_ours(b); /* for these rows there is no other condition */
}

long fj_trap_filter(struct fj_thread *t)
{
	const size_t size = MAX_LEN * sizeof(struct sock_filter);
	const long at = fj_sys6(
		__NR_mmap, 0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct builder b = {.code = (struct sock_filter *)at};
	struct sock_fprog program;
	long r;

	(void)t;
	if (fj_is_err(at))
		return at;
	load(&b, AT_ARCH);
	emit(&b, BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0);
	give(&b, REFUSAL(ENOSYS));
	load(&b, AT_NR);
	emit(&b, BPF_JMP | BPF_JGE | BPF_K, (uint32_t)fj_row_count, 0, 1);
	give(&b, REFUSAL(ENOSYS)); /* x32 numbers too: they have bit 30 set */
	emit_frequent(&b);
	emit_rows(&b, 0, fj_row_count);
	fj_assert(!b.overflowed);

	program = (struct sock_fprog){.len = (unsigned short)b.len, .filter = b.code};
	r = fj_sys5(__NR_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (!r)
		/* SPEC_ALLOW: kernels before 5.16 else slow every filtered process down (SSBD,
		 * STIBP). */
		r = fj_sys3(__NR_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW,
			&program);
	if (r == -EINVAL) /* before 4.17 there is no such flag */
		r = fj_sys3(__NR_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
	fj_sys2(__NR_munmap, at, size);
	return r;
}

/* Installs a filter that traps getppid(2) in a child, which then calls it. The child must die of
 * SIGSYS and of nothing else. */
long fj_trap_probe(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, AT_NR),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {.len = sizeof(code) / sizeof(code[0]), .filter = code};
	int status = 0;
	long r, pid = fj_sys5(__NR_clone, 17 /* SIGCHLD */, 0, 0, 0, 0);

	if (fj_is_err(pid))
		return pid;
	if (!pid) {
		r = fj_sys5(__NR_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		if (!r)
			r = fj_sys3(__NR_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
		if (!r)
			fj_sys0(__NR_getppid);
		fj_sys1(__NR_exit_group, r ? -r : 0);
	}
	do
		r = fj_sys4(__NR_wait4, pid, &status, 0, 0);
	while (r == -EINTR);
	if ((status & 0x7f) == FJ_SIGSYS)
		return 0;
	return status >> 8 ? -(status >> 8) : -EPERM;
}
