/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * check_filter.c - tests the seccomp program that is made from the table (trap/filter.c). A small
 * interpreter runs it for every number, every condition, and calls from around the gate page. The
 * expected answers are computed here again, in C. */
#include "sys/gate_code.h"
#include "syscall/prctl.h"
#include "syscall/seccomp.h"
#include "syscall/syscall.h"
#include "unit.h"
#include "jail/jail.h"
#include "sys/page.h"

#include "call/condition.h"
#include "sys/gate.h"
#include "trap/trap.h"
#include "call/trap_tag.h"

#include <asm/unistd.h>
#include <string.h>

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>

#define GATE 0x50000UL

static struct sock_filter code[BPF_MAXINSNS];
static unsigned code_len;
static fj_gate_fn real_gate;

/* In place of the gate: stores the program that would be installed. */
static long gate_that_takes(long nr, long a, long b, long c, long d, long e, long f)
{
	if (nr == __NR_prctl && a == PR_SET_NO_NEW_PRIVS)
		return 0;
	if (nr == __NR_seccomp && a == SECCOMP_SET_MODE_FILTER) {
		const struct sock_fprog *program = (const struct sock_fprog *)c;

		code_len = program->len;
		ck_assert_uint_le(code_len, BPF_MAXINSNS);
		memcpy(code, program->filter, code_len * sizeof(code[0]));
		return 0;
	}
	return real_gate(nr, a, b, c, d, e, f);
}

static void take_filter(uint64_t gate)
{
	fj_jail->gate = gate;
	code_len = 0;
	real_gate = fj_gate;
	fj_gate = gate_that_takes;
	unit_assert_result(fj_trap_filter(unit_thread), 0);
	fj_gate = real_gate;
	ck_assert_uint_gt(code_len, 0);
}

static void setup(void)
{
	unit_jail_setup();
	take_filter(GATE);
}

/* An interpreter of classic BPF, for the instructions that filter.c emits. They are a part of those
 * that seccomp_check_filter() of kernel/seccomp.c allows. */
static uint32_t run_bpf(const struct seccomp_data *data, bool *reads_only_nr)
{
	uint32_t a = 0;

	*reads_only_nr = true;
	for (unsigned pc = 0; pc < code_len; pc++) {
		const struct sock_filter *f = &code[pc];

		switch (f->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			ck_assert_msg(f->k % 4 == 0 && f->k + 4 <= sizeof(*data),
				"instruction %u loads from %u", pc, f->k);
			memcpy(&a, (const char *)data + f->k, 4);
			*reads_only_nr = *reads_only_nr &&
					 f->k < offsetof(struct seccomp_data, instruction_pointer);
			break;
		case BPF_JMP | BPF_JA:
			pc += f->k;
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
			pc += a == f->k ? f->jt : f->jf;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			pc += a >= f->k ? f->jt : f->jf;
			break;
		case BPF_JMP | BPF_JSET | BPF_K:
			pc += a & f->k ? f->jt : f->jf;
			break;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= f->k;
			break;
		case BPF_RET | BPF_K:
			return f->k;
		default:
			ck_abort_msg("instruction %u has code %#x", pc, f->code);
		}
	}
	ck_abort_msg("ran off the end");
}

#define ALLOW SECCOMP_RET_ALLOW
#define TRAP (SECCOMP_RET_TRAP | FJ_TRAP_TAG)
#define ERRNO(e) (SECCOMP_RET_ERRNO | (e))

static const uint32_t guarded[] = {PR_GET_SECCOMP, PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS,
	PR_GET_NO_NEW_PRIVS, PR_GET_KEEPCAPS, PR_SET_KEEPCAPS, PR_CAPBSET_READ, PR_CAPBSET_DROP,
	PR_GET_SECUREBITS, PR_SET_SECUREBITS, PR_CAP_AMBIENT, FJ_PR_SET_SYSCALL_USER_DISPATCH};
static const uint32_t tracing[] = {0, 16, 24, 0x4206,
	0x4200}; /* linux/ptrace.h: TRACEME, ATTACH, SYSCALL, SEIZE, SETOPTIONS */
static const uint32_t peer[] = {17, 59}; /* SO_PEERCRED, SO_PEERGROUPS */

/* The kernel reads an int: it ignores the upper half of the register. */
static bool is_one_of(uint64_t arg, const uint32_t *values, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if ((uint32_t)arg == values[i])
			return true;
	return false;
}

static bool is_trapped_when(const struct fj_row *row, const uint64_t *arg)
{
	const uint32_t ours = (uint32_t)FJ_FD_ROOT(fj_jail);

	switch ((enum fj_condition)row->when) {
	case FJ_NEVER:
	case FJ_IF_TRACED:
		return false;
	case FJ_ALWAYS:
		return true;
	case FJ_IF_ARG0:
	case FJ_IF_ARG1:
	case FJ_IF_ARG2:
	case FJ_IF_ARG3:
	case FJ_IF_ARG4:
	case FJ_IF_ARG5:
		return arg[row->when - FJ_IF_ARG0] != 0;
	case FJ_IF_COMPARED:
		if ((uint32_t)arg[1] == 1027) /* F_DUPFD_QUERY */
			return true;
		/* fall through */
	case FJ_IF_OUR_FD:
	case FJ_IF_LIMITED: /* the second filter checks the rest */
		for (int i = 0; i < FJ_ARGS; i++)
			if (row->kind[i] == FJ_FD && (uint32_t)arg[i] - ours < FJ_FD_COUNT)
				return true;
		return false;
	case FJ_IF_MANY_FDS:
		return (uint32_t)arg[0] > ours;
	case FJ_IF_PSELECT:
		return (uint32_t)arg[0] > ours || arg[5];
	case FJ_IF_REQUEST:
		/* PROCMAP_QUERY, FS_IOC_SETFLAGS, FS_IOC_FSSETXATTR */
		return is_one_of(arg[1], (const uint32_t[]){0xc0686611, 0x40086602, 0x401c5820}, 3);
	case FJ_IF_LAST:
		return (uint32_t)arg[0] == 127 || fj_private()->base || fj_jail->trace_fd_plus_1;
	case FJ_IF_AUDIT:
		return (uint32_t)arg[0] == 16 &&
		       (uint32_t)arg[2] == 9; /* AF_NETLINK, NETLINK_AUDIT */
	case FJ_IF_NEW_MOUNTS:
		return (arg[0] & 0x10020000) != 0; /* CLONE_NEWNS, CLONE_NEWUSER: linux/sched.h */
	case FJ_IF_NEW_USERS:
		/* CLONE_NEWNS, CLONE_NEWUSER; or CLONE_FS without CLONE_THREAD */
		return (arg[0] & 0x10020000) != 0 ||
		       ((arg[0] & 0x10200) == 0x200 && !(arg[0] >> 62 & 1));
	case FJ_IF_GUARDED:
		return is_one_of(arg[0], guarded, sizeof(guarded) / sizeof(guarded[0]));
	case FJ_IF_TRACING:
		return is_one_of(arg[0], tracing, sizeof(tracing) / sizeof(tracing[0]));
	case FJ_IF_PEER:
		return (uint32_t)arg[1] == 1 /* SOL_SOCKET */ &&
		       is_one_of(arg[2], peer, sizeof(peer) / sizeof(peer[0]));
	case FJ_IF_NOT_ROOT:
		return false; /* wanted() decides */
	}
	return true;
}

static bool is_ours(uint64_t ip)
{
	const uint64_t page = ip & ~(uint64_t)(FJ_PAGE - 1);

	return page == fj_jail->gate || page == fj_jail->gate + FJ_GATE_APART;
}

static uint32_t wanted(const struct seccomp_data *d)
{
	const struct fj_row *row = d->arch == AUDIT_ARCH_X86_64 ? fj_row(d->nr) : NULL;

	if (!row)
		return ERRNO(ENOSYS);
	if (row->support == FJ_REFUSED)
		return ERRNO((uint32_t)-row->refusal);
	if (is_ours(d->instruction_pointer))
		return ALLOW;
	if (row->when == FJ_IF_NOT_ROOT)
		return ERRNO(0); /* the filter itself says "root" */
	return is_trapped_when(row, (const uint64_t *)d->args) ? TRAP : ALLOW;
}

static void check_one(struct seccomp_data d)
{
	bool reads_only_nr;
	const uint32_t got = run_bpf(&d, &reads_only_nr), want = wanted(&d);

	ck_assert_msg(got == want,
		"nr %d arch %#x ip %#llx args %#llx %#llx %#llx %#llx %#llx %#llx: %#x, not %#x",
		d.nr, d.arch, (unsigned long long)d.instruction_pointer,
		(unsigned long long)d.args[0], (unsigned long long)d.args[1],
		(unsigned long long)d.args[2], (unsigned long long)d.args[3],
		(unsigned long long)d.args[4], (unsigned long long)d.args[5], got, want);
	/* The direct door checks the condition in C. */
	if (want == TRAP)
		ck_assert(fj_condition_holds(fj_row(d.nr), (const uint64_t *)d.args));
	else if (want == ALLOW && fj_row(d.nr)->when != FJ_IF_LIMITED &&
		 !is_ours(d.instruction_pointer))
		ck_assert(!fj_condition_holds(fj_row(d.nr), (const uint64_t *)d.args));
}

/* Each argument in turn gets each of these values, while the other arguments are first 0 and then
 * not. Where no argument should matter, only the first few values are tried. */
static const uint64_t values[] = {0, ~0UL, 1, 2, 7, 9, 11, 16, 17, 31, 59, 127, 1UL << 32,
	1 | 1UL << 32, 31 | 1UL << 40, 127 | 1UL << 63, 0xffffffff00000000UL, UNIT_FD - 1, UNIT_FD,
	UNIT_FD + 1, UNIT_FD + FJ_FD_COUNT - 1, UNIT_FD + FJ_FD_COUNT, UNIT_FD | 1UL << 32, 0x20000,
	0x3ffff, 1UL << 49, PR_GET_SECCOMP, PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS,
	PR_GET_NO_NEW_PRIVS, PR_GET_KEEPCAPS, PR_SET_KEEPCAPS, PR_CAPBSET_READ, PR_CAPBSET_DROP,
	PR_GET_SECUREBITS, PR_SET_SECUREBITS, PR_CAP_AMBIENT, PR_SET_NAME, PR_GET_DUMPABLE, 1027,
	1027 | 1UL << 32};
#define VALUES (sizeof(values) / sizeof(values[0]))
#define FEW_VALUES 2u

static void check_number(int nr, uint32_t arch, uint64_t gate)
{
	const struct fj_row *row = fj_row(nr);
	const size_t count =
		row && row->when != FJ_ALWAYS && row->when != FJ_NEVER ? VALUES : FEW_VALUES;
	const uint64_t ips[] = {gate - 1, gate, gate + 0x20, gate + FJ_PAGE - 1, gate + FJ_PAGE,
		gate | 1UL << 32, gate ^ 1UL << 47, 0, gate + FJ_GATE_APART,
		gate + FJ_GATE_APART + FJ_PAGE - 1, gate + FJ_GATE_APART - 1,
		gate + FJ_GATE_APART + FJ_PAGE};

	for (size_t ip = 0; ip < sizeof(ips) / sizeof(ips[0]); ip++)
		for (int fill = 0; fill < 2; fill++)
			for (int i = 0; i < FJ_ARGS; i++)
				for (size_t v = 0; v < count; v++) {
					struct seccomp_data d = {.nr = nr,
						.arch = arch,
						.instruction_pointer = ips[ip]};

					for (int j = 0; j < FJ_ARGS; j++)
						d.args[j] = fill ? 0x7fff00001000UL : 0;
					d.args[i] = values[v];
					check_one(d);
				}
}

#define CHUNK 64 /* numbers in one test, which is a process of its own */

START_TEST(number)
{
	for (int nr = _i * CHUNK; nr < (_i + 1) * CHUNK; nr++)
		check_number(nr, AUDIT_ARCH_X86_64, GATE);
}
END_TEST

START_TEST(conditions_of_two)
{
	/* Conditions on two arguments: each pair of values, in the first two and in the second
	 * two. */
	static const int numbers[] = {__NR_rt_sigaction, __NR_dup2, __NR_dup3, __NR_close_range,
		__NR_prctl, __NR_getsockopt};

	for (size_t n = 0; n < sizeof(numbers) / sizeof(numbers[0]); n++)
		for (size_t v = 0; v < VALUES * VALUES; v++) {
			const uint64_t a = values[v / VALUES], b = values[v % VALUES];

			check_one((struct seccomp_data){.nr = numbers[n],
				.arch = AUDIT_ARCH_X86_64,
				.instruction_pointer = 0x401000,
				.args = {a, b}});
			check_one((struct seccomp_data){.nr = numbers[n],
				.arch = AUDIT_ARCH_X86_64,
				.instruction_pointer = 0x401000,
				.args = {0, a, b}});
		}
}
END_TEST

START_TEST(foreign)
{
	static const uint32_t arches[] = {AUDIT_ARCH_I386, AUDIT_ARCH_AARCH64, 0};
	static const int numbers[] = {-1, 0, 5, 59, 0x40000000, 0x40000000 | 520, 0x7fffffff};

	for (size_t a = 0; a < sizeof(arches) / sizeof(arches[0]); a++)
		for (size_t n = 0; n < sizeof(numbers) / sizeof(numbers[0]); n++)
			check_number(numbers[n], arches[a], GATE);
	for (size_t n = 0; n < sizeof(numbers) / sizeof(numbers[0]); n++)
		if (numbers[n] < 0 || numbers[n] > 1000)
			check_number(numbers[n], AUDIT_ARCH_X86_64, GATE);
}
END_TEST

/* The gate may be at an address with a high word: candidates of place_gate.c. */
START_TEST(high_gate)
{
	take_filter(0x7000000000UL);
	check_number(__NR_openat, AUDIT_ARCH_X86_64, 0x7000000000UL);
	check_number(__NR_read, AUDIT_ARCH_X86_64, 0x7000000000UL);
}
END_TEST

/* A jail with directories that are removed at its end traps all calls that end a process. */
START_TEST(ends)
{
	fj_private()->base = 1;
	take_filter(GATE);
	check_number(__NR_exit_group, AUDIT_ARCH_X86_64, GATE);
	fj_private()->base = 0;
}
END_TEST

/* The kernel (5.11) allows a call without running the program if the answer depends on the call's
 * number only: seccomp_cache_prepare() of kernel/seccomp.c. This must be so for all calls that are
 * passed. */
START_TEST(passed_for_free)
{
	for (int nr = 0; nr < fj_row_count; nr++) {
		const struct fj_row *row = fj_row(nr);
		const struct seccomp_data d = {.nr = nr, .arch = AUDIT_ARCH_X86_64};
		bool reads_only_nr;

		if (!row || row->when != FJ_NEVER)
			continue;
		ck_assert_uint_eq(run_bpf(&d, &reads_only_nr), ALLOW);
		ck_assert_msg(reads_only_nr, "%s", fj_row_name(row));
	}
}
END_TEST

/* The kernel must accept the program. This is tried in a child, since a filter cannot be
 * removed. */
START_TEST(kernel_accepts)
{
	const struct sock_fprog program = {.len = (unsigned short)code_len, .filter = code};

	unit_jail_teardown(); /* after that, libc can make no call that names a file */
	unit_assert_result(fj_sys_prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	unit_assert_result(fj_sys_seccomp(SECCOMP_SET_MODE_FILTER, 0, &program), 0);
	/* Before a function that does not return, ASan makes calls of its own. */
	fj_syscall(__NR_exit_group, (uint64_t[FJ_ARGS]){0});
}
END_TEST

Suite *unit_suite_filter(void)
{
	Suite *s = suite_create("filter");
	TCase *c = tcase_create("filter");
	tcase_set_timeout(c, 0); /* no limit: the machine may be slow */

	tcase_add_checked_fixture(c, setup, unit_jail_teardown);
	tcase_add_loop_test(c, number, 0, (int)fj_row_count / CHUNK + 2);
	tcase_add_test(c, passed_for_free);
	tcase_add_test(c, conditions_of_two);
	tcase_add_test(c, foreign);
	tcase_add_test(c, high_gate);
	tcase_add_test(c, ends);
	suite_add_tcase(s, c);
	c = tcase_create("kernel");
	tcase_add_checked_fixture(c, setup, unit_jail_teardown);
	tcase_add_exit_test(c, kernel_accepts, 0);
	suite_add_tcase(s, c);
	return s;
}
