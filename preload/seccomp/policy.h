/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * policy.h - the program's own seccomp filters, which the engine runs before a trapped call. For
 * hook_guard.c, trap/ and procfs/.
 *
 * The kernel runs these filters, too, and takes the most severe answer (seccomp(2)): a filter that
 * kills has killed before the engine is called. But our own SIGSYS is more severe than an ERRNO of
 * the program's filter. So for trapped calls the engine runs the same filters itself. */
#ifndef FJ_POLICY_H
#define FJ_POLICY_H

#include "exec-format/exec.h"
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

/* The program's own filters and no_new_privs, for the calling process. (The kernel keeps them for
 * each thread; here what one thread does counts for all.) */
#define FJ_GUARD_AT 0x40u
static inline const struct fj_guard *fj_guard(void)
{
	return fj_process_at(FJ_GUARD_AT);
}
/* The guard of the calling process, to be changed. NULL: no memory. */
static inline struct fj_guard *fj_guard_to_change(void)
{
	return fj_process_to_change(fj_guard, FJ_GUARD_AT, FJ_SHARED_BY_NONE);
}

/* Keeps a filter that the kernel has accepted, in the jail's memory, as the last one of `guard`: it
 * survives an exec. Returns 0, or -ENOMEM. */
long fj_policy_add(struct fj_guard *guard, const struct sock_filter *code, uint32_t len);
/* Is there space for one more filter of `len` instructions? Ask before the kernel installs it for
 * good. */
bool fj_policy_has_room(uint32_t len);

/* The answer of the filters to this call, with its six arguments, from `ip`: a SECCOMP_RET_ value with its data;
 * SECCOMP_RET_ALLOW without filters. */
uint32_t fj_policy_ask(long nr, const uint64_t *arg, uint64_t ip);

/* May this filter answer SECCOMP_RET_TRACE? */
bool fj_filter_asks_tracer(const struct sock_filter *code, uint32_t len);
/* May one of the process's filters? */
bool fj_policy_asks_tracer(void);

/* The number of the last filter, to be passed through an exec. */
static inline uint32_t fj_policy_save(void)
{
	return fj_guard()->policy;
}

#endif
