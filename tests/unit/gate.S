/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * gate.S - calls by fj_gate what syscall/x86_64/calls.S makes by the gate's other entry. So one pointer, of a function of
 * C, sees all calls of the engine. */

	.text
	.globl	unit_calls_gate
	.type	unit_calls_gate, @function
/* The number is in rax, and the arguments are where the C convention has them. */
unit_calls_gate:
	push	%r9
	mov	%r8, %r9
	mov	%rcx, %r8
	mov	%rdx, %rcx
	mov	%rsi, %rdx
	mov	%rdi, %rsi
	mov	%rax, %rdi
	call	*fj_gate(%rip)
	pop	%r9
	ret
	.size	unit_calls_gate, . - unit_calls_gate
	.section .note.GNU-stack, "", @progbits
