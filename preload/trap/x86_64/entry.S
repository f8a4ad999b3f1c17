/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * entry.S - the SIGSYS handler: leaves the program's stack, enters the engine, and returns. The kernel
 * enters it.
 *
 * rt_sigreturn restores every register from the frame, so none needs to be saved. */

	.text
	.globl	fj_trap_entry
	.hidden	fj_trap_entry, fj_handlers_entry
	.type	fj_trap_entry, @function
fj_trap_entry:				/* rdi signal, rsi siginfo, rdx ucontext */
	.cfi_startproc
	.cfi_signal_frame
	mov	%rsp, %rbx
	mov	%rsi, %r12
	mov	%rdx, %r13
	mov	%rsp, %rsi
	mov	%rdx, %rdi
	and	$-16, %rsp
	call	fj_trap_stack		/* (ucontext, sp): returns where the engine may run */
	mov	%rax, %rsp
	and	$-16, %rsp
	mov	%r12, %rdi
	mov	%r13, %rsi
	call	fj_trap_handle		/* (siginfo, ucontext): returns 0, or a handler of the program to jump to */
	mov	%rbx, %rsp
	test	%rax, %rax
	jnz	1f
	ret				/* to the restorer: rt_sigreturn */
1:	mov	$31, %edi		/* SIGSYS */
	mov	%r12, %rsi
	mov	%r13, %rdx
	mov	fj_handlers_entry(%rip), %rcx	/* 0: handlers of the program are entered directly */
	test	%rcx, %rcx
	cmovnz	%rcx, %rax
	jmp	*%rax
	.cfi_endproc
	.size	fj_trap_entry, . - fj_trap_entry
	.section .note.GNU-stack, "", @progbits
