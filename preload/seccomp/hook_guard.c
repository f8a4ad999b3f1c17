/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hook_guard.c - the hooks of seccomp(2) and prctl(2), for what would show or undo the jail:
 * seccomp, no_new_privs. Called through the table.
 *
 * The jail's own filter and no_new_privs are not the program's: the program reads back only what it
 * has set itself. A filter that it installs is given to the kernel with a prefix that lets the
 * engine's calls through, since the engine makes other calls (openat2 for stat) than those which
 * the program's filter expects. */
#include "bytes/bytes.h"
#include "call/call.h"
#include "call/hooks.h"
#include "call/trap_tag.h"
#include "call/trapping.h"
#include "cred/ids.h"
#include "cred/ids_change.h"
#include "facts/facts.h"
#include "guest/guest.h"
#include "identity/hook_id.h"
#include "jail/epoch.h"
#include "jail/jail.h"
#include "seccomp/policy.h"
#include "sys/fd.h"
#include "syscall/mman.h"
#include "syscall/nr.h"
#include "syscall/prctl.h"
#include "syscall/seccomp.h"

#include <asm/unistd.h>
#include <linux/filter.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>

/* Has the thread a tracer? "TracerPid:" of proc_pid_status(5) stands in its first 300 bytes. */
static bool is_traced(void)
{
	static const char word[] = "\nTracerPid:\t";
	char text[512];
	long n;

	if (!fj_jail->has_tracers || !fj_jail->has_trap)
		return false;
	n = fj_read_file(AT_FDCWD, "/proc/thread-self/status", text, sizeof(text));
	for (long i = 0; i + (long)sizeof(word) <= n; i++)
		if (!memcmp(text + i, word, sizeof(word) - 1))
			return text[i + (long)sizeof(word) - 1] != '0';
	return false;
}

static long install_filter(unsigned flags, uint64_t program_at)
{
	struct sock_fprog program;
	struct sock_filter *filter;
	struct fj_guard *guard;
	size_t size;
	long r, at;

	if (fj_guest_read(&program, program_at, sizeof(program)))
		return -EFAULT;
	if (!program.len || program.len > BPF_MAXINSNS)
		return -EINVAL;
	if (!fj_guard()->no_new_privs && !fj_ids_can(fj_ids(), FJ_CAP_SYS_ADMIN))
		return -EACCES; /* seccomp_prepare_filter() of kernel/seccomp.c */
	if (flags & SECCOMP_FILTER_FLAG_NEW_LISTENER)
		return -EINVAL;
	if (program.len + FJ_GATE_TEST > BPF_MAXINSNS || !fj_policy_has_room(program.len))
		return -ENOMEM;
	guard = fj_guard_to_change();
	if (!guard)
		return -ENOMEM;
	size = (program.len + FJ_GATE_TEST) * sizeof(*filter);
	at = fj_sys_mmap(0, size, 3 /* PROT_READ | PROT_WRITE */,
		0x22 /* MAP_PRIVATE | MAP_ANONYMOUS */, -1, 0);
	if (fj_is_err(at))
		return at;
	filter = (struct sock_filter *)at;
	fj_gate_test(filter);
	r = fj_guest_read(
		filter + FJ_GATE_TEST, (uint64_t)program.filter, program.len * sizeof(*filter));
	/* The trap is stronger than SECCOMP_RET_TRACE, so a tracer would not be told of the calls that it
	 * asks for in this way. Refused, as by a kernel that lacks this action, it looks at all calls. */
	if (!r && fj_filter_asks_tracer(filter + FJ_GATE_TEST, program.len) && is_traced())
		r = -EINVAL;
	if (!r) {
		struct sock_fprog ours = {
			.len = (unsigned short)(program.len + FJ_GATE_TEST), .filter = filter};

		r = fj_sys_seccomp(SECCOMP_SET_MODE_FILTER, flags, &ours);
		if (r >= 0)
			fj_policy_add(guard, filter + FJ_GATE_TEST, program.len);
	}
	fj_sys_munmap((void *)at, size);
	if (r >= 0)
		guard->seccomp_mode = SECCOMP_MODE_FILTER;
	return r;
}

/* The kernel has one mode for a process, and in a jail it is "filter". So strict mode becomes a
 * filter that allows the same calls (seccomp(2)). A filter can kill only by SIGSYS, but strict mode
 * kills by SIGKILL, which the trap does. Without the trap the mode is not in use yet. */
static long enter_strict_mode(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_read, 4, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_write, 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_exit, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_rt_sigreturn, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP | FJ_STRICT_TAG),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {.len = sizeof(code) / sizeof(code[0]), .filter = code};

	if (!fj_jail->has_trap)
		return fj_sys_prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT, 0, 0, 0);
	return install_filter(0, (uint64_t)&program);
}

long fj_hook_seccomp(struct fj_call *c)
{
	switch ((unsigned)c->arg[0]) {
	case SECCOMP_SET_MODE_FILTER:
		return install_filter((unsigned)c->arg[1], c->arg[2]);
	case SECCOMP_SET_MODE_STRICT:
		return c->arg[1] || c->arg[2] ? -EINVAL : enter_strict_mode();
	default:
		return fj_kernel(c);
	}
}

static long caps_prctl(struct fj_call *c)
{
	struct fj_ids next = *fj_ids();
	const long r =
		fj_ids_prctl(&next, (int)c->arg[0], c->arg[1], c->arg[2], c->arg[3], c->arg[4]);

	if (r == -ENOSYS)
		return fj_kernel(c);
	return r ? r : fj_id_become(c, &next);
}

static long set_no_new_privs(struct fj_call *c)
{
	struct fj_guard *guard;

	if (c->arg[1] == 1 && !c->arg[2] && !c->arg[3] && !c->arg[4]) {
		guard = fj_guard_to_change();
		if (!guard)
			return -ENOMEM;
		guard->no_new_privs = true;
	}
	return fj_kernel(c);
}

/* A process that may not read the time stamp counter cannot tell the age of a fact, nor can its
 * children. So from now on no fact grows old in this jail. */
static long forbid_ticks(struct fj_call *c)
{
	const uint32_t lifetime = fj_facts_state()->lifetime;
	long r;

	if (c->arg[1] == PR_TSC_SIGSEGV)
		__atomic_store_n(&fj_facts_state()->lifetime, 0, __ATOMIC_SEQ_CST);
	r = fj_kernel(c);
	if (r && c->arg[1] == PR_TSC_SIGSEGV)
		__atomic_store_n(&fj_facts_state()->lifetime, lifetime, __ATOMIC_SEQ_CST);
	return r;
}

long fj_hook_prctl(struct fj_call *c)
{
	switch ((int)c->arg[0]) {
	case PR_SET_SECCOMP:
		if (c->arg[1] == SECCOMP_MODE_FILTER)
			return install_filter(0, c->arg[2]);
		return c->arg[1] == SECCOMP_MODE_STRICT ? enter_strict_mode() : -EINVAL;
	case PR_GET_SECCOMP:
		return fj_guard()->seccomp_mode;
	case PR_SET_NO_NEW_PRIVS:
		return set_no_new_privs(c);
	case PR_SET_TSC:
		return forbid_ticks(c);
	case FJ_PR_SET_SYSCALL_USER_DISPATCH:
		return -EINVAL; /* as a kernel before 5.11, which lacks it: the engine's calls
				   would be dispatched to the program */
	case PR_GET_NO_NEW_PRIVS:
		return c->arg[1] || c->arg[2] || c->arg[3] || c->arg[4] ?
			       -EINVAL :
			       (long)fj_guard()->no_new_privs;
	default:
		return caps_prctl(c);
	}
}
