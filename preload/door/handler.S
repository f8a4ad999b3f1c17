/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * handler.S - where the kernel enters the program's signal handlers: (signal, siginfo, ucontext), with the
 * frame at the stack pointer. handlers.c explains why. The program's handler is entered by rt_sigreturn(2),
 * which sets registers, mask and signal stack at once. Until then all signals are blocked. */

	.text
	.globl	fj_handler_entry, fj_handler_back
	.hidden	fj_handler_entry, fj_handler_back, fj_handler_came, fj_handler_done, fj_gate, fj_gate_begin, fj_gate_sigreturn
	.type	fj_handler_entry, @function
fj_handler_entry:
	sub	$312, %rsp		/* struct fj_frame */
	mov	%rsp, %rcx
	call	fj_handler_came		/* (signal, siginfo, ucontext, room): returns the frame to restore */
	mov	%rax, %rsp
	lea	fj_gate_begin(%rip), %rcx
	lea	fj_gate_sigreturn(%rip), %rax
	sub	%rcx, %rax
	add	fj_gate(%rip), %rax
	jmp	*%rax
	.size	fj_handler_entry, . - fj_handler_entry

/* Handlers that were shown another ucontext return here, with all their registers restored: r12 is the
 * kernel's frame, r13 the ucontext that was shown. All signals are blocked again, as when the handler was
 * entered. */
	.type	fj_handler_back, @function
fj_handler_back:
	mov	$14, %edi		/* __NR_rt_sigprocmask */
	mov	$2, %esi		/* SIG_SETMASK */
	lea	1f(%rip), %rdx
	xor	%ecx, %ecx
	mov	$8, %r8d
	call	*fj_gate(%rip)
	lea	-8(%r12), %rsp
	mov	%r13, %rsi
	lea	8(%r12), %rdi
	call	fj_handler_done		/* (ucontext of the kernel, ucontext that was shown) */
	mov	%r12, %rsp
	ret				/* to the restorer: rt_sigreturn restores every register */
	.size	fj_handler_back, . - fj_handler_back

	.section .rodata
	.p2align 3
1:	.quad	~0x40000440		/* all signals but SIGSYS, SIGSEGV and SIGBUS */
	.section .note.GNU-stack, "", @progbits
