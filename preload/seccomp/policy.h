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

#include <linux/filter.h>

/* Keep a filter that the kernel has accepted, in the jail's memory: it holds beyond exec. Returns
 * 0, or -ENOMEM. */
long fj_policy_add(const struct sock_filter *code, uint32_t len);
/* Room for one more of `len`? Asked before the kernel installs it for good. */
bool fj_policy_has_room(uint32_t len);

/* What the filters say to this call from `ip`: a SECCOMP_RET_ value with its data;
 * SECCOMP_RET_ALLOW without filters. */
uint32_t fj_policy_ask(long nr, const uint64_t arg[FJ_ARGS], uint64_t ip);

/* Through exec. */
extern uint32_t fj_policy_head; /* 0: none */
static inline uint32_t fj_policy_save(void)
{
	return fj_policy_head;
}
void fj_policy_start(uint32_t head);

#endif
