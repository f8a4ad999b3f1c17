/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * condition.h - what the conditions of calls.def (enum fj_condition) mean. It is written once: the
 * filter is made from these values, and the direct door, whose calls do not pass the filter, tests
 * them. */
#ifndef FJ_CONDITION_H
#define FJ_CONDITION_H

#include "call/clone_seen.h"
#include "call/hooks.h"
#include "call/row.h"
#include "jail/fds.h"
#include "jail/jail.h"
#include "private/private.h"
#include "sys/abi_signal.h"
#include "syscall/nr.h"

#include <linux/fs.h>
#include <linux/netlink.h>
#include <linux/prctl.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <stdbool.h>
#include <stdint.h>

#define FJ_AF_NETLINK 16 /* linux/socket.h keeps it from user space */
#define FJ_SO_PEERCRED 17
#define FJ_SO_PEERGROUPS 59

/* An ELF interpreter exits with this status when a library is missing:
 * dispatch/missing_libraries.c */
#define FJ_MISSING 127u

/* linux/fs.h of 6.11; a request of this kind is known by its number alone. */
#define FJ_PROCMAP_QUERY 0xc0686611u

/* linux/fcntl.h of 6.10 */
#define FJ_F_DUPFD_QUERY 1027u

struct fj_values {
	uint32_t count;
	uint32_t value[13];
};

/* Values of the first argument for FJ_IF_GUARDED and FJ_IF_TRACING, and of the third for
 * FJ_IF_PEER. */
static const struct fj_values fj_prctl_options = {13,
	{PR_GET_SECCOMP, PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS, PR_GET_NO_NEW_PRIVS, PR_GET_KEEPCAPS,
		PR_SET_KEEPCAPS, PR_CAPBSET_READ, PR_CAPBSET_DROP, PR_GET_SECUREBITS,
		PR_SET_SECUREBITS, PR_CAP_AMBIENT, PR_SET_TSC, FJ_PR_SET_SYSCALL_USER_DISPATCH}};
static const struct fj_values fj_ptrace_requests = {
	5, {PTRACE_TRACEME, PTRACE_ATTACH, PTRACE_SEIZE, PTRACE_SETOPTIONS, PTRACE_SYSCALL}};
static const struct fj_values fj_peer_options = {2, {FJ_SO_PEERCRED, FJ_SO_PEERGROUPS}};

/* Values of the second argument for FJ_IF_REQUEST. */
static const struct fj_values fj_requests = {
	3, {FJ_PROCMAP_QUERY, (uint32_t)FS_IOC_SETFLAGS, (uint32_t)FS_IOC_FSSETXATTR}};

static inline bool fj_is_one_of(uint64_t arg, const struct fj_values *values)
{
	for (uint32_t i = 0; i < values->count; i++)
		if ((uint32_t)arg == values->value[i])
			return true;
	return false;
}

/* The condition of a row in this jail. The descriptor of a trace is not O_PATH, so a program could
 * use it: with a trace more calls are trapped. */
static inline enum fj_condition fj_condition_of(const struct fj_row *row)
{
	const enum fj_condition when = (enum fj_condition)row->when;

	if (when == FJ_IF_LAST && (fj_private()->base || fj_jail->trace_fd_plus_1))
		return FJ_ALWAYS;
	if (!fj_jail->trace_fd_plus_1)
		return when == FJ_IF_TRACED ? FJ_NEVER : when;
	if (when == FJ_IF_TRACED || row->hook == FJ_HOOK_poll)
		return FJ_ALWAYS;
	if (!row->fds)
		return when;
	if (when == FJ_NEVER)
		return FJ_IF_OUR_FD;
	return (when >= FJ_IF_ARG0 && when <= FJ_IF_ARG5) || when == FJ_IF_PEER ? FJ_ALWAYS : when;
}

/* Would the filter trap this call, with its six arguments? (With FJ_IF_NOT_ROOT it might answer itself.) */
static inline bool fj_condition_holds(const struct fj_row *row, const uint64_t *arg)
{
	const enum fj_condition when = fj_condition_of(row);

	switch (when) {
	case FJ_NEVER:
		return false;
	case FJ_ALWAYS:
	case FJ_IF_NOT_ROOT:
	case FJ_IF_LIMITED:
	case FJ_IF_TRACED:
		return true;
	case FJ_IF_ARG0:
	case FJ_IF_ARG1:
	case FJ_IF_ARG2:
	case FJ_IF_ARG3:
	case FJ_IF_ARG4:
	case FJ_IF_ARG5:
		return arg[when - FJ_IF_ARG0];
	case FJ_IF_COMPARED:
		if ((uint32_t)arg[1] == FJ_F_DUPFD_QUERY)
			return true;
		/* fall through */
	case FJ_IF_OUR_FD:
		for (uint32_t fds = row->fds; fds; fds &= fds - 1)
			if (fj_is_our_fd(arg[__builtin_ctz(fds)]))
				return true;
		return false;
	case FJ_IF_PSELECT:
		if (arg[5])
			return true;
		/* fall through */
	case FJ_IF_MANY_FDS:
		return (uint32_t)arg[0] > (uint32_t)FJ_FD_ROOT(fj_jail);
	case FJ_IF_GUARDED:
		return fj_is_one_of(arg[0], &fj_prctl_options);
	case FJ_IF_TRACING:
		return fj_is_one_of(arg[0], &fj_ptrace_requests);
	case FJ_IF_PEER:
		return (uint32_t)arg[1] == FJ_SOL_SOCKET && fj_is_one_of(arg[2], &fj_peer_options);
	case FJ_IF_NEW_MOUNTS:
		return arg[0] & (CLONE_NEWNS | CLONE_NEWUSER);
	case FJ_IF_NEW_USERS:
		return (arg[0] & (CLONE_NEWUSER | CLONE_NEWNS)) ||
		       ((arg[0] & (CLONE_FS | CLONE_THREAD)) == CLONE_FS &&
			       !(arg[0] >> 32 & FJ_CLONE_SEEN));
	case FJ_IF_REQUEST: /* A request can be made on the descriptor of a trace. */
		return fj_is_one_of(arg[1], &fj_requests) || fj_jail->trace_fd_plus_1;
	case FJ_IF_LAST:
		return (uint32_t)arg[0] == FJ_MISSING;
	case FJ_IF_AUDIT:
		return (uint32_t)arg[0] == FJ_AF_NETLINK && (uint32_t)arg[2] == NETLINK_AUDIT;
	}
	return true;
}

#endif
