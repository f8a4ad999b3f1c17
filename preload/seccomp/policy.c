/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * policy.c - an interpreter of classic BPF (linux/filter.h; the subset of seccomp(2)), and the
 * store of filters. Called by hook_guard.c and trap/.
 *
 * Filters lie in the jail's shared memory, each with the number of the one installed before it. So
 * the filters of a process are one number: fork copies it, exec passes it on. If the same filter
 * already exists behind the same one, it is used again: `file` executed a thousand times takes
 * space once. The threads of a process share the number, as after SECCOMP_FILTER_FLAG_TSYNC. */
#include "seccomp/policy.h"

#include "bytes/bytes.h"
#include "bytes/copy.h"
#include "call/call.h"
#include "jail/memory.h"
#include "sys/arch.h"

#include <linux/audit.h>
#include <linux/errno.h>
#include <linux/seccomp.h>

static struct fj_policies *jail_policies(void)
{
	return (struct fj_policies *)fj_jail_at(FJ_POLICIES_AT);
}

#define NONE 0u
#define WORDS 16u /* BPF_MEMWORDS */

/* Entry `n` (from 1) begins at unit[n]: a header, then the instructions. Offsets count units of 8
 * bytes. */
struct entry {
	uint32_t before, len;
};
_Static_assert(sizeof(struct entry) == sizeof(struct sock_filter), "one unit");

static struct entry *policy_entry_at(uint32_t n)
{
	return (struct entry *)&jail_policies()->unit[n];
}
static const struct sock_filter *code_at(uint32_t n)
{
	return (const struct sock_filter *)&jail_policies()->unit[n + 1];
}

bool fj_policy_has_room(uint32_t len)
{
	return __atomic_load_n(&jail_policies()->used, __ATOMIC_RELAXED) + len + 2 <
	       FJ_POLICY_UNITS;
}

static bool is_same_filter(
	const struct fj_guard *guard, uint32_t n, const struct sock_filter *code, uint32_t len)
{
	return policy_entry_at(n)->len == len && policy_entry_at(n)->before == guard->policy &&
	       !memcmp(code_at(n), code, len * sizeof(*code));
}

long fj_policy_add(struct fj_guard *guard, const struct sock_filter *code, uint32_t len)
{
	const uint32_t used = __atomic_load_n(&jail_policies()->used, __ATOMIC_ACQUIRE);
	uint32_t n;

	for (n = 1; n < used && policy_entry_at(n)->len; n += policy_entry_at(n)->len + 1)
		if (is_same_filter(guard, n, code, len)) {
			guard->policy = n;
			return 0;
		}
	n = __atomic_fetch_add(&jail_policies()->used, len + 1, __ATOMIC_ACQ_REL) + 1;
	if (n + len + 1 >= FJ_POLICY_UNITS)
		return -ENOMEM;
	memcpy(&jail_policies()->unit[n + 1], code, len * sizeof(*code));
	policy_entry_at(n)->before = guard->policy;
	__atomic_store_n(&policy_entry_at(n)->len, len, __ATOMIC_RELEASE);
	guard->policy = n;
	return 0;
}

static uint32_t operand_result(uint16_t code, uint32_t a, uint32_t by)
{
	switch (BPF_OP(code)) {
	case BPF_ADD:
		return a + by;
	case BPF_SUB:
		return a - by;
	case BPF_MUL:
		return a * by;
	case BPF_DIV:
		return by ? a / by : 0;
	case BPF_AND:
		return a & by;
	case BPF_OR:
		return a | by;
	case BPF_XOR:
		return a ^ by;
	case BPF_LSH:
		return by < 32 ? a << by : 0;
	case BPF_RSH:
		return by < 32 ? a >> by : 0;
	case BPF_NEG:
		return -a;
	default:
		return a;
	}
}

static bool is_jump_taken(uint16_t code, uint32_t a, uint32_t by)
{
	switch (BPF_OP(code)) {
	case BPF_JEQ:
		return a == by;
	case BPF_JGT:
		return a > by;
	case BPF_JGE:
		return a >= by;
	default:
		return a & by; /* BPF_JSET */
	}
}

/* The kernel has verified the filter: it only jumps forward, and ends with a return. */
static uint32_t run_filter(
	const struct sock_filter *code, uint32_t len, const struct seccomp_data *data)
{
	uint32_t a = 0, x = 0, memory[WORDS] = {0};

	for (uint32_t pc = 0; pc < len; pc++) {
		const struct sock_filter *i = &code[pc];
		const uint32_t by = BPF_SRC(i->code) == BPF_X ? x : i->k;
		uint32_t loaded = 0;

		switch (BPF_CLASS(i->code)) {
		case BPF_LD:
		case BPF_LDX:
			if (BPF_MODE(i->code) == BPF_ABS && i->k + 4 <= sizeof(*data))
				memcpy(&loaded, (const char *)data + i->k, 4);
			else if (BPF_MODE(i->code) == BPF_IMM)
				loaded = i->k;
			else if (BPF_MODE(i->code) == BPF_MEM)
				loaded = memory[i->k % WORDS];
			else if (BPF_MODE(i->code) == BPF_LEN)
				loaded = sizeof(*data);
			if (BPF_CLASS(i->code) == BPF_LD)
				a = loaded;
			else
				x = loaded;
			break;
		case BPF_ST:
			memory[i->k % WORDS] = a;
			break;
		case BPF_STX:
			memory[i->k % WORDS] = x;
			break;
		case BPF_ALU:
			a = operand_result(i->code, a, by);
			break;
		case BPF_JMP:
			if (BPF_OP(i->code) == BPF_JA)
				pc += i->k;
			else
				pc += is_jump_taken(i->code, a, by) ? i->jt : i->jf;
			break;
		case BPF_RET:
			return BPF_RVAL(i->code) == BPF_A ? a : i->k;
		case BPF_MISC:
			if (BPF_MISCOP(i->code) == BPF_TAX)
				x = a;
			else
				a = x;
			break;
		}
	}
	return SECCOMP_RET_KILL_PROCESS;
}

uint32_t fj_policy_ask(long nr, const uint64_t *arg, uint64_t ip)
{
	struct seccomp_data data = {
		.nr = (int)nr, .arch = FJ_AUDIT_ARCH, .instruction_pointer = ip};
	uint32_t severest = SECCOMP_RET_ALLOW;
	const uint32_t head = fj_policy_save();

	if (!head)
		return SECCOMP_RET_ALLOW;
	for (int i = 0; i < FJ_ARGS; i++)
		data.args[i] = arg[i];
	for (uint32_t n = head; n != NONE; n = policy_entry_at(n)->before) {
		const uint32_t answer = run_filter(code_at(n), policy_entry_at(n)->len, &data);

		/* As signed numbers the lower one is more severe: seccomp_run_filters() of
		 * kernel/seccomp.c. */
		if ((int32_t)(answer & SECCOMP_RET_ACTION_FULL) <
			(int32_t)(severest & SECCOMP_RET_ACTION_FULL))
			severest = answer;
	}
	return severest;
}

bool fj_filter_asks_tracer(const struct sock_filter *code, uint32_t len)
{
	for (; len; len--, code++)
		if (code->code == (BPF_RET | BPF_K) &&
			(code->k & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_TRACE)
			return true;
	return false;
}

bool fj_policy_asks_tracer(void)
{
	for (uint32_t n = fj_policy_save(); n != NONE; n = policy_entry_at(n)->before)
		if (fj_filter_asks_tracer(code_at(n), policy_entry_at(n)->len))
			return true;
	return false;
}
