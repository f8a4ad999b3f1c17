/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * leaves.c - the end of the seccomp program: the conditions of rows on their arguments, each once, and the test
 * for the gate page. Called by filter.c. */
#include "call/clone_seen.h"
#include "call/trap_tag.h"
#include "call/trapping.h"
#include "jail/jail.h"
#include "trap/building.h"

#include <linux/audit.h>

/* Allow a call from the gate page; all others get `result`. */
static void unless_ours(struct builder *b, uint32_t result)
{
	struct sock_filter test[FJ_GATE_TEST];

	fj_gate_test(test);
	for (size_t i = 0; i < FJ_GATE_TEST; i++)
		emit_insn(b, test[i].code, test[i].k, test[i].jt, test[i].jf);
	emit_return(b, result);
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

void fj_filter_leaves(struct builder *b)
{
	for (uint32_t i = 0; i < b->leaf_count; i++) {
		land_jumps(b, &b->leaf[i].jumps);
		emit_leaf(b, b->leaf[i].row, b->leaf[i].when);
	}
	land_jumps(b, &b->to_trap);
	unless_ours(b, SECCOMP_RET_TRAP | FJ_TRAP_TAG);
}
