/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * tracee.h - x86_64's struct user_regs_struct. Included only by sys/frame.h, which describes it. */
#ifndef FJ_ARCH_TRACEE_H
#define FJ_ARCH_TRACEE_H

#include <stdint.h>

struct fj_tracee_regs { /* struct user_regs_struct, asm/user_64.h */
	uint64_t r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax, ip, cs,
		flags, sp, ss, fs_base, gs_base, ds, es, fs, gs;
};

static inline uint64_t fj_tracee_sp(const struct fj_tracee_regs *r)
{
	return r->sp;
}
static inline uint64_t fj_tracee_ip(const struct fj_tracee_regs *r)
{
	return r->ip;
}
static inline long fj_tracee_nr(const struct fj_tracee_regs *r)
{
	return (long)r->orig_ax;
}
static inline long fj_tracee_result(const struct fj_tracee_regs *r)
{
	return (long)r->ax;
}
static inline void fj_tracee_args(const struct fj_tracee_regs *r, uint64_t arg[6])
{
	arg[0] = r->di;
	arg[1] = r->si;
	arg[2] = r->dx;
	arg[3] = r->r10;
	arg[4] = r->r8;
	arg[5] = r->r9;
}
static inline void fj_tracee_set_nr(struct fj_tracee_regs *r, long nr)
{
	r->orig_ax = (uint64_t)nr;
}
static inline void fj_tracee_set_result(struct fj_tracee_regs *r, long result)
{
	r->ax = (uint64_t)result;
}
static inline void fj_tracee_return_to(
	struct fj_tracee_regs *r, uint64_t ip, uint64_t sp, const uint64_t arg[6])
{
	r->ip = r->cx = ip;
	r->sp = sp;
	r->di = arg[0];
	r->si = arg[1];
	r->dx = arg[2];
	r->r10 = arg[3];
	r->r8 = arg[4];
	r->r9 = arg[5];
}

#endif
