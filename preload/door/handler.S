/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * handler.S - where the kernel enters the program's signal handlers: (signal, siginfo, ucontext), the frame at the stack pointer.
 * handlers.c says why. The handler itself is entered by rt_sigreturn, which sets its registers, mask and signal stack at once: until then
 * all signals are blocked. */

	.text
	.globl	fj_handler_entry, fj_handler_back
	.hidden	fj_handler_entry, fj_handler_back, fj_handler_came, fj_handler_done, fj_gate, fj_gate_begin, fj_gate_sigreturn
	.type	fj_handler_entry, @function
fj_handler_entry:
	sub	$312, %rsp		/* struct fj_frame */
	mov	%rsp, %rcx
	call	fj_handler_came		/* (signal, siginfo, ucontext, room): where to go on */
	mov	%rax, %rsp
	lea	fj_gate_begin(%rip), %rcx
	lea	fj_gate_sigreturn(%rip), %rax
	sub	%rcx, %rax
	add	fj_gate(%rip), %rax
	jmp	*%rax
	.size	fj_handler_entry, . - fj_handler_entry

/* Handlers that were shown another ucontext return here, with all registers of theirs restored: r12 is the kernel's frame, r13 what was
 * shown. All signals are blocked again, as when the handler came. */
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
	call	fj_handler_done		/* (ucontext, the one that was shown) */
	mov	%r12, %rsp
	ret				/* to the restorer: rt_sigreturn restores every register */
	.size	fj_handler_back, . - fj_handler_back

	.section .rodata
	.p2align 3
1:	.quad	~0x40000440		/* all but SIGSYS, SIGSEGV and SIGBUS */
	.section .note.GNU-stack, "", @progbits
