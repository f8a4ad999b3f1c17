/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * child.S - where a child begins that shares our memory and has a stack of its own: fj_arch_child_stack() of machine.h has
 * put there what it is to do. Called by child/child.c. */

	.text
	.globl	fj_arch_child
	.hidden	fj_arch_child
	.type	fj_arch_child, @function
fj_arch_child:			/* the gate has returned to here */
	pop	%rax
	pop	%rdi
	xor	%ebp, %ebp
	call	*%rax		/* does not return */
	ud2
	.size	fj_arch_child, . - fj_arch_child
	.section .note.GNU-stack, "", @progbits
