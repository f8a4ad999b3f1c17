/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * may_process.c - may the calling process, which is not root, do this to another process?
 *
 * For the kernel all processes of a jail are the same user's, so it refuses only what it refuses to
 * that user. Here the identities that the processes pretend to have are judged. Calls on process
 * groups, and on all processes at once, are left to the kernel. Called by may.c. fj_hook_pass() is
 * the hook of such calls: it makes the call after the judgment. */
#include "bytes/format.h"
#include "call/args.h"
#include "call/call.h"
#include "call/hooks.h"
#include "call/row.h"
#include "cred/identity_table.h"
#include "cred/ids.h"
#include "identity/peer.h"
#include "permission/may.h"
#include "signal/waiting.h"
#include "sys/abi_signal.h"
#include "sys/fd.h"
#include "sys/scratch.h"
#include "sys/scratch_mark.h"
#include "syscall/unistd_ids.h"

#include <asm/unistd.h>
#include <linux/ptrace.h>

#define PRIO_PROCESS_ 0	      /* linux/resource.h */
#define IOPRIO_WHO_PROCESS_ 1 /* linux/ioprio.h */
#define SIGNAL_MAX 64

enum { CAP_KILL_ = 5, CAP_SYS_PTRACE_ = 19, CAP_SYS_NICE_ = 23, CAP_SYS_RESOURCE_ = 24 };

/* kill_ok_by_cred() of kernel/signal.c; SIGCONT may also go to the caller's session. */
static bool may_signal(
	const struct fj_call *c, const struct fj_ids *ids, const struct fj_posted *of, int32_t pid)
{
	return ids->euid == of->suid || ids->euid == of->ruid || ids->ruid == of->suid ||
	       ids->ruid == of->ruid || fj_ids_can(ids, (enum fj_cap)CAP_KILL_) ||
	       ((uint32_t)fj_arg(c, FJ_SIGNAL, 0) == FJ_SIGCONT &&
		       fj_sys_getsid(pid) == fj_sys_getsid(0));
}

/* Are the target's ids all the caller's real ones? */
static bool has_same_ids(const struct fj_ids *ids, const struct fj_posted *of)
{
	return ids->ruid == of->euid && ids->ruid == of->suid && ids->ruid == of->ruid &&
	       ids->rgid == of->egid && ids->rgid == of->sgid && ids->rgid == of->rgid;
}

/* __ptrace_may_access() of kernel/ptrace.c and cap_ptrace_access_check() of security/commoncap.c,
 * with PTRACE_MODE_REALCREDS. */
static bool may_trace(const struct fj_ids *ids, const struct fj_posted *of)
{
	return fj_ids_can(ids, (enum fj_cap)CAP_SYS_PTRACE_) ||
	       (has_same_ids(ids, of) && !(of->permitted & ~ids->permitted));
}

/* check_prlimit_permission() of kernel/sys.c */
static bool may_limit(const struct fj_ids *ids, const struct fj_posted *of)
{
	return has_same_ids(ids, of) || fj_ids_can(ids, (enum fj_cap)CAP_SYS_RESOURCE_);
}

/* set_one_prio() of kernel/sys.c, set_task_ioprio() of block/ioprio.c, check_same_owner() of
 * kernel/sched/syscalls.c. The first and the last compare the caller's effective id with the target's
 * real and effective one; the second compares the caller's effective and real id with the target's real one. */
static bool may_schedule(
	const struct fj_call *c, const struct fj_ids *ids, const struct fj_posted *of)
{
	const uint32_t other = c->nr == __NR_ioprio_set ? ids->ruid : ids->euid;
	const uint32_t of_other = c->nr == __NR_ioprio_set ? of->ruid : of->euid;

	return of->ruid == ids->euid || of_other == other ||
	       fj_ids_can(ids, (enum fj_cap)CAP_SYS_NICE_);
}

/* Is the call about a process? Process groups and users are not judged. */
static bool is_process(const struct fj_call *c)
{
	return c->nr == __NR_setpriority ? (int)c->arg[0] == PRIO_PROCESS_ :
	       c->nr == __NR_ioprio_set	 ? (int)c->arg[0] == IOPRIO_WHO_PROCESS_ :
	       c->nr == __NR_ptrace	 ? c->arg[0] == PTRACE_ATTACH || c->arg[0] == PTRACE_SEIZE :
					   true;
}

static long judge_process(struct fj_call *c, int32_t pid)
{
	const struct fj_ids *ids = fj_ids();
	const enum fj_asks asks = (enum fj_asks)c->row->asks;
	struct fj_posted of;

	if (pid <= 0 || fj_is_own_thread(pid) ||
		!fj_identity_of(c->thread, fj_process_of(c->thread, pid), &of))
		return 0;
	if (asks == FJ_ASKS_SIGNAL && (uint32_t)fj_arg(c, FJ_SIGNAL, 0) > SIGNAL_MAX)
		return 0; /* EINVAL */
	if (asks == FJ_ASKS_SIGNAL)
		return may_signal(c, ids, &of, pid) ? 0 : -EPERM;
	if (asks == FJ_ASKS_TRACE)
		return may_trace(ids, &of) ? 0 : -EPERM;
	if (asks == FJ_ASKS_LIMIT)
		return may_limit(ids, &of) ? 0 : -EPERM;
	return may_schedule(c, ids, &of) ? 0 : -EPERM;
}

/* The process of a pidfd, from its line in fdinfo; 0: `fd` is no pidfd. */
static int32_t process_of_fd(struct fj_call *c, int fd)
{
	const uint32_t mark = fj_scratch_mark(c->thread);
	const size_t size = 1024;
	char *text = fj_scratch(c->thread, size);
	long n, pid = 0;

	fj_format(text, size, "/proc/self/fdinfo/%u", (unsigned)fd);
	n = fj_read_file(AT_FDCWD, text, text, size - 1);
	if (n > 0) {
		text[n] = 0;
		pid = fj_status_value(text, "Pid:");
	}
	fj_scratch_release(c->thread, mark);
	return pid > 0 ? (int32_t)pid : 0;
}

long fj_may_process(struct fj_call *c)
{
	long r = 0;

	if (!is_process(c))
		return 0;
	if (c->row->kind[0] == FJ_FD)
		return judge_process(c, process_of_fd(c, (int)c->arg[0]));
	for (int i = 0; i < FJ_ARGS && !r; i++)
		if (c->row->kind[i] == FJ_PID)
			r = judge_process(c, (int32_t)c->arg[i]);
	return r;
}

/* The call may send a signal to the caller itself: the trap lets it in when its handler is done. */
long fj_hook_pass(struct fj_call *c)
{
	return c->mask ? fj_kernel(c) : fj_kernel_waiting(c, c->nr, c->arg, -1);
}
