/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * policy.h - the program's own seccomp filters, judged before a trapped call runs.
 *
 * The kernel runs them too, and takes the severest answer (seccomp(2)): one that kills has killed
 * before we are called. But our own SIGSYS outranks an ERRNO of theirs, so for trapped calls we run
 * the same programs ourselves. */
#ifndef FJ_POLICY_H
#define FJ_POLICY_H

#include "call/call.h"
#include "exec-format/exec.h"
#include "jail/memory.h"
#include "sys/process.h"

#include <linux/filter.h>
#include <stdbool.h>
#include <stdint.h>

#define FJ_POLICY_UNITS 32768u /* 256 KiB of seccomp programs */
#define FJ_POLICIES_AT 0x112000u
struct fj_policies {
	uint32_t used, unused;
	uint64_t unit[FJ_POLICY_UNITS];
};
static inline struct fj_policies *fj_policies(void)
{
	return (struct fj_policies *)fj_jail_at(FJ_POLICIES_AT);
}

/* The program's own, of the calling process. (The kernel keeps it for each thread; here what one
 * thread does all have done.) */
#define FJ_GUARD_AT 0x40u
static inline const struct fj_guard *fj_guard(void)
{
	return fj_process_at(FJ_GUARD_AT);
}
/* To be changed; NULL: no memory. */
static inline struct fj_guard *fj_guard_to_change(void)
{
	return fj_process_to_change(fj_guard, FJ_GUARD_AT, FJ_SHARED_BY_NONE);
}

/* Keep a filter that the kernel has accepted, in the jail's memory, as the last of `guard`: it
 * holds beyond exec. Returns 0, or -ENOMEM. */
long fj_policy_add(struct fj_guard *guard, const struct sock_filter *code, uint32_t len);
/* Room for one more of `len`? Asked before the kernel installs it for good. */
bool fj_policy_has_room(uint32_t len);

/* What the filters say to this call from `ip`: a SECCOMP_RET_ value with its data;
 * SECCOMP_RET_ALLOW without filters. */
uint32_t fj_policy_ask(long nr, const uint64_t arg[FJ_ARGS], uint64_t ip);

/* The last one. Through exec. */
static inline uint32_t fj_policy_save(void)
{
	return fj_guard()->policy;
}

#endif
