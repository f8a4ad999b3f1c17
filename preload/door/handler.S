/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * handler.S - where the kernel enters the program's signal handlers: (signal, siginfo, ucontext), the frame at the stack pointer.
 * handlers.c says why. A handler that may stay where it is finds all as the kernel left it. */

	.text
	.globl	fj_handler_entry
	.hidden	fj_handler_entry, fj_handler_came, fj_handler_done
	.type	fj_handler_entry, @function
fj_handler_entry:
	push	%rdi
	push	%rsi
	push	%rdx
	sub	$32, %rsp		/* struct fj_handler_entered */
	mov	%rdx, %rsi
	mov	%rsp, %rdx
	call	fj_handler_came		/* (signal, ucontext, entered) */
	mov	(%rsp), %rax
	mov	8(%rsp), %rcx
	mov	16(%rsp), %r8
	add	$32, %rsp
	pop	%rdx
	pop	%rsi
	pop	%rdi
	test	%rcx, %rcx
	jnz	1f
	jmp	*%rax
1:	mov	%rsp, %rbx
	mov	%rdx, %r12
	mov	%r8, %r13
	mov	%r8, %rdx
	mov	%rcx, %rsp
	call	*%rax
	lea	-8(%rbx), %rsp
	mov	%r12, %rdi
	mov	%r13, %rsi
	call	fj_handler_done		/* (ucontext, the one that was shown) */
	mov	%rbx, %rsp
	ret				/* to the restorer: rt_sigreturn restores every register */
	.size	fj_handler_entry, . - fj_handler_entry
	.section .note.GNU-stack, "", @progbits
