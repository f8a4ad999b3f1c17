/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * entry.S - where the kernel starts the loader, and where the loader starts the program. */

#include "exec-format/elf_note.h"

	.section .note.fakejail, "a", @note
	.balign	4
	.long	FJ_NOTE_SIZE, 4, FJ_NOTE_TYPE
	.asciz	"fakejail"
	.balign	4
	.long	FJ_NOTE_COMMAND_LINE

	.section .text.entry, "ax", @progbits
	.globl	_start
	.hidden	_start
_start:
	xor	%ebp, %ebp
	mov	%rsp, %rdi
	lea	_DYNAMIC(%rip), %rsi
	.hidden	_DYNAMIC
	.hidden	__ehdr_start
	lea	__ehdr_start(%rip), %rdx	/* our load address */
	and	$-16, %rsp
	call	fj_loader_main		/* (stack, _DYNAMIC, base): does not return */
	ud2

/* _Noreturn void fj_loader_jump(stack, entry): registers as the kernel leaves them for a new program. */
	.globl	fj_loader_jump
	.hidden	fj_loader_jump
fj_loader_jump:
	mov	%rdi, %rsp
	push	%rsi
	xor	%eax, %eax
	xor	%ebx, %ebx
	xor	%ecx, %ecx
	xor	%edx, %edx		/* no function to be called at exit: ABI 3.4.1 */
	xor	%esi, %esi
	xor	%edi, %edi
	xor	%ebp, %ebp
	xor	%r8d, %r8d
	xor	%r9d, %r9d
	xor	%r10d, %r10d
	xor	%r11d, %r11d
	xor	%r12d, %r12d
	xor	%r13d, %r13d
	xor	%r14d, %r14d
	xor	%r15d, %r15d
	ret

/* _Noreturn void fj_loader_return(frame, sigreturn): rt_sigreturn(2), made on the gate page. */
	.globl	fj_loader_return
	.hidden	fj_loader_return
fj_loader_return:
	mov	%rdi, %rsp
	jmp	*%rsi
	.section .note.GNU-stack, "", @progbits
