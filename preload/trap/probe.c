/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * probe.c - may a process trap its own calls in this kernel, and under this container's policy? Called at
 * the start of a jail (launch/). */
#include "sys/abi_signal.h"
#include "syscall/prctl.h"
#include "syscall/sched.h"
#include "syscall/seccomp.h"
#include "syscall/unistd_ids.h"
#include "syscall/unistd_process.h"
#include "syscall/wait.h"
#include "trap/trap.h"

#include <asm/unistd.h>
#include <linux/errno.h>
#include <linux/filter.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>

#define AT_NR 0 /* the number's offset in struct seccomp_data, linux/seccomp.h */

/* A child installs a filter that traps getppid(2), and calls it. The child must die of SIGSYS and of
 * nothing else. */
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
	long r, pid = fj_sys_clone(17 /* SIGCHLD */, 0, 0, 0, 0);

	if (pid < 0)
		return pid;
	if (!pid) {
		r = fj_sys_prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		if (!r)
			r = fj_sys_seccomp(SECCOMP_SET_MODE_FILTER, 0, &program);
		if (!r)
			fj_sys_getppid();
		fj_sys_exit_group(r ? -r : 0);
	}
	do /* the child makes three calls and ends */
		r = fj_sys_wait4(pid, &status, 0, 0);
	while (r == -EINTR);
	if ((status & 0x7f) == FJ_SIGSYS)
		return 0;
	return status >> 8 ? -(status >> 8) : -EPERM;
}
