/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * trapping.c - the test for the gate page in filters, and filters that a process gets later than
 * the jail's. Called by trap/leaves.c and seccomp/, and by rooms that begin to trap calls. */
#include "call/trapping.h"

#include "bytes/copy.h"
#include "call/trap_tag.h"
#include "jail/jail.h"
#include "sys/arch.h"
#include "sys/assert.h"
#include "sys/gate.h"
#include "sys/page.h"
#include "syscall/seccomp.h"

#include <linux/audit.h>
#include <linux/errno.h>
#include <linux/seccomp.h>

#define AT(field) offsetof(struct seccomp_data, field)

/* The gate is one page: its high word, which is one of two, and the upper bits of its low word
 * identify it. */
void fj_gate_test(struct sock_filter f[FJ_GATE_TEST])
{
	const uint32_t high = (uint32_t)(fj_jail->gate >> 32), low = (uint32_t)fj_jail->gate,
		       other = (uint32_t)((fj_jail->gate + FJ_GATE_APART) >> 32);
	const struct sock_filter test[FJ_GATE_TEST] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, AT(instruction_pointer) + 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, high, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, other, 0, 4),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, AT(instruction_pointer)),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, ~(uint32_t)(FJ_PAGE - 1)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, low, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};

	memcpy(f, test, sizeof(test));
}

/* The architecture and the number are tested first, so that other calls end there. */
static size_t write_filter(struct sock_filter *f, const uint16_t *nr, size_t count)
{
	size_t n = 0;

	f[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, AT(arch));
	f[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, FJ_AUDIT_ARCH, 0,
		(uint8_t)(count + 1)); /* to the first instruction behind the numbers */
	f[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, AT(nr));
	for (size_t i = 0; i < count; i++)
		f[n++] = (struct sock_filter)BPF_JUMP(
			BPF_JMP | BPF_JEQ | BPF_K, nr[i], (uint8_t)(count - i), 0);
	f[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	fj_gate_test(f + n);
	n += FJ_GATE_TEST;
	f[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP | FJ_TRAP_TAG);
	return n;
}

long fj_trap_calls(const uint16_t *nr, size_t count)
{
	struct sock_filter code[FJ_TRAPPING_MAX + FJ_GATE_TEST + 5];
	struct sock_fprog program = {.filter = code};
	long r;

	fj_assert(count <= FJ_TRAPPING_MAX);
	program.len = (uint16_t)write_filter(code, nr, count);
	r = fj_sys_seccomp(SECCOMP_SET_MODE_FILTER,
		SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_SPEC_ALLOW, &program);
	if (r == -EINVAL) /* before 4.17 */
		r = fj_sys_seccomp(SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program);
	if (r > 0)
		fj_sys_seccomp(SECCOMP_SET_MODE_FILTER, 0, &program);
	return r;
}
