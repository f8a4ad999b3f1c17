/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * tracee_changes.c - a tracer that changes a call of the engine. Called by hook_ptrace.c.
 *
 * Without the trap a tracer sees the engine's calls. PRoot puts other paths into what it sees. The
 * kernel would look for these on the host. So the arguments of such a call cannot be changed, and a
 * message says why, once for each tracer. The call can be left out (`strace -e inject`). */
#include "bytes/bytes.h"
#include "bytes/copy.h"
#include "call/call.h"
#include "exec/tracees.h"
#include "guest/guest.h"
#include "jail/jail.h"
#include "sys/frame.h"
#include "sys/page.h"
#include "sys/say.h"
#include "syscall/ptrace.h"

#include <linux/elf.h>
#include <linux/errno.h>
#include <linux/ptrace.h>
#include <linux/uio.h>

static bool has_said;

/* What the registers are to be. */
static bool read_wanted(struct fj_tracee_regs *regs, long request, uint64_t addr, uint64_t data)
{
	struct iovec from;

	switch (request) {
	case PTRACE_SETREGS:
		return !fj_guest_read(regs, data, sizeof(*regs));
	case PTRACE_SETREGSET:
		return addr == NT_PRSTATUS && !fj_guest_read(&from, data, sizeof(from)) &&
		       from.iov_len <= sizeof(*regs) &&
		       !fj_guest_read(regs, (uint64_t)from.iov_base, from.iov_len);
	case PTRACE_POKEUSR:
		if (addr >= sizeof(*regs) || addr % sizeof(data))
			return false;
		memcpy((char *)regs + addr, &data, sizeof(data));
		return true;
	default:
		return false;
	}
}

long fj_tracee_changes(int32_t tid, long request, uint64_t addr, uint64_t data)
{
	struct fj_tracee_regs now, wanted;
	struct iovec all = {&now, sizeof(now)};
	uint64_t arg[FJ_ARGS], wanted_arg[FJ_ARGS];
	bool is_other;

	if (fj_sys_ptrace(PTRACE_GETREGSET, tid, NT_PRSTATUS, &all) ||
		fj_tracee_result(&now) != -ENOSYS || fj_tracee_nr(&now) < 0 ||
		fj_tracee_on_gate(fj_tracee_ip(&now)) == FJ_PAGE)
		return 0;
	wanted = now;
	if (!read_wanted(&wanted, request, addr, data))
		return 0;
	fj_tracee_args(&now, arg);
	fj_tracee_args(&wanted, wanted_arg);
	is_other = memcmp(arg, wanted_arg, sizeof(arg));
	if (!is_other && fj_tracee_nr(&wanted) == fj_tracee_nr(&now))
		return 0;
	if (!has_said)
		fj_say(2,
			"fakejail: process %d is traced by a program that changes system calls, "
			"and they "
			"are the jail's own (docs/LIMITS.md, Debuggers)\nhint: %s; inside, "
			"`fakejail "
			"ROOT COMMAND' works, too\n",
			(int)tid,
			fj_jail->has_trap ? "start that process by its tracer" :
					    "without --no-trap it is shown the process's own");
	has_said = true;
	return is_other ? -EPERM : 0;
}
