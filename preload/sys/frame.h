/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * frame.h - a signal's frame: the registers of the code that the signal interrupted, by their
 * purpose. The part for each processor is in its folder of sys/arch. The room door, which is for
 * one processor, uses registers by their names. For trap/, signal/ and door/. */
#ifndef FJ_FRAME_H
#define FJ_FRAME_H

#include <stddef.h>
#include <stdint.h>

struct fj_altstack { /* stack_t of asm/signal.h */
	uint64_t sp;
	int32_t flags;
	uint64_t size;
};

/* struct fj_frame, and these:
 *
 *   fj_frame_ip, fj_frame_sp       the instruction pointer, and the stack pointer
 *   fj_frame_go_to, fj_frame_set_sp  set them
 *   FJ_FRAME_SP                    where in it the stack pointer is
 *   fj_frame_args                  the arguments of the system call that was trapped there
 *   fj_frame_set_first_arg         the first of them, for the same call made again
 *   fj_frame_set_result            what that call returns
 *   fj_frame_set_call              the number and the arguments of a call to be made from the frame
 *   fj_frame_set_nr                the number alone
 *   fj_frame_begin                 registers of 0, in which a program can begin
 *   fj_frame_at                    where the frame lies that rt_sigreturn(2) restores, for a caller
 *                                  with this stack pointer
 *   FJ_RED_ZONE                    bytes below the stack pointer that are in use without notice
 *
 * And struct fj_tracee_regs, the registers of a traced thread as ptrace(2) reads and writes them:
 *
 *   fj_tracee_ip, fj_tracee_sp      the instruction pointer, and the stack pointer
 *   fj_tracee_nr, fj_tracee_result  of the system call at which it has stopped
 *   fj_tracee_args                  its arguments
 *   fj_tracee_set_nr, fj_tracee_set_result  set them
 *   fj_tracee_return_to             where the program goes on after the call, its stack pointer
 *                                   there, and the arguments of the call, which stay in registers */
#if defined(__x86_64__)
#include "sys/arch/x86_64/frame.h"
#include "sys/arch/x86_64/tracee.h"
#endif

#endif
