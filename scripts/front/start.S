/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * start.S - the entry point of the program, and the only place where it makes system calls.
 *
 * The ELF note says that all calls of this static program are made here. So a jail without the trap
 * accepts it: the instructions before the syscall are such that a jump can replace them
 * (text/find.c). */

#include "exec-format/elf_note.h"

	.section .note.fakejail, "a", @note
	.balign	4
	.long	FJ_NOTE_SIZE, 4, FJ_NOTE_TYPE_FRONT
	.asciz	"fakejail"
	.balign	4
	.long	FJ_NOTE_COMMAND_LINE

	.text
	.globl	_start
	.hidden	_start
	.type	_start, @function
_start:
	.cfi_startproc
	.cfi_undefined rip
	xor	%ebp, %ebp
	mov	%rsp, %rdi
	and	$-16, %rsp
	call	front_main		/* (stack): does not return */
	ud2
	.cfi_endproc
	.size	_start, . - _start

/* As fj_gate_call of syscall/x86_64/gate.S. A jump can replace the five bytes before the syscall, which stays: in a jail without the
 * trap this program would leave the jail otherwise (text/find.c). */
	.globl	front_gate
	.hidden	front_gate
	.type	front_gate, @function
front_gate:
	.cfi_startproc
	mov	%rcx, %r10
	xchg	%ax, %ax	/* a nop of two bytes */
	syscall
	ret
	.cfi_endproc
	.size	front_gate, . - front_gate
	.section .note.GNU-stack, "", @progbits
