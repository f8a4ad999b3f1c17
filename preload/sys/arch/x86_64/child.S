/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * child.S - the first instructions of a child that shares the memory and has a stack of its own.
 * fj_arch_child_stack() of machine.h has put on that stack what the child must do. Called by
 * child/child.c. */

	.text
	.globl	fj_arch_child
	.hidden	fj_arch_child
	.type	fj_arch_child, @function
fj_arch_child:			/* the gate returns to here */
	pop	%rax
	pop	%rdi
	xor	%ebp, %ebp
	call	*%rax		/* does not return */
	ud2
	.size	fj_arch_child, . - fj_arch_child
	.section .note.GNU-stack, "", @progbits
