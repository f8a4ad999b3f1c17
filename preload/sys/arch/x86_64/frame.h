/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * frame.h - x86_64's struct ucontext. Included only by sys/frame.h, which describes it. */
#ifndef FJ_ARCH_FRAME_H
#define FJ_ARCH_FRAME_H

#include <asm/sigcontext.h>
#include <stddef.h>
#include <stdint.h>

struct fj_frame { /* struct ucontext, asm/ucontext.h */
	uint64_t flags;
	void *link;
	struct fj_altstack stack;
	struct sigcontext_64 regs;
	uint64_t mask;
};
_Static_assert(offsetof(struct fj_frame, stack) == 16 &&
		       offsetof(struct fj_frame, regs.sp) == 160 &&
		       offsetof(struct fj_frame, mask) == 296,
	"struct ucontext of the kernel; guest/x86_64/copy.S and door/entry.S know it, too");

#define FJ_FRAME_SP offsetof(struct fj_frame, regs.sp)

#define FJ_RED_ZONE 128u /* System V ABI AMD64, 3.2.2 */

static inline uint64_t fj_frame_ip(const struct fj_frame *f)
{
	return f->regs.ip;
}
static inline void fj_frame_go_to(struct fj_frame *f, uint64_t ip)
{
	f->regs.ip = ip;
}
static inline uint64_t fj_frame_sp(const struct fj_frame *f)
{
	return f->regs.sp;
}
static inline void fj_frame_set_sp(struct fj_frame *f, uint64_t sp)
{
	f->regs.sp = sp;
}
static inline void fj_frame_args(const struct fj_frame *f, uint64_t arg[6])
{
	arg[0] = f->regs.di;
	arg[1] = f->regs.si;
	arg[2] = f->regs.dx;
	arg[3] = f->regs.r10;
	arg[4] = f->regs.r8;
	arg[5] = f->regs.r9;
}
static inline void fj_frame_set_first_arg(struct fj_frame *f, uint64_t value)
{
	f->regs.di = value;
}
static inline void fj_frame_set_result(struct fj_frame *f, long result)
{
	f->regs.ax = (uint64_t)result;
}
static inline void fj_frame_set_nr(struct fj_frame *f, int nr)
{
	f->regs.ax = (uint64_t)nr;
}
static inline void fj_frame_set_call(struct fj_frame *f, int nr, const uint64_t arg[6])
{
	fj_frame_set_nr(f, nr);
	f->regs.di = arg[0];
	f->regs.si = arg[1];
	f->regs.dx = arg[2];
	f->regs.r10 = arg[3];
	f->regs.r8 = arg[4];
	f->regs.r9 = arg[5];
}
/* Bit 1 of the flags is always set, bit 9 allows interrupts: Intel SDM 1, 3.4.3. The code segment is
 * __USER_CS of asm/segment.h. The mode of the signal stack does not exist, so that rt_sigreturn(2)
 * leaves that stack as it is. */
static inline void fj_frame_begin(struct fj_frame *f)
{
	*f = (struct fj_frame){.stack = {.flags = 3}, .regs = {.flags = 0x202, .cs = 0x33}};
}
/* struct rt_sigframe of arch/x86/include/asm/sigframe.h: the return address has been popped by
 * then. */
static inline uint64_t fj_frame_at(uint64_t sp)
{
	return sp;
}

#endif
