/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * raw.S - libfakejail.so's own system calls: those that look for the engine, and all calls where
 * there is none. Called by shim.c. */

	.text
	.globl	fj_raw
	.hidden	fj_raw
	.type	fj_raw, @function
/* long fj_raw(long nr, long a0, ..., long a5): as the gate (gate.S). */
fj_raw:
	mov	%rdi, %rax
	mov	%rsi, %rdi
	mov	%rdx, %rsi
	mov	%rcx, %rdx
	mov	%r8, %r10
	mov	%r9, %r8
	mov	8(%rsp), %r9
	syscall
	ret
	.size	fj_raw, . - fj_raw
	.section .note.GNU-stack, "", @progbits
